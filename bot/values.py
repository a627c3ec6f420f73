"""Parses the values of variables.

Each function takes the text and raises ValueError with the end of a sentence that begins with the variable's name
("must begin with http:// or https://"). No message repeats the text: it could be a secret in the wrong variable. Slow
imports are made where they are used: `ssobot health` parses one value every half minute.
"""

from __future__ import annotations

import enum
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.addresses import plain
from bot.secret import Secret

if TYPE_CHECKING:
    from sqlalchemy import URL

_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
"""Url-safe base64 of 32 bytes."""


@dataclass(frozen=True)
class Listen:
    """Where to listen. Port 0: a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class LogLevel(enum.StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def number(self) -> int:
        """The number that `logging` uses."""
        return logging.getLevelNamesMapping()[self.name]


def text(value: str) -> str:
    """One line that is not empty, without the spaces around it."""
    value = value.strip()
    if not value or not value.isprintable():
        raise ValueError("must be a single line of text")
    return value


def word(value: str) -> str:
    """Text that goes into a header or a path: printable ASCII without spaces."""
    value = value.strip()
    if not value or not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("must be a single word of ASCII characters, without spaces")
    return value


def token(value: str) -> Secret:
    """A secret that goes into a header."""
    return Secret(word(value))


def password(value: str) -> Secret:
    """Any text, taken as it is."""
    return Secret(value)


def ca_file(value: str) -> Path:
    """A file with certificates in PEM, at least one."""
    import ssl

    path = Path(value)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise ValueError("names a file that contains no PEM certificate") from None
    except OSError as error:
        raise ValueError(
            f"names a file that cannot be read: {(error.strerror or 'it is not a file').lower()}"
        ) from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError("names a file that contains no PEM certificate")
    return path


def room(value: str) -> str:
    """A room's name or id; people write `#admins` too."""
    return text(text(value).removeprefix("#"))


def roles(value: str) -> frozenset[str]:
    """Role ids separated by commas, at least one."""
    found = frozenset(part.strip() for part in value.split(",") if part.strip())
    if not found:
        raise ValueError("must name at least one role")
    return found


def keys(value: str) -> tuple[Secret, ...]:
    """Fernet keys separated by commas; an error names the position of the wrong one."""
    found = [part.strip() for part in value.split(",") if part.strip()]
    for position, key in enumerate(found, 1):
        if not _FERNET_KEY.fullmatch(key):
            raise ValueError(f"has an invalid key at position {position}; `ssobot keys new` creates one")
    if not found:
        raise ValueError("must contain at least one key; `ssobot keys new` creates one")
    if len(set(found)) < len(found):
        raise ValueError("contains a key twice")
    return tuple(Secret(key) for key in found)


def address(value: str) -> str:
    """`https://chat.example.org/sub/path`, without trailing slash, scheme and host in lower case."""
    found = plain(value.strip())
    return f"{found.base}{found.path.rstrip('/')}"


def origin(value: str) -> str:
    """Like `address`, without any path."""
    found = plain(address(value))
    if found.path:
        raise ValueError("must be an address without a path, such as https://id.example.org")
    return found.base


def heartbeat(value: str) -> Secret:
    """The address of a monitor, which may have a query; a fragment is dropped, as it is never sent. It is a secret
    because anyone who knows it can say that the bot is alive."""
    address, _, _ = value.strip().partition("#")
    plain(address, tail=True)
    return Secret(address)


def database(value: str) -> URL:
    """A SQLAlchemy URL with the async driver; `sqlite://`, `postgresql://` and `postgres://` are completed. Its
    parameters are looked at by `bot.store.address`."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value.strip())
    except (ArgumentError, ValueError):
        raise ValueError("is not a database URL such as sqlite:///ssobot.sqlite") from None
    match url.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            return _sqlite(url)
        case "postgresql" | "postgres" | "postgresql+asyncpg":
            return _postgresql(url)
        case _:
            raise ValueError("must begin with sqlite:// or postgresql://")


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or "mode=memory" in url.database or "mode" in url.query:
        raise ValueError("must name a file: an in-memory database is lost when the process ends")
    return url.set(drivername="sqlite+aiosqlite")


def _postgresql(url: URL) -> URL:
    if not url.database:
        raise ValueError("must name a database after the host")
    if "password" in url.query:
        raise ValueError("must have its password before the @, not in the query")
    return url.set(drivername="postgresql+asyncpg")


def log_level(value: str) -> LogLevel:
    """The name of a level, in capitals or not."""
    try:
        return LogLevel(value.strip().lower())
    except ValueError:
        raise ValueError("must be debug, info, warning or error") from None


def listen(value: str) -> Listen:
    """`host:port`, IPv6 in brackets."""
    host, colon, port = value.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("must have an IPv6 address in brackets, such as [::1]:8080")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError("must be host:port, such as 127.0.0.1:8080")
    return Listen(host, int(port))


def days(value: str) -> int:
    """A whole number from 1 to 36500, a hundred years."""
    found = value.strip()
    if not (found.isascii() and found.isdigit() and len(found) <= 5 and 1 <= int(found) <= 36500):
        raise ValueError("must be a number of days from 1 to 36500")
    return int(found)


def yes_or_no(value: str) -> bool:
    """`true` or `false`, also as people write them elsewhere."""
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    found = words.get(value.strip().lower())
    if found is None:
        raise ValueError("must be true or false")
    return found
