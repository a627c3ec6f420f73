"""Where the two systems are, as people's browsers see it: what can never work, and what may not. Pure.

The bot runs somewhere else than people's browsers. An address that it cannot reach may still work for people; an
address where another program answers does not.
"""

from __future__ import annotations

import enum
import ipaddress
from urllib.parse import urlsplit

from bot.connection.profile import Profile
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.text import code

SITE_MEND = "In Rocket.Chat, set Administration → Settings → General → Site URL to the address that people use"
ENCVOY_MEND = "Set DOMAIN of Encvoy ID, and SSOBOT_ENCVOY_URL, to the address that people use."
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
"""RFC 1918, link-local, and unique local addresses (RFC 4193)."""
_PRIVATE_NAMES = (".local", ".internal", ".lan", ".home.arpa")


class Site(enum.Enum):
    """Who answers at `Site_Url`."""

    OURS = "ours"
    ANOTHER = "another Rocket.Chat"
    STRANGER = "something else"


class Reach(enum.Enum):
    """From where an address can be opened, judged by the address alone."""

    ONE_COMPUTER = "one computer"
    """Everybody reaches their own machine."""
    ONE_NETWORK = "one network"
    EVERYWHERE = "everywhere"


def reach(url: str) -> Reach:
    """By the host alone; nothing is resolved."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return Reach.ONE_COMPUTER
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        within = "." not in host or host.endswith(_PRIVATE_NAMES)
        return Reach.ONE_NETWORK if within else Reach.EVERYWHERE
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_loopback or mapped.is_unspecified:
        return Reach.ONE_COMPUTER
    return Reach.ONE_NETWORK if any(mapped in network for network in _PRIVATE) else Reach.EVERYWHERE


def refuse_unreachable(site_url: str, encvoy_url: str, profile: Profile, site: Site | Unknown) -> None:
    """UserError if people could never sign in."""
    refuse_site(site_url, site)
    refuse_plain_http(site_url, profile)
    refuse_loopback(site_url, encvoy_url)


def refuse_loopback(site_url: str, encvoy_url: str) -> None:
    """Both on one computer is fine: then it is a test on one machine."""
    if reach(encvoy_url) is Reach.ONE_COMPUTER and reach(site_url) is not Reach.ONE_COMPUTER:
        raise UserError(
            "People could not reach Encvoy ID.",
            why=f"It is at {code(encvoy_url)}, which points to each person's own computer; Rocket.Chat is at "
            f"{code(site_url)}.",
            fix=ENCVOY_MEND,
        )


def refuse_site(site_url: str, site: Site | Unknown) -> None:
    """People are sent back there after they signed in."""
    if site is Site.STRANGER:
        raise UserError(
            "Something other than Rocket.Chat responds at Rocket.Chat's address.",
            why=f"Site_Url is {code(site_url)}, and {code(f'{site_url}/api/info')} does not respond like Rocket.Chat.",
            fix=f"{SITE_MEND}, its sub-path included.",
        )
    if site is Site.ANOTHER:
        raise UserError(
            "Another Rocket.Chat responds at the address of this one.",
            why=f"Site_Url is {code(site_url)}; what answers there is not the Rocket.Chat that I am connected to.",
            fix=f"{SITE_MEND}, or SSOBOT_ROCKETCHAT_URL to the right server.",
        )


def refuse_plain_http(site_url: str, profile: Profile) -> None:
    """The modern engine keeps its session in a cookie that needs https (facts/rocketchat.md §3.4)."""
    if profile.needs_https and not site_url.lower().startswith("https://"):
        raise UserError(
            f"Nobody could sign in to Rocket.Chat {profile.text} over plain http.",
            why=f"Its login engine keeps the session in a cookie that browsers accept over https only; Site_Url is "
            f"{code(site_url)}.",
            fix=f"{SITE_MEND}, with https; the proxy in front of Rocket.Chat must send X-Forwarded-Proto: https.",
        )


def doubts(site_url: str, encvoy_url: str, site: Site | Unknown) -> tuple[str, ...]:
    """What may not work; it cannot be checked from here."""
    found = []
    if isinstance(site, Unknown):
        found.append(f"Whether people reach Rocket.Chat at {code(site_url)} is not checked: {site.reason}")
    if reach(encvoy_url) is Reach.ONE_NETWORK and reach(site_url) is Reach.EVERYWHERE:
        found.append(
            f"Encvoy ID is at {code(encvoy_url)}, an address within one network, and Rocket.Chat's is not: people "
            "elsewhere cannot sign in."
        )
    return tuple(found)
