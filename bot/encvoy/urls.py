"""Which addresses Encvoy ID accepts, and why it refuses others. Pure.

Encvoy ID checks `domain`, `redirect_uris` and `post_logout_redirect_uris` with one regular expression
(facts/encvoy-id.md §4). Some addresses that it accepts break the application at the OIDC side (§4, last table).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit

from bot.addresses import NotPlain, plain, same_origin

MAX_LENGTH = 2000

_PARTS = re.compile(r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(r"(?:[a-z0-9-]|[\u00a1-\uffff])+(?:\.(?:[a-z0-9-]|[\u00a1-\uffff])+)*")


def why_refused(url: str) -> str | None:
    """One sentence on why Encvoy ID refuses this address; None if it accepts it."""
    if not url:
        return "The address is empty."
    if len(url) > MAX_LENGTH:
        return f"The address is longer than {MAX_LENGTH} characters."
    if any(char.isspace() or ord(char) < 32 for char in url):
        return "The address contains white space."
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return "The address has no scheme: it begins with https:// or http://."
    if not re.fullmatch(r"[a-z][a-z0-9.+-]*", parts["scheme"]):
        return "The scheme of the address is not in lower case."
    return _why_authority_refused(parts["authority"].rpartition("@")[2])


def why_refused_as_callback(url: str) -> str | None:
    """Like `why_refused`, and also for addresses that are stored but break the application: fragments and schemes of
    apps."""
    reason = why_refused(url)
    if reason is not None:
        return reason
    if not url.startswith(("http://", "https://")):
        return "The callback begins with neither https:// nor http://."
    if "#" in url:
        return "The callback has a fragment (#)."
    try:
        plain(url)
    except NotPlain as not_plain:
        return f"The callback {not_plain}."
    return None


def leads_back(url: str, redirect_uri: str) -> bool:
    """Whether this address is the redirect URI with an answer added to its query. Scheme, host and port come back
    normalised, the rest as it was registered (facts/encvoy-id.md §7)."""
    if not same_origin(url, redirect_uri):
        return False
    there, asked = urlsplit(url), urlsplit(redirect_uri)
    return there.path == asked.path and there.query.startswith(asked.query) and "@" not in there.netloc


def resolve(base: str, location: str) -> str:
    """The target of a `Location`, absolute or relative to `base`; empty if it is not an address."""
    try:
        return urljoin(base, location)
    except ValueError:
        return ""


def path_of(url: str) -> str:
    """Its path; empty if it is not an address."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _why_authority_refused(authority: str) -> str | None:
    if "[" in authority or "]" in authority or authority.count(":") > 1:
        return "The host is an IPv6 address."
    host, colon, port = authority.partition(":")
    if not host:
        return "The address has no host."
    if "_" in host:
        return "The host has an underscore in it."
    if host != host.lower():
        return "The host is not in lower case."
    if not _HOST.fullmatch(host):
        return "The host has other characters than letters, digits, hyphens and dots, or a dot too many."
    if colon and not re.fullmatch(r"[0-9]{2,5}", port):
        return "The port does not have two to five digits."
    # After its own rule, Encvoy ID parses the address, and never answers if that fails.
    if colon and int(port) > 65535:
        return "The port is above 65535."
    if host.rpartition(".")[2].isdigit() and not _is_ipv4(host):
        return "The host looks like an IPv4 address, but is not one."
    return None


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
