"""Whether a Custom OAuth service that somebody made by hand leads to our Encvoy ID. Pure.

Such a service may be written in any way that Rocket.Chat follows. So its addresses are read as Node reads them, with
everything forgiven that Node forgives: to miss one would set up a second service beside it.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
from collections.abc import Iterator, Mapping

from bot.connection.ports import Provider
from bot.connection.state import SettingValue

PATHS = ("authorize_path", "token_path", "identity_path")
_PORTS = {"http": 443, "https": 443}
"""Who answers at 80 and at 443 is the same machine: the one leads to the other."""
_REMOVED = re.compile(r"[\t\n\r]")
_ABSOLUTE = re.compile(r"(?P<scheme>https?):[/\\]*(?P<authority>[^/\\?#]*)", re.IGNORECASE)
_LOOPBACK = "localhost"
_LONGEST_HOST = 253
"""Characters of a name by which anybody is to be found. What is longer takes Python seconds to spell."""

Place = tuple[str, int]
"""Host and port."""


def leads_to(settings: Mapping[str, SettingValue], provider: Provider) -> bool:
    """Whether any address of the service, by suffix of its settings, is at a host and port of the provider's."""
    ours = {
        place_of(url) for url in (provider.issuer, provider.authorize_url, provider.token_url, provider.identity_url)
    }
    return any(place is not None and place in ours for place in _places(settings))


def _places(settings: Mapping[str, SettingValue]) -> Iterator[Place | None]:
    """Of the service as a whole, and of each path: absolute, or behind the address (facts/rocketchat.md §3.3)."""
    base = trimmed(settings.get("url"))
    yield place_of(base)
    for suffix in PATHS:
        path = trimmed(settings.get(suffix))
        yield place_of(path) or place_of(base + path)


def place_of(url: str) -> Place | None:
    """Where Node would go: control characters and blanks around it taken off, backslashes read as slashes, a user left
    out, hosts and numbers in one spelling. None if that is no address of a web server."""
    found = _ABSOLUTE.match(_REMOVED.sub("", trimmed(url)))
    if found is None:
        return None
    host, port = split_authority(found["authority"].rpartition("@")[2])
    scheme = found["scheme"].lower()
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 10 else 0 if port else _PORTS[scheme]
    host = _in_one_spelling(host) if len(host) <= _LONGEST_HOST else ""
    if not host:
        return None
    return host, 443 if number == 80 else number


def trimmed(value: object) -> str:
    """Without what Node takes off both ends: blanks and control characters."""
    return value.strip("".join(map(chr, range(33)))) if isinstance(value, str) else ""


def split_authority(authority: str) -> tuple[str, str]:
    """Host without brackets, and port; either may be empty."""
    if authority.startswith("["):
        host, _, port = authority.partition("]")
        return host[1:], port.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


@functools.lru_cache(maxsize=64)
def _in_one_spelling(host: str) -> str:
    host = host.lower().rstrip(".")
    # What Python does not know how to write stays as it is.
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode().lower()
    address = ip_address_of(host)
    if address is not None:
        return _LOOPBACK if address.is_loopback or address.is_unspecified else str(address)
    return _LOOPBACK if host.endswith(".localhost") else host


def ip_address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Any spelling of one: `127.1`, `0x7f.1`, `2130706433`, `::ffff:127.0.0.1`."""
    try:
        if ":" in host:
            long = ipaddress.IPv6Address(host)
            return long.ipv4_mapped or long
        *parts, last = [_number(part) for part in host.split(".")]
        if len(parts) > 3 or any(part > 255 for part in parts) or last >= 256 ** (4 - len(parts)):
            return None
        return ipaddress.IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(parts)) + last)
    except ValueError:
        return None


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)
