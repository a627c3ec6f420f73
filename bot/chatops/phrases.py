"""The phrases of `history`, `mute` and `adopt`, the durations in all phrases, and the error for what is no phrase.
Pure.

A phrase is every word of a command that belongs to no option. It is understood as a whole or refused, and `words` of
what was understood is its one spelling: read again, it gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.text import quoted

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("w", "week", "weeks"), WEEK),
}
HISTORY_LIMIT = 200
"""Operations in one answer."""
SHORTEST_MUTE, LONGEST_MUTE = MINUTE, WEEK

_AMOUNT = re.compile(r"([0-9]{1,5})([a-z]*)")
_COUNT = re.compile(r"[0-9]{1,3}")
_OPERATION_ID = re.compile(r"[0-9a-f]{12}")
_SERVICE = re.compile(r"[a-z0-9_]{1,60}")
_SPELLED = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))


class Misread(Exception):
    """These words are no phrase of the command."""

    def __init__(self, sentence: str, instead: str, *, meant: bool = False, familiar: bool = False) -> None:
        """`sentence` says what is wrong, and holds nothing typed that is not defused. `instead` is a phrase that can be
        typed: what was probably `meant`, or an example. `familiar`: most words belong to such phrases, so that it is no
        talk."""
        self.sentence = sentence
        self.instead = instead
        self.meant = meant
        self.familiar = familiar
        super().__init__(sentence)


def leading_duration(words: Sequence[str]) -> tuple[timedelta, int] | None:
    """The duration that the words begin with (`2h`, `2 h`, `2 Hours`), and how many of the words it takes: one or two.
    None if they begin with something else. It may be zero; the caller knows the limits."""
    amount = _AMOUNT.fullmatch(words[0].lower()) if words else None
    if amount is None:
        return None
    unit, taken = (amount[2], 1) if amount[2] else ("".join(words[1:2]).lower(), 2)
    return (int(amount[1]) * UNITS[unit], taken) if unit in UNITS else None


def spelled(duration: timedelta) -> str:
    """`1 day`, `36 hours`, `90 minutes`: the largest unit that fits, up to days. For whole minutes."""
    unit, name = next((unit, name) for unit, name in _SPELLED if not duration % unit)
    count = duration // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


@dataclass(frozen=True)
class LastOperations:
    """`history`, `history 50`"""

    count: int | None = None
    """1 to `HISTORY_LIMIT`; None: not given."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return "" if self.count is None else str(self.count)


@dataclass(frozen=True)
class OneOperation:
    """`history 4f0c1d2e3a4b`"""

    id: str
    """12 hexadecimal digits in lower case."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return self.id


def read_history(words: Sequence[str]) -> LastOperations | OneOperation:
    """The phrase of `history`. Raises Misread."""
    if not words:
        return LastOperations()
    word = words[0].lower()
    if len(words) == 1 and _OPERATION_ID.fullmatch(word):
        return OneOperation(word)
    if len(words) == 1 and _COUNT.fullmatch(word) and 1 <= int(word) <= HISTORY_LIMIT:
        return LastOperations(int(word))
    typed = quoted(" ".join(words), 40)
    raise Misread(
        f"{typed} is neither a number from 1 to {HISTORY_LIMIT} nor the id of an operation (12 of `0-9a-f`).", "20"
    )


@dataclass(frozen=True)
class MuteFor:
    """`mute 2h`"""

    duration: timedelta
    """Whole minutes, `SHORTEST_MUTE` to `LONGEST_MUTE`."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return spelled(self.duration)


@dataclass(frozen=True)
class Unmute:
    """`mute off`"""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return "off"


def read_mute(words: Sequence[str]) -> MuteFor | Unmute:
    """The phrase of `mute`. Raises Misread."""
    left = [word.lower() for word in words]
    if left == ["off"]:
        return Unmute()
    if left[:1] == ["for"]:
        left = left[1:]
    found = leading_duration(left)
    if found is None or found[1] < len(left):
        typed = quoted(" ".join(words), 40)
        raise Misread(f"{typed} is not a duration." if words else "A duration is missing.", "2h")
    duration = found[0]
    if not SHORTEST_MUTE <= duration <= LONGEST_MUTE:
        raise Misread(f"Muting lasts from {spelled(SHORTEST_MUTE)} to {spelled(LONGEST_MUTE)}.", "2h")
    return MuteFor(duration)


def read_service(words: Sequence[str]) -> str:
    """The phrase of `adopt`: the name of a service as Rocket.Chat spells it, or nothing. Raises Misread."""
    word = " ".join(words).lower()
    if not word or _SERVICE.fullmatch(word):
        return word
    raise Misread(f"{quoted(word, 40)} is not the name of a service: it has only `a-z0-9_`.", "encvoyid")
