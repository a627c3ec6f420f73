"""Whether a callback address is registered: compared as normalised addresses (facts/encvoy-id.md §7, end)."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

_HTTP = re.compile(r"(https?)://([^/?#@:]+)(?::(\d+))?([^?#]*)(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_PORTS = {"http": "80", "https": "443"}
_NUMBERS = re.compile(r"[0-9.]+")


def is_registered(uri: str, uris: Sequence[str]) -> bool:
    """Case of scheme and host, their own port, dot segments and short IPv4 addresses make no difference; anything else
    does."""
    return _normalised(uri) in {_normalised(other) for other in uris}


def _normalised(uri: str) -> str:
    found = _HTTP.fullmatch(uri)
    if found is None:
        return uri
    scheme, host, port, path, tail = found[1].lower(), found[2].lower(), found[3], found[4], found[5]
    if _NUMBERS.fullmatch(host):
        host = _ipv4(host)
    shown = "" if port in (None, _PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host}{shown}{_without_dots(path)}{tail}"


def _ipv4(host: str) -> str:
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.removeprefix("/").split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return f"/{'/'.join(kept)}"
