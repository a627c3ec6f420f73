"""Settings from the environment and `.env`, each also as `NAME_FILE`.

`load` gives a `Config`, or raises one `ConfigError` with a line for each variable that is missing or wrong. No line
holds the value of a secret. `VARIABLES` describes every variable; the README's table is made from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import URL, make_url

from bot import given, values
from bot.errors import ConfigError
from bot.given import LISTEN, PREFIX, Wrong
from bot.secret import Secret
from bot.values import Listen, LogLevel

FOREIGN = ("SSOBOT_TEST_",)
"""Variables with this prefix belong to the test suite."""

_Address = Annotated[str, BeforeValidator(values.address)]
_Origin = Annotated[str, BeforeValidator(values.origin)]
_Word = Annotated[str, BeforeValidator(values.word)]
_Text = Annotated[str, BeforeValidator(values.text)]
_Token = Annotated[Secret, BeforeValidator(values.token)]
_Password = Annotated[Secret, BeforeValidator(values.password)]
_Heartbeat = Annotated[Secret, BeforeValidator(values.heartbeat)]
_Keys = Annotated[tuple[Secret, ...], BeforeValidator(values.keys)]
_Roles = Annotated[frozenset[str], BeforeValidator(values.roles)]
_Database = Annotated[URL, BeforeValidator(values.database), PlainSerializer(str)]
"""Serialised as text, it hides its password; pydantic by itself would dump its parts."""
_CaFile = Annotated[Path, BeforeValidator(values.ca_file)]
_Level = Annotated[LogLevel, BeforeValidator(values.log_level)]
_Days = Annotated[int, BeforeValidator(values.days)]
_YesOrNo = Annotated[bool, BeforeValidator(values.yes_or_no)]
_Listening = Annotated[Listen, BeforeValidator(values.listen)]


class _Settings(BaseSettings):
    """How every configuration here is read and checked."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _complain(cls, value: object) -> object:
        if isinstance(value, Wrong):
            raise ValueError(value.why)  # noqa: TRY004  # pydantic collects ValueErrors only
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then `.env`, as `bot.given` reads both."""
        return init_settings, _Source(settings_cls)


class StoreConfig(_Settings):
    """What `ssobot migrate` needs: the database alone."""

    database_url: _Database = Field(
        default=make_url("sqlite+aiosqlite:///ssobot.sqlite"),
        description="Where the bot keeps its connections and operations: `sqlite:///path` or "
        "`postgresql://user:password@host/name`.",
    )

    def _password_of_database(self) -> tuple[Secret, ...]:
        return (Secret(str(self.database_url.password)),) if self.database_url.password else ()


def _keys() -> Any:
    return Field(
        description="Keys that encrypt secrets in the database, separated by commas; `ssobot keys new` creates one. "
        "The first one encrypts, all decrypt: put a new one in front, keep the old ones until `ssobot keys rotate` has "
        "encrypted everything with the new one."
    )


class KeysConfig(StoreConfig):
    """What `ssobot keys rotate` needs."""

    keys: _Keys = _keys()

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret of it, for `bot.redaction.redact_values`."""
        return (*self.keys, *self._password_of_database())


