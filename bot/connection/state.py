"""What a connection is: the desired state, and what the two systems were seen to hold. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.connection.profile import Engine, Profile
from bot.connection.unknown import Unknown
from bot.secret import Secret

SettingValue = str | bool
"""A setting of Rocket.Chat is a JSON string or a JSON boolean, never "true" (facts/rocketchat.md §2.4)."""


@dataclass(frozen=True)
class ServiceName:
    """One name, as typed and as Rocket.Chat spells it (facts/rocketchat.md §2.1)."""

    typed: str
    """`Encvoy ID`"""
    key: str
    """`Encvoyid`: the settings are `Accounts_OAuth_Custom-Encvoyid…`"""

    @property
    def service(self) -> str:
        """`encvoyid`: in addresses, and in people's identities (`services.encvoyid.id`)."""
        return self.key.lower()


@dataclass(frozen=True)
class Marker:
    """A settle marker: one visible setting in another spelling with the same meaning; it shows which write is live."""

    setting: str
    """Suffix of the setting, `button_label_color`, `scope` or `authorize_path`."""
    spelling: str


LABEL = "button_label_text"
"""Suffix of the setting with the button's text."""
LOGIN, EMAIL = "login", "email"
RULES = frozenset({LOGIN, EMAIL})
"""Fields that a connection may make Encvoy ID ask people for; what else is attached is somebody else's."""


@dataclass(frozen=True)
class Connection:
    """The desired state: one application joined to one service, under one name. A row of the database.

    `current` is the secret that was proved on both sides, `pending` the one on its way there. Both at once: an exchange
    is going on. Only `pending`: the connection is being set up. Only `current`: at rest.
    """

    id: str
    """Eight hex digits; carried in the application's description."""
    name: ServiceName
    site_url: str
    """The address of Rocket.Chat without trailing slash."""
    application_name: str
    settings: Mapping[str, SettingValue]
    """What the service must hold, by suffix (`token_path`); without `id`, `secret`, the button's label and the switch
    itself."""
    enabled: bool = True
    absent: bool = False
    """Whether nothing of it shall be left on either side; the other fields say what is to be removed."""
    client_id: str | None = None
    """None until the application was created, or found again after a crash."""
    current: Secret | None = None
    pending: Secret | None = None
    marker: Marker | None = None
    rules: frozenset[str] = RULES
    """Fields that the application makes Encvoy ID ask people to make visible (facts/encvoy-id.md §2)."""
    undoing: bool = False
    """Whether the current exchange is the way back: then `pending` is the previous secret."""
    settle: float | None = None
    """Seconds that this Rocket.Chat took the last time from a write to live; None: never measured."""
    proved_at: datetime | None = None
    """When `current` was proved on both sides as the new secret, aware, UTC: its age counts from here. The way back to
    it proves it once more, and makes it no younger. None: nobody knows."""
    label: str = ""
    """The button's text where the bot writes one: in a service that has none, or while it is being set up. Whatever
    people change it to is theirs, and no drift."""
    adopted: bool = False
    """Whether somebody made both sides by hand: then the application and its description are theirs."""
    kept: Mapping[str, SettingValue] = field(default_factory=dict)
    """Settings that somebody changed and `adopt` keeps, by suffix; they are in `settings`, too."""
    former: tuple[str, ...] = ()
    """Callback addresses from before `Site_Url` changed, which the application may still have."""

    @property
    def with_email(self) -> bool:
        """Whether people's e-mail addresses are passed on to Rocket.Chat, which may link by them
        (facts/rocketchat.md §3.6)."""
        return EMAIL in self.rules

    @property
    def exchanging(self) -> bool:
        """Whether one proved secret is being replaced by another."""
        return not self.absent and self.current is not None and self.pending is not None

    @property
    def restoring(self) -> bool:
        """Whether the secret that both sides get is not a new one."""
        return self.pending is None or self.undoing

    @property
    def redirect_uri(self) -> str:
        """The exact callback (facts/rocketchat.md §3.2)."""
        return f"{self.site_url}/_oauth/{self.name.service}"

    @property
    def token_url(self) -> str:
        """Where Rocket.Chat exchanges codes; its login engines join the two in this way (facts/rocketchat.md §3.3)."""
        return f"{self.settings.get('url', '')}{self.settings.get('token_path', '')}"

    @property
    def description(self) -> str:
        """Identifies the application as ours after a request that was never answered."""
        return f"ssobot {self.id}"

    @property
    def secret(self) -> Secret:
        """The secret that both sides shall hold in the end."""
        secret = self.pending or self.current
        if secret is None:
            raise ValueError("a connection without any secret")
        return secret


@dataclass(frozen=True)
class StoredService:
    """A Custom OAuth service as Rocket.Chat's settings hold it."""

    key: str
    enabled: bool
    settings: Mapping[str, SettingValue]
    """All settings by suffix, `id` included, `secret` and the switch excepted."""
    secret: Secret
    without_value: frozenset[str] = frozenset()
    """Suffixes of the settings that exist without a value, the switch and the secret included (facts/rocketchat.md
    §2.6). `settings` has them as empty text."""


@dataclass(frozen=True)
class LiveService:
    """The record by which people sign in right now; the secret is never shown (facts/rocketchat.md §3.1, §5.5)."""

    service: str
    settings: Mapping[str, SettingValue]
    """By the same suffixes as `StoredService.settings`."""


@dataclass(frozen=True)
class Application:
    """A client at Encvoy ID, in full form (facts/encvoy-id.md §3)."""

    client_id: str
    name: str
    description: str
    domain: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: str
    secret: Secret
    rules: frozenset[str] = frozenset()
    """Names of the fields whose rules are attached."""
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)
    id_token_signed_response_alg: str = "RS256"
    application_type: str = "web"
    subject_type: str = "public"
    access_token_ttl: float = 1800
    """Seconds; not checked by Encvoy ID: 0 and -1 make tokens that are dead at once."""
    authorize_only_admins: bool = False
    authorize_only_employees: bool = False


@dataclass(frozen=True)
class NotVisible:
    """The bot's role does not show the application with this id: never treated as absent."""

    client_id: str
    there: bool = True
    """Whether it was seen to exist, as anybody may see; False: that could not be asked."""


NOT_ASKED = Unknown("It was not asked.")


@dataclass(frozen=True)
class Observed:
    """Both sides at one moment."""

    stored: StoredService | None
    live: LiveService | Unknown | None
    application: Application | NotVisible | Unknown | None
    """Unknown only if Encvoy ID does not answer while a secret is being exchanged or the connection is removed."""
    twins: tuple[Application, ...] = field(default=())
    """Applications with our description and redirect URI besides `application`: an unanswered creation was repeated."""
    strangers: tuple[Application, ...] = field(default=())
    """Others that have our redirect URI, looked for only if the connection shall be absent: they stay."""
    site_url: str | None = None
    """`Site_Url` as stored, without trailing slash; None: not seen."""
    form: bool | None = None
    """Whether the login page has the form for user name and password; None: not seen."""
    profile: Profile | Unknown = NOT_ASKED
    """Of Rocket.Chat, as the first look of the operation found it."""

    @property
    def engine(self) -> Engine | None:
        """The login engine; None: not seen."""
        return None if isinstance(self.profile, Unknown) else self.profile.engine
