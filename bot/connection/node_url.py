"""Web addresses as Node reads them, with everything forgiven that Node forgives. Pure.

Both other systems run on it: what they compare, and where they go, is decided by its reading and not by Python's.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
from dataclasses import dataclass

from bot.addresses import DEFAULT_PORTS

_REMOVED = re.compile(r"[\t\n\r]")
_PARTS = re.compile(
    r"(?P<scheme>https?):[/\\]*(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)(?P<tail>.*)", re.IGNORECASE | re.DOTALL
)
_LONGEST_HOST = 253
"""Characters of a name by which anybody is to be found. What is longer takes Python seconds to spell."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class NodeUrl:
    """One address in its parts."""

    scheme: str
    user: str
    """With its `@`, if there is one."""
    host: str
    """In lower case and ASCII; an IP address in its usual spelling."""
    port: int
    path: str
    tail: str
    """Query and fragment."""


def read(url: str) -> NodeUrl | None:
    """Control characters and blanks around it taken off, backslashes read as slashes. None if that is no address of a
    web server."""
    found = _PARTS.fullmatch(_REMOVED.sub("", trimmed(url)))
    if found is None:
        return None
    user, at, place = found["authority"].rpartition("@")
    host, port = _host_and_port(place)
    if not 0 < len(host) <= _LONGEST_HOST or (port and not (port.isascii() and port.isdigit() and len(port) <= 10)):
        return None
    scheme = found["scheme"].lower()
    number = int(port) if port else DEFAULT_PORTS[scheme]
    return NodeUrl(scheme, user + at, _in_one_spelling(host), number, found["path"], found["tail"])


def trimmed(value: object) -> str:
    """Without what Node takes off both ends: blanks and control characters."""
    return value.strip("".join(map(chr, range(33)))) if isinstance(value, str) else ""


def ip_address_of(host: str) -> IpAddress | None:
    """Any spelling of one: `127.1`, `0x7f.1`, `2130706433`, `::ffff:127.0.0.1`."""
    try:
        if ":" in host:
            long = ipaddress.IPv6Address(host)
            return long.ipv4_mapped or long
        *parts, last = [_number(part) for part in host.removesuffix(".").split(".")]
        if len(parts) > 3 or any(part > 255 for part in parts) or last >= 256 ** (4 - len(parts)):
            return None
        return ipaddress.IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(parts)) + last)
    except ValueError:
        return None


def _host_and_port(authority: str) -> tuple[str, str]:
    """Host without brackets, and port; either may be empty."""
    if authority.startswith("["):
        host, _, port = authority.partition("]")
        return host[1:], port.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


@functools.lru_cache(maxsize=64)
def _in_one_spelling(host: str) -> str:
    host = host.lower()
    # What Python does not know how to write stays as it is.
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode().lower()
    address = ip_address_of(host)
    return host if address is None else str(address)


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)
