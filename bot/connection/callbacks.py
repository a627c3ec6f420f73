"""Whether Encvoy ID treats two callback addresses as equal: it compares them as Node normalises them. Pure.

Source: facts/encvoy-id.md §7.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.addresses import LONGEST
from bot.connection import node_url
from bot.connection.node_url import NodeUrl

_ENCODED_DOT = re.compile(r"%2e", re.IGNORECASE)


def same_callback(one: str, other: str) -> bool:
    """Whether Encvoy ID accepts one address if the other is registered; False if one of them is no web address."""
    normal = _normal(one)
    return normal is not None and normal == _normal(other)


def has_callback(redirect_uris: Sequence[str], redirect_uri: str) -> bool:
    """Whether it is among them, in any spelling."""
    return any(same_callback(uri, redirect_uri) for uri in redirect_uris)


def _normal(url: str) -> NodeUrl | None:
    # Encvoy ID accepts no longer ones (§4), and each of these steps takes time.
    found = node_url.read(url) if len(url) <= LONGEST else None
    return None if found is None else replace(found, path=_path(found.path))


def _path(path: str) -> str:
    """Without `.` and `..`, from the root; percent-encoding stays, except for the dots of these two."""
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
