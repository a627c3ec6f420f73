"""The raw text of variables, from the environment and `.env`, each also from a file. Nothing is parsed here.

Uses the standard library only, because `ssobot health` starts often and needs one address. `bot.config` parses the
rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot import values
from bot.errors import ConfigError
from bot.values import Listen

PREFIX = "SSOBOT_"
DOTENV = Path(".env")
LISTEN = Listen("127.0.0.1", 8080)
"""The default address of `/healthz`."""


@dataclass(frozen=True)
class Wrong:
    """Stands in place of a value, so that one validation reports every error."""

    why: str


def variables() -> dict[str, str]:
    """The environment, then `.env` in the working directory. An empty value counts as not set.

    OSError or UnicodeDecodeError where `.env` cannot be read.
    """
    given = {name: value for name, value in _dotenv().items() if value}
    return given | {name: value for name, value in os.environ.items() if value}


def _dotenv() -> Mapping[str, str | None]:
    if not (DOTENV.is_file() or DOTENV.is_fifo()):
        return {}
    from dotenv import dotenv_values

    return dotenv_values(DOTENV, encoding="utf-8")


def value(given: Mapping[str, str], name: str) -> str | Wrong | None:
    """NAME, or the content of the file that NAME_FILE names; None for neither."""
    file = given.get(f"{name}_FILE")
    if file is None:
        return given.get(name)
    if name in given:
        return Wrong(f"and {name}_FILE are both given; keep one of them")
    try:
        content = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Wrong(f"cannot be read from the file that {name}_FILE names: {_short(error)}")
    return content.removesuffix("\n").removesuffix("\r") or Wrong(f"is empty in the file that {name}_FILE names")


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """The message for an error that `variables` raised."""
    return f".env cannot be read: {_short(error)}."


def _short(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else "it is not UTF-8 text"


def listen() -> Listen:
    """Where the bot on this machine listens, which is all that `ssobot health` needs. ConfigError as from
    `bot.config.load`."""
    name = f"{PREFIX}LISTEN"
    try:
        found = value(variables(), name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(unreadable(error)) from None
    if isinstance(found, Wrong):
        raise ConfigError(f"{name} {found.why}.")
    try:
        return LISTEN if found is None else values.listen(found)
    except ValueError as error:
        raise ConfigError(f"{name} {error}.") from None
