"""Whether two callback addresses are one to Encvoy ID, which compares them as Node normalises them. Pure.

Source: facts/encvoy-id.md §7.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

from bot.addresses import DEFAULT_PORTS, LONGEST
from bot.connection.leads_to import ip_address_of, split_authority, trimmed

_REMOVED = re.compile(r"[\t\n\r]")
_PARTS = re.compile(
    r"(?P<scheme>https?):[/\\]*(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)(?P<tail>.*)", re.IGNORECASE | re.DOTALL
)
_ENCODED_DOT = re.compile(r"%2e", re.IGNORECASE)

Normal = tuple[str, str, str, int, str, str]
"""Scheme, user, host, port, path, and what follows it."""


def same_callback(one: str, other: str) -> bool:
    """Whether Encvoy ID sends people to the one where the other is registered; False where one is no web address."""
    normal = _normal(one)
    return normal is not None and normal == _normal(other)


def has_callback(redirect_uris: Sequence[str], redirect_uri: str) -> bool:
    """Whether it is among them, in whatever spelling."""
    return any(same_callback(uri, redirect_uri) for uri in redirect_uris)


def _normal(url: str) -> Normal | None:
    # Encvoy ID takes none that is longer (§4), and each of these steps takes time.
    if len(url) > LONGEST:
        return None
    found = _PARTS.fullmatch(_REMOVED.sub("", trimmed(url)))
    if found is None:
        return None
    user, at, place = found["authority"].rpartition("@")
    host, port = split_authority(place)
    scheme = found["scheme"].lower()
    if not host or (port and not (port.isascii() and port.isdigit() and len(port) <= 10)):
        return None
    number = int(port) if port else DEFAULT_PORTS[scheme]
    return scheme, user + at, _host(host.lower()), number, _path(found["path"]), found["tail"]


def _host(host: str) -> str:
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode().lower()
    address = ip_address_of(host)
    return host if address is None else str(address)


def _path(path: str) -> str:
    """Without `.` and `..`, from the root; what is encoded stays so, except for the dots of these two."""
    kept: list[str] = []
    segments = path.replace("\\", "/").split("/")[1:] or [""]
    for segment in segments:
        dots = _ENCODED_DOT.sub(".", segment)
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
    if _ENCODED_DOT.sub(".", segments[-1]) in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
