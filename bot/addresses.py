"""Addresses that every program parses alike. Pure.

Python splits an address by RFC 3986, Node by the URL standard of browsers, and `http://evil.example\\@id.example.org/`
is one host to the first and another to the second. So an address from outside is only trusted, stored or sent on if it
is *plain*: there is one way to parse it.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2000
"""Characters without query and fragment: the longest address that Encvoy ID accepts (facts/encvoy-id.md §4)."""
DEFAULT_PORTS = {"http": 80, "https": 443}

_PARTS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~@:+,=-]*)*)",
    re.ASCII | re.IGNORECASE,
)
_TAIL = re.compile(r"[!-\[\]-~]*")
"""Characters of a query or a fragment: printable, no backslash."""
_LOOKS_LIKE_A_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""The last label of a host that browsers and Node parse as an IPv4 address, in any of its forms."""


class NotPlain(ValueError):
    """Programs could parse it differently, or it is no address at all. The text is the end of a sentence that begins
    with the name of the variable; it holds no part of the address."""


@dataclass(frozen=True)
class PlainAddress:
    """A plain address in its normal form."""

    scheme: str
    host: str
    """In lower case; an IPv6 address in brackets."""
    port: int
    path: str
    """Empty, or beginning with a slash."""

    @property
    def base(self) -> str:
        """`https://id.example.org:8443`, without the scheme's default port."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def is_loopback(self) -> bool:
        """Whether it is a loopback address."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.base}{self.path}"


def plain(url: str, *, tail: bool = False) -> PlainAddress:
    """The parsed address; NotPlain if there is no single way to parse it. `tail`: a query and a fragment may follow;
    they are dropped."""
    if tail:
        cut = min((at for at in (url.find("?"), url.find("#")) if at >= 0), default=len(url))
        url, rest = url[:cut], url[cut:]
        if not _TAIL.fullmatch(rest):
            raise NotPlain("must be an address without spaces and backslashes")
    if len(url) > LONGEST:
        raise NotPlain(f"must not be longer than {LONGEST} characters")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise NotPlain(_complaint(url))
    port = int(parts["port"] or DEFAULT_PORTS[parts["scheme"].lower()])
    if port > 65535:
        raise NotPlain("is not an address: its host or port is wrong")
    _check_path(parts["path"])
    return PlainAddress(parts["scheme"].lower(), _host(parts["host"].lower()), port, parts["path"])


def is_plain(url: str) -> bool:
    """Whether there is one way to parse it."""
    try:
        plain(url)
    except NotPlain:
        return False
    return True


def same_origin(one: str, other: str) -> bool:
    """Whether scheme, host and port are the same; False for what is not plain. A query may follow either."""
    try:
        return plain(one, tail=True).origin == plain(other, tail=True).origin
    except NotPlain:
        return False


def same_address(one: str, other: str) -> bool:
    """Whether both lead to the same page, without query and fragment; False for what is not plain."""
    try:
        return plain(one, tail=True) == plain(other, tail=True)
    except NotPlain:
        return False


def _complaint(url: str) -> str:
    if not url.isprintable() or " " in url or "\\" in url:
        return "must be an address without spaces and backslashes"
    scheme, found, rest = url.partition("://")
    if not found or scheme.lower() not in DEFAULT_PORTS:
        return "must begin with http:// or https://"
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return "must not contain a user or a password"
    if "?" in rest or "#" in rest:
        return "must not contain a query or a fragment"
    if "%" in rest[len(authority) :] or _PARTS.fullmatch(f"{scheme}://{authority}"):
        return "must have a path of letters, digits and the signs ._~@:+,=- only"
    if not authority.isascii():
        return "must have its host in the form xn--"
    return "is not an address: its host or port is wrong"


def _check_path(path: str) -> None:
    if "//" in path or not {".", ".."}.isdisjoint(path.split("/")):
        raise NotPlain("must not contain // or /. in its path")


def _host(host: str) -> str:
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        labels = host.split(".")
        if _LOOKS_LIKE_A_NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(host))
        if len(host) <= 253 and all(map(_is_label, labels)):
            return host
    except ValueError:
        pass
    raise NotPlain("is not an address: its host or port is wrong")


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and (not label.startswith("xn--") or _is_punycode(label[4:]))


def _is_punycode(label: str) -> bool:
    """Whether it is the punycode of a word in another script, in its normal form. ValueError if not."""
    word = label.encode().decode("punycode")
    return (
        not word.isascii()
        and word.encode("punycode").decode() == label
        and unicodedata.normalize("NFKC", word.casefold()) == word
        and all(unicodedata.category(sign)[0] in "LMN" or sign == "-" for sign in word)
    )
