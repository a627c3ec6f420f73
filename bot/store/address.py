"""The address of a PostgreSQL server, with the parameters that hosts put into it, for asyncpg.

Those parameters are libpq's (PostgreSQL's manual, 34.1.2); asyncpg knows some of them, by other names. What it cannot
do is refused by name, with the fix. No value is shown: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import URL

from bot.errors import ConfigError
from bot.values import ca_file

CONNECT_SECONDS = 5.0
"""How long PostgreSQL may take to connect, unless the address says it."""
NAME = "ssobot"
"""What the server lists the connections as, unless the address says it."""
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""Of `sslmode`, which is `ssl` in addresses for asyncpg."""

_OF_SQLALCHEMY = frozenset({"host", "port"})
_AS_THEY_ARE = ("target_session_attrs", "passfile", "krbsrvname", "gsslib")
_SETTINGS = ("application_name", "options")
_TLS = ("sslcert", "sslkey", "sslcrl", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version")
_WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = {
    "channel_binding": ("disable", "prefer"),
    "gssencmode": ("disable", "prefer"),
    "sslcompression": ("0",),
    "sslsni": ("1",),
    "pgbouncer": ("true", "false"),
    "statement_cache_size": (),
    "prepared_statement_cache_size": (),
}
"""Values that ask for nothing which is not so anyway; all of them if none is named."""
_INSTEAD: Mapping[str, str] = {
    "channel_binding": "Remove it; sslmode=verify-full with sslrootcert=system makes sure of the server, too.",
    "gssencmode": "Remove it, and encrypt with sslmode=require.",
}


def connecting(url: URL) -> tuple[URL, dict[str, Any]]:
    """The address without those parameters, and what the driver is given instead. ConfigError names one that cannot be
    used."""
    left = {name: _one(name, value) for name, value in url.query.items() if name not in _OF_SQLALCHEMY}
    # No statement keeps a name on the server: behind a pooler, the next transaction may meet another session.
    arguments: dict[str, Any] = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    arguments |= {name: left.pop(name) for name in _AS_THEY_ARE if name in left}
    arguments["server_settings"] = {"application_name": NAME} | {n: left.pop(n) for n in _SETTINGS if n in left}
    arguments |= _times(left) | _tls(left)
    for name, value in left.items():
        _without_effect(name, value)
    return url.difference_update_query([name for name in url.query if name not in _OF_SQLALCHEMY]), arguments


def _times(left: dict[str, str]) -> dict[str, float]:
    """In seconds: `timeout` is asyncpg's word for libpq's `connect_timeout`."""
    found = {name: _seconds(name, left.pop(name)) for name in ("connect_timeout", "timeout") if name in left}
    times = {"timeout": min(found.values(), default=CONNECT_SECONDS)}
    if "command_timeout" in left:
        times["command_timeout"] = _seconds("command_timeout", left.pop("command_timeout"))
    return times


def _tls(left: dict[str, str]) -> dict[str, Any]:
    """asyncpg reads all of it from an address alone, so it is given one without anything else."""
    mode, also = left.pop("ssl", None), left.pop("sslmode", None)
    mode = also or mode
    if mode is not None and mode not in MODES:
        raise _refused("sslmode", "has an unknown value", f"It must be one of {', '.join(MODES)}.")
    root = left.pop("sslrootcert", None)
    given = {name: left.pop(name) for name in _TLS if name in left}
    if root == "system":
        if given:
            raise _refused("sslrootcert", "is `system`, which does not go with others", f"Remove {', '.join(given)}.")
        return {"ssl": True}
    if root is not None:
        _tried("sslrootcert", ca_file, root)
        given["sslrootcert"] = root
    for name in ("sslcert", "sslkey", "sslcrl"):
        if name in given:
            _tried(name, _readable, given[name])
    if mode in ("verify-ca", "verify-full") and root is None:
        raise _refused(
            "sslmode",
            "verifies the server, and nothing says by whose certificates",
            "Add sslrootcert=system, or sslrootcert= with the path of a file.",
        )
    given |= {"sslmode": mode} if mode else {}
    return {"dsn": f"postgresql://?{urlencode(given)}"} if given else {}


def _tried(name: str, read: Callable[[str], object], value: str) -> None:
    try:
        read(value)
    except ValueError as error:
        raise _refused(name, str(error), "It must be a path on the machine of the bot.") from None


def _readable(value: str) -> None:
    try:
        Path(value).read_bytes()
    except OSError as error:
        raise ValueError(
            f"names a file that cannot be read: {(error.strerror or 'it is not a file').lower()}"
        ) from None


def _seconds(name: str, value: str) -> float:
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value, re.ASCII) or not float(value):
        raise _refused(name, "must be a number of seconds above 0", "Correct it, or remove it.")
    return float(value)


def _without_effect(name: str, value: str) -> None:
    if name not in _WITHOUT_EFFECT:
        raise _refused(name, "is not known to ssobot", "Remove it.")
    if _WITHOUT_EFFECT[name] and value not in _WITHOUT_EFFECT[name]:
        raise _refused(name, "asks for what the driver asyncpg cannot do", _INSTEAD.get(name, "Remove it."))


def _one(name: str, value: str | tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _refused(name, "is there twice", "Remove one.")
    return value


def _refused(name: str, why: str, fix: str) -> ConfigError:
    shown = f"the parameter {name}" if re.fullmatch(r"[\w.-]{1,40}", name, re.ASCII) else "a parameter"
    return ConfigError(f"SSOBOT_DATABASE_URL cannot be used: {shown} {why}.", fix=fix)
