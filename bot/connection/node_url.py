"""Parses web addresses as Node does, including the malformed ones that Node accepts. Pure.

Rocket.Chat and Encvoy ID run on Node, so its parser decides which addresses they treat as equal and where they connect.
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
"""The longest host name in DNS, in characters. Python takes seconds to encode longer ones."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class NodeUrl:
    """The parts of one address."""

    scheme: str
    user: str
    """With its `@`, if there is one."""
    host: str
    """In lower case and ASCII; an IP address in its normal form."""
    port: int
    path: str
    tail: str
    """Query and fragment."""


def read(url: str) -> NodeUrl | None:
    """The parsed address; surrounding blanks and control characters are dropped, and backslashes count as slashes. None
    if it is not an http or https address."""
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
    """The text without blanks and control characters at both ends, as Node strips it; empty if it is not text."""
    return value.strip("".join(map(chr, range(33)))) if isinstance(value, str) else ""


def ip_address_of(host: str) -> IpAddress | None:
    """The IP address in any spelling (`127.1`, `0x7f.1`, `2130706433`, `::ffff:127.0.0.1`); None if it is a name."""
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
    # A name that Python cannot encode is kept as it is.
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode().lower()
    address = ip_address_of(host)
    return host if address is None else str(address)


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)