class Config(StoreConfig):
    """Everything `ssobot run` needs. Addresses have no trailing slash."""

    rocketchat_url: _Address = Field(description="Address of Rocket.Chat as the bot reaches it, sub-path included.")
    rocketchat_user_id: _Word = Field(description="User id of the bot's account in Rocket.Chat.")
    rocketchat_token: _Token = Field(
        description="Personal access token of that account, best made with “Ignore Two Factor Authentication”."
    )
    rocketchat_password: _Password | None = Field(
        default=None, description="Password of that account, needed if Rocket.Chat asks for a second factor."
    )
    admin_room: Annotated[str, BeforeValidator(values.room)] = Field(
        description="Name or id of the admin room, where administrators use the bot."
    )
    admin_roles: _Roles = Field(
        default=frozenset({"admin"}),
        description="Global roles that may use the bot, by name or id, separated by commas.",
    )
    report_room: Annotated[str, BeforeValidator(values.room)] | None = Field(
        default=None,
        description="Name or id of the room where results are posted that nobody asked for; by default the admin room.",
    )
    encvoy_url: _Origin = Field(description="Address of Encvoy ID.")
    encvoy_client_id: _Word = Field(description="The id of Encvoy ID's main client, which the bot logs in through.")
    encvoy_login: _Text = Field(description="Login of the bot's user at Encvoy ID (role ADMIN, “manager”).")
    encvoy_password: _Password = Field(description="Password of that user.")
    ca_file: _CaFile | None = Field(
        default=None,
        description="File with certificates (PEM) of certificate authorities to trust in addition to the system's own.",
    )
    keys: _Keys = _keys()
    listen: _Listening = Field(
        default=LISTEN, description="Host and port of `/healthz` and `/metrics`; port 0 picks a free one."
    )
    log_level: _Level = Field(
        default=LogLevel.INFO,
        description="Lowest level that is logged: `debug`, `info`, `warning` or `error`. The line for each finished "
        "operation has the level `info`.",
    )
    history_days: _Days = Field(
        default=400,
        description="For how many days operations are kept for `history`, at least 1; the last 50 of each command stay "
        "in any case.",
    )
    buttons: _YesOrNo = Field(
        default=True,
        description="Whether results have a button for each command to type next: `true` or `false`.",
    )
    heartbeat_url: _Heartbeat | None = Field(
        default=None,
        description="Address of a monitor, as healthchecks.io gives it: asked every 5 minutes while the bot is alive, "
        "with `/fail` after its path while a rotation needs an administrator. Keep it secret.",
    )

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret of the configuration, for `bot.redaction.redact_values`."""
        named = (self.rocketchat_token, self.rocketchat_password, self.encvoy_password, self.heartbeat_url, *self.keys)
        return (
            *(s for s in named if s is not None),
            *self._password_of_database(),
            *self._heartbeat_path(),
        )

    def _heartbeat_path(self) -> tuple[Secret, ...]:
        """What the address of the heartbeat and that of a failure begin with."""
        url = self.heartbeat_url
        if url is None or "?" not in url.reveal():
            return ()
        return (Secret(url.reveal().partition("?")[0].rstrip("/")),)


@dataclass(frozen=True)
class Variable:
    """One line of the README's table of variables."""

    name: str
    required: bool
    default: str
    meaning: str
    secret: bool


def _name(field: str) -> str:
    return PREFIX + field.upper()


def _variable(field: str, info: FieldInfo) -> Variable:
    default = info.default
    if info.is_required() or default is None:
        default = ""
    elif isinstance(default, frozenset):
        default = ",".join(sorted(default))
    elif isinstance(default, bool):
        default = str(default).lower()
    return Variable(
        _name(field), info.is_required(), str(default), info.description or "", "Secret" in str(info.annotation)
    )


VARIABLES = tuple(sorted((_variable(f, info) for f, info in Config.model_fields.items()), key=lambda v: not v.required))
"""Every variable, those that must be given first."""

C = TypeVar("C", bound=_Settings)


def load(kind: type[C]) -> C:
    """Reads `Config`, or the part of it that a command needs, from the environment and `.env` in the working directory.

    Raises ConfigError: one line for each variable that is missing or wrong.
    """
    try:
        return kind()
    except ValidationError as error:
        lines = sorted(
            _line(e["loc"], e["type"], e["msg"]) for e in error.errors(include_url=False, include_input=False)
        )
    except (OSError, UnicodeDecodeError) as error:
        lines = [given.unreadable(error)]
    raise ConfigError("\n".join(lines))


def strays() -> tuple[str, ...]:
    """A warning for each unknown variable that begins with SSOBOT_."""
    try:
        found = given.variables()
    except (OSError, UnicodeDecodeError):
        return ()
    known = [v.name for v in VARIABLES] + [f"{v.name}_FILE" for v in VARIABLES]
    unknown = sorted(n for n in found if n.startswith(PREFIX) and n not in known and not n.startswith(FOREIGN))
    return tuple(_stray(name, known) for name in unknown)


def _stray(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"{name} is not a variable of ssobot; the closest one is {near[0]}."


def _line(location: Iterable[int | str], kind: str, message: str) -> str:
    name = _name(str(next(iter(location))))
    if kind == "missing":
        return f"{name} is missing."
    return f"{name} {message.removeprefix('Value error, ')}."


class _Source(PydanticBaseSettingsSource):
    """NAME, or the content of the file that NAME_FILE names."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self._given = given.variables()

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The raw text, or `_Wrong`, or None."""
        return given.value(self._given, _name(field_name)), field_name, False

    def __call__(self) -> dict[str, object]:
        found = {f: given.value(self._given, _name(f)) for f in self.settings_cls.model_fields}
        return {field: value for field, value in found.items() if value is not None}
