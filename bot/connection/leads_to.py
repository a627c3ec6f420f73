"""Whether a Custom OAuth service that somebody made by hand leads to our Encvoy ID. Pure.

Such a service may be written in any way that Rocket.Chat accepts. So its addresses are parsed as Node parses them, with
the same tolerance: if one were missed, a second service would be set up beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.connection import node_url
from bot.connection.node_url import trimmed
from bot.connection.ports import ProviderMetadata
from bot.connection.state import SettingValue

PATHS = ("authorize_path", "token_path", "identity_path")
_LOOPBACK = "localhost"

HostAndPort = tuple[str, int]
"""Host and port."""


def leads_to(settings: Mapping[str, SettingValue], provider: ProviderMetadata) -> bool:
    """Whether any address of the service, by suffix of its settings, is at a host and port of the provider's."""
    ours = {
        place_of(url) for url in (provider.issuer, provider.authorize_url, provider.token_url, provider.identity_url)
    }
    return any(place is not None and place in ours for place in _places(settings))


def _places(settings: Mapping[str, SettingValue]) -> Iterator[HostAndPort | None]:
    """Of the service as a whole, and of each path: absolute, or behind the address (facts/rocketchat.md §3.3)."""
    base = trimmed(settings.get("url"))
    yield place_of(base)
    for suffix in PATHS:
        path = trimmed(settings.get(suffix))
        yield place_of(path) or place_of(base + path)


def place_of(url: str) -> HostAndPort | None:
    """Where Node would connect to, with all names of this machine in one spelling. None if it is not the address of a
    web server. Ports 80 and 443 count as one: one redirects to the other.
    """
    found = node_url.read(url)
    if found is None or not found.host.strip("."):
        return None
    host, address = found.host.rstrip("."), node_url.ip_address_of(found.host)
    here = host.endswith(".localhost") or (address is not None and (address.is_loopback or address.is_unspecified))
    return (_LOOPBACK if here else host), 443 if found.port == 80 else found.port
