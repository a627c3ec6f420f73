"""Intervals, times of day, weekdays and dates in the words of a phrase. Pure.

Each function takes what it understands from the `Cursor`, and raises Unsaid at the first word that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from bot.chatops.phrases import DAY, HOUR, UNITS, WEEK, leading_duration
from bot.chatops.words import nearest, plain_dashes
from bot.schedule.asked import WEEKDAYS
from bot.schedule.dates import MONTHS, GivenDay
from bot.text import quoted

ADVERBS = {"hourly": HOUR, "daily": DAY, "weekly": WEEK}
DAY_NAMES = {
    name + plural: number
    for number, names in enumerate(
        (
            ("mon", "monday"),
            ("tue", "tues", "tuesday"),
            ("wed", "weds", "wednesday"),
            ("thu", "thur", "thurs", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        )
    )
    for name in names
    for plural in (("", "s") if name.endswith("day") else ("",))
}
DAY_GROUPS = {
    **dict.fromkeys(("weekday", "weekdays"), frozenset(range(5))),
    **dict.fromkeys(("weekend", "weekends"), frozenset({5, 6})),
}
MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
HALVES = {"am": 0, "pm": 12}
NAMED_TIMES = {"midnight": time(0), "noon": time(12)}
_NOT_FIXED = {"month": 30, "months": 30, "year": 365, "years": 365}
"""Days to be offered for what has no fixed length."""

_SECONDS = ("s", "sec", "secs", "second", "seconds")
_UNITS_FOR = {"days": "days or weeks", "minutes": "minutes or hours"}
"""What is fitting, by the unit that is meant where there is none."""

MINUTES_OF_A_DAY = 24 * 60
_TIME_OF_DAY = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(am|pm)?")
_ISO_DATE = re.compile(r"(20[0-9]{2})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_OF_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_YEAR = re.compile(r"20[0-9]{2}")
_OTHER_YEAR = re.compile(r"[0-9]{3,5}")
_OTHER_ISO_DATE = re.compile(r"([0-9]{1,5})-[0-9]{1,2}-[0-9]{1,2}")
_RANGE = re.compile(r"([^-]*)-([^-]*)")


class Unsaid(Exception):
    """A word that does not fit."""

    def __init__(self, sentence: str, at: int, count: int = 1, better: Sequence[str] | None = None) -> None:
        """`better` is probably meant instead of the `count` words from `at` on; None: nobody can tell."""
        self.sentence = sentence
        self.at = at
        self.count = count
        self.better = better
        super().__init__(sentence)


@dataclass
class Cursor:
    """The words, and how many of them are understood."""

    words: tuple[str, ...]
    """As they were typed; see `tokens`."""
    at: int = 0

    @property
    def rest(self) -> tuple[str, ...]:
        """The words that are left, as they were typed."""
        return self.words[self.at :]

    def peek(self, ahead: int = 0) -> str:
        """The next word, in lower case; empty at the end."""
        return self.words[self.at + ahead].lower() if self.at + ahead < len(self.words) else ""

    def next(self) -> str:
        """Takes the next word; empty at the end."""
        word = self.peek()
        self.at += bool(word)
        return word

    def takes(self, *words: str) -> bool:
        """Takes the next word if it is one of these."""
        return self.peek() in words and bool(self.next())

    def wrong(self, sentence: str, count: int = 1, better: Sequence[str] | None = None) -> Unsaid:
        """An error at the next word."""
        return Unsaid(sentence, self.at, count, better)

    def shown(self, count: int = 1) -> str:
        """The next words, harmless, for a sentence."""
        return quoted(" ".join(self.rest[:count]), 40)


def tokens(words: Iterable[str]) -> tuple[str, ...]:
    """Words without what only separates them: a comma is a blank, and a dash between two times or two days is a word of
    its own. `mon–fri, 2:00-5:00` has six."""
    text = plain_dashes(" ".join(words)).replace(",", " ")
    return tuple(token for word in text.split() for token in _parted(word))


def _parted(word: str) -> list[str]:
    found = _RANGE.fullmatch(word)
    if found is None or not all(_is_end_of_range(end.lower()) for end in found.groups()):
        return [word]
    return [token for token in (found[1], "-", found[2]) if token]


def _is_end_of_range(text: str) -> bool:
    return not text or text in DAY_NAMES or text in NAMED_TIMES or _TIME_OF_DAY.fullmatch(text) is not None


def one(word: str | None) -> tuple[str, ...] | None:
    """A word for `better`, if there is one."""
    return None if word is None else (word,)


def interval(line: Cursor, *, unit: str) -> timedelta:
    """`every 30 days`, `every hour`, `daily`; `unit` is meant where a number has none."""
    if line.peek() in ADVERBS:
        return ADVERBS[line.next()]
    if not line.takes("every"):
        better = ("every",) if leading_duration(line.rest) else None
        raise line.wrong(_missing(line, "an interval"), 0, better)
    if line.peek() in UNITS:
        return UNITS[line.next()]
    return duration(line, unit=unit)


def duration(line: Cursor, *, unit: str) -> timedelta:
    """`2 days`; `unit` is meant where a number has none."""
    if found := leading_duration(line.rest):
        line.at += found[1]
        return found[0]
    raise _no_duration(line, unit)


def _no_duration(line: Cursor, unit: str) -> Unsaid:
    number, name = line.peek(), line.peek(1)
    counted = re.fullmatch("[0-9]{1,5}", number) is not None
    vague = name if counted else number
    if vague in _NOT_FIXED:
        days = _NOT_FIXED[vague] * (int(number) if counted else 1)
        sentence = f"A {vague.removesuffix('s')} has no fixed length; give days."
        return line.wrong(sentence, 2 if counted else 1, (str(days), "days"))
    if number[:1].isdigit() and (name if counted else number.lstrip("0123456789")) in _SECONDS:
        return line.wrong(f"Seconds are no unit here: give {_UNITS_FOR[unit]}.")
    near = nearest(vague, (unit for unit in UNITS if len(unit) > 2))
    if near:
        count = 2 if counted else 1
        return line.wrong(f"{line.shown(count)} is not an interval.", count, (*line.rest[: count - 1], near))
    if not counted:
        return line.wrong(_missing(line, "a number"))
    return line.wrong(f"{line.shown()} needs a unit: {_UNITS_FOR[unit]}.", 1, (number, unit))


def time_of_day(line: Cursor) -> time:
    """`02:00`, `2:00`, `2am`, `2:30 pm`, `midnight`, `24:00`. An hour alone is refused: it may be day or night."""
    word = line.peek()
    if word in NAMED_TIMES:
        return NAMED_TIMES[line.next()]
    found = _TIME_OF_DAY.fullmatch(word)
    if found is None:
        raise line.wrong(_missing(line, "a time of day"))
    apart = line.peek(1) if not found[3] and line.peek(1) in HALVES else ""
    half = found[3] or apart
    hour, minute = int(found[1]), int(found[2] or 0)
    valid = 1 <= hour <= 12 if half else hour < 24 or hour * 60 + minute == MINUTES_OF_A_DAY
    if not valid or minute > 59:
        raise line.wrong(f"{line.shown(2 if apart else 1)} is not a time of day.")
    if not half and not found[2]:
        raise line.wrong(f"{line.shown()} may be day or night: write `02:00` or `2am`.", 1, (f"{hour % 24:02}:00",))
    line.at += 2 if apart else 1
    return time(hour % 12 + HALVES[half] if half else hour % 24, minute)


def weekdays(line: Cursor) -> frozenset[int]:
    """`mon-fri`, `mon to fri`, `mon wed and fri`, `on weekdays`. Monday is 0."""
    line.takes("on")
    found: set[int] = set()
    while line.peek() in DAY_NAMES or line.peek() in DAY_GROUPS:
        word = line.next()
        if word in DAY_GROUPS:
            found |= DAY_GROUPS[word]
        else:
            found |= _range(DAY_NAMES[word], line)
        if line.peek() == "and" and (line.peek(1) in DAY_NAMES or line.peek(1) in DAY_GROUPS):
            line.next()
    if not found:
        raise line.wrong(_missing(line, "a day of the week"), 1, one(nearest(line.peek(), DAY_NAMES)))
    return frozenset(found)


def _range(first: int, line: Cursor) -> set[int]:
    """Over the end of the week, if it comes to that: `fri-mon` is four days."""
    if line.peek() not in {"-", "to", "through"} or line.peek(1) not in DAY_NAMES:
        return {first}
    line.next()
    last = DAY_NAMES[line.next()]
    return {(first + i) % len(WEEKDAYS) for i in range((last - first) % len(WEEKDAYS) + 1)}


def date(line: Cursor) -> GivenDay:
    """`20 Dec`, `20th December 2026`, `Dec 20`, `2026-12-20`."""
    count, parts = _date_parts(line)
    if parts is None:
        if other := _OTHER_ISO_DATE.fullmatch(line.peek()):
            raise line.wrong(_no_year(other[1]))
        near = nearest(line.peek(1), MONTH_NAMES) if line.peek(1) else None
        better = (line.peek(), MONTHS[MONTH_NAMES[near] - 1]) if near else None
        raise line.wrong(_missing(line, "a date", 2 if better else 1), 2, better)
    try:
        found = GivenDay(*parts)
    except ValueError:
        raise line.wrong(f"There is no {line.shown(count)} in the calendar.", count) from None
    line.at += count
    if _OTHER_YEAR.fullmatch(line.peek()):
        raise line.wrong(_no_year(line.peek()))
    return found


def _no_year(typed: str) -> str:
    return f"A year is 2000 to 2099 here, not `{typed}`."


def _date_parts(line: Cursor) -> tuple[int, tuple[int, int, int | None] | None]:
    """How many words they take, and day, month and year."""
    if iso := _ISO_DATE.fullmatch(line.peek()):
        return 1, (int(iso[3]), int(iso[2]), int(iso[1]))
    first, second, third = (line.peek(ahead) for ahead in range(3))
    name, number = (first, second) if first in MONTH_NAMES else (second, first)
    day = _DAY_OF_MONTH.fullmatch(number)
    if name not in MONTH_NAMES or day is None:
        return 0, None
    year = int(third) if _YEAR.fullmatch(third) else None
    return 2 if year is None else 3, (int(day[1]), MONTH_NAMES[name], year)


def known_words() -> Mapping[str, object]:
    """Every word with a meaning of its own."""
    return {**UNITS, **ADVERBS, **DAY_NAMES, **DAY_GROUPS, **MONTH_NAMES, **HALVES, **NAMED_TIMES}


def _missing(line: Cursor, what: str, count: int = 1) -> str:
    return f"{line.shown(count)} is not {what}." if line.rest else f"{what[0].upper()}{what[1:]} is missing."
