"""Names of time zones as people type them. Pure, apart from the time zone database, which is read once."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache

from bot.chatops.words import VERY_NEAR, nearest

_NO_PLACE = frozenset({"Factory", "localtime"})
"""Entries of the database that say nothing about a place, or something else on each machine."""
_LONGEST_NAME = 3
"""Words of a city's name: Port of Spain."""


def zone_named(word: str) -> str | None:
    """The IANA name, spelled as in the database; what was typed is compared without regard to case. None if there is no
    such zone."""
    return _zones().get(word.lower())


def zone_meant(words: Sequence[str]) -> tuple[str, int] | None:
    """The zone that the words probably begin with, and how many of them name it: a city without its region, blanks for
    underscores, a typing error. None if they mean something else."""
    for count in range(min(_LONGEST_NAME, len(words)), 0, -1):
        name = "_".join(words[:count]).lower()
        if found := _zones().get(name) or _cities().get(name):
            return found, count
    word = words[0].lower() if words else ""
    # `utc+2` is near to `utc`, and not meant.
    if not re.fullmatch(r"[a-z_/-]{4,40}", word):
        return None
    known = _zones() if "/" in word else _cities()
    near = nearest(word, known, VERY_NEAR)
    return (known[near], 1) if near else None


@cache
def _zones() -> Mapping[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones() - _NO_PLACE}


@cache
def _cities() -> Mapping[str, str]:
    """By the last part of a name. If several zones share it, the shortest name: `America/Louisville`."""
    names = sorted((name for name in _zones().values() if "/" in name), key=lambda name: (-len(name), name))
    return {name.rpartition("/")[2].lower(): name for name in names}
