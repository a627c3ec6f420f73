"""From the words of `schedule` to what is asked for, or to one sentence about the mistake. Pure.

The grammar is closed: every word has a meaning, or the whole phrase is refused.

    phrase  = nothing | "rotate" every {window | zone | days} | "test" every | "maximum" duration
            | "skip" | "postpone" duration | "freeze" date "to" date
            | "off" ("rotate"|"test"|"maximum"|"freeze") | "resume rotate" | "confirm" ("rotate"|"test")
    every   = "every" [number] unit | "hourly" | "daily" | "weekly"
    window  = ["between"|"from"] time ("and"|"to"|"until"|"-") time
    zone    = ["in"] a name of the IANA time zone database
    days    = ["on"] ("mon" … "sun" | "weekdays" | "weekends"), ranges and lists of them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time, timedelta
from typing import Literal

from bot.chatops.phrases import DAY, MINUTE, Misread, spelled
from bot.chatops.words import nearest
from bot.schedule.asked import (
    AskedFor,
    Confirm,
    EndFreeze,
    FreezeDays,
    MaximumDays,
    Off,
    Postpone,
    Resume,
    RotateEvery,
    Show,
    SkipNext,
    TestEvery,
)
from bot.schedule.rules import DEFAULT_BEGINS, DEFAULT_ENDS, EVERY_DAY, Kind
from bot.schedule.spoken import (
    DAY_GROUPS,
    DAY_NAMES,
    NAMED_TIMES,
    Cursor,
    Unsaid,
    date,
    duration,
    interval,
    known_words,
    one,
    time_of_day,
    tokens,
    weekdays,
)
from bot.schedule.zones import zone_meant, zone_named

USAGE = "[rotate every …|test every …|maximum …|freeze …|skip|postpone …|resume …|confirm …|off …]"
"""For the declaration of the command."""
EXAMPLES: Mapping[str, str] = {
    "rotate": "rotate every 30 days between 02:00 and 05:00 Europe/Madrid mon-fri",
    "test": "test every 15 minutes",
    "off": "off rotate",
    "resume": "resume rotate",
    "confirm": "confirm rotate",
    "skip": "skip",
    "postpone": "postpone 2 days",
    "freeze": "freeze 20 Dec to 7 Jan",
    "maximum": "maximum 90 days",
}
"""One phrase for each first word."""
ROTATION_DAYS, MAXIMUM_DAYS, POSTPONE_DAYS = (1, 365), (1, 730), (1, 30)
SHORTEST_TEST, LONGEST_TEST = MINUTE, DAY

_UNTIL = ("to", "until", "till", "-")
_PARTICLES = ("every", "between", "from", "and", "through", "in", "on", *_UNTIL)
_MOST_CORRECTIONS = 4
_ONE_OF_FEW = 0.6
"""Less similarity is enough where only a few words fit: `rotation`."""
_SHORTEST_SLIP = 4
"""Letters of a word that may be another one by a typing error; `at` is near to `sat`, and not meant."""


def read(words: Sequence[str]) -> AskedFor:
    """What is asked for. Raises Misread, with what was probably meant or an example."""
    typed = tokens(words)
    try:
        return _read(typed)
    except Unsaid as unsaid:
        meant = _corrected(typed, unsaid)
        example = EXAMPLES.get(typed[0].lower(), EXAMPLES["rotate"])
        raise Misread(
            unsaid.sentence, meant or example, meant=meant is not None, familiar=_is_familiar(typed)
        ) from None


def in_normal_form(words: Sequence[str]) -> str:
    """The phrase in its one spelling. Raises Misread."""
    return read(words).words


def _read(words: tuple[str, ...]) -> AskedFor:
    """Raises Unsaid."""
    line = Cursor(words)
    first = line.next()
    if not first:
        return Show()
    if first not in _FORMS:
        raise Unsaid(f"I don't know {Cursor(words).shown()} here.", 0, 1, one(nearest(first, _FORMS)))
    asked = _FORMS[first](line)
    if line.rest:
        reason = ' A reason is given with `--reason "…"`.' if first == "freeze" else ""
        raise line.wrong(f"I don't know {line.shown(len(line.rest))} here.{reason}")
    return asked


def _corrected(words: tuple[str, ...], unsaid: Unsaid) -> str | None:
    """The phrase that was probably meant: what is wrong is replaced, as long as it is known by what."""
    for _ in range(_MOST_CORRECTIONS):
        if unsaid.better is None:
            return None
        words = (*words[: unsaid.at], *unsaid.better, *words[unsaid.at + unsaid.count :])
        try:
            return _read(words).words
        except Unsaid as another:
            unsaid = another
    return None


def _is_familiar(words: Sequence[str]) -> bool:
    known = {*_FORMS, *_PARTICLES, *known_words()}
    count = sum(word.lower() in known or word[0].isdigit() or zone_named(word) is not None for word in words)
    return 2 * count > len(words)


def _rotate(line: Cursor) -> RotateEvery:
    at = line.at
    every = interval(line, unit="days")
    days = _whole_days(line, at, every, ROTATION_DAYS, "The interval of rotations")
    window = zone = on = None
    while line.rest:
        word = line.peek()
        if _is_time(word):
            if window is not None:
                raise line.wrong("There are two windows.")
            window = _window(line)
        elif word in DAY_NAMES or word in DAY_GROUPS or word == "on":
            if on is not None:
                raise line.wrong("The days of the week are given twice.")
            on = weekdays(line)
        elif (name := zone_named(line.peek(1) if word == "in" else word)) is not None:
            if zone is not None:
                raise line.wrong("There are two time zones.")
            zone = name
            line.at += 2 if word == "in" else 1
        else:
            raise _no_part(line)
    begins, ends = window or (DEFAULT_BEGINS, DEFAULT_ENDS)
    return RotateEvery(days, begins, ends, zone, on or EVERY_DAY)


def _is_time(word: str) -> bool:
    return word in {"between", "from", *NAMED_TIMES} or word[:1].isdigit()


def _window(line: Cursor) -> tuple[time, time]:
    at = line.at
    line.takes("between", "from")
    begins = time_of_day(line)
    if not line.takes("and", *_UNTIL):
        raise line.wrong("A window needs a second time, when it ends.", 0, ("and",) if line.rest else None)
    ends = time_of_day(line)
    if begins == ends:
        raise Unsaid("A window needs two different times.", at)
    return begins, ends


def _no_part(line: Cursor) -> Unsaid:
    """A word that is no part of a rotation."""
    if line.takes("in") and not line.rest:
        return line.wrong("A time zone is missing.")
    near = nearest(line.peek(), (*DAY_NAMES, *DAY_GROUPS, "between"))
    if near and len(line.peek()) >= _SHORTEST_SLIP:
        return line.wrong(f"I don't know {line.shown()} here.", 1, (near,))
    if meant := zone_meant(line.rest):
        zone, count = meant
        return line.wrong(f"There is no time zone {line.shown(count)}.", count, (zone,))
    if "/" in line.peek():
        return line.wrong(f"There is no time zone {line.shown()}.")
    return line.wrong(f"I don't know {line.shown(len(line.rest))} here.")


def _test(line: Cursor) -> TestEvery:
    at = line.at
    every = interval(line, unit="minutes")
    if not SHORTEST_TEST <= every <= LONGEST_TEST:
        limits = f"{spelled(SHORTEST_TEST)} to {spelled(LONGEST_TEST)}"
        raise Unsaid(f"The interval of tests is {limits}, not {spelled(every)}.", at)
    return TestEvery(every // MINUTE)


def _off(line: Cursor) -> Off | EndFreeze:
    word = _one_of(line, "rotate", "test", "maximum", "freeze")
    return EndFreeze() if word == "freeze" else Off(Kind(word))


def _resume(line: Cursor) -> Resume:
    _one_of(line, "rotate")
    return Resume()


def _confirm(line: Cursor) -> Confirm:
    kind: Literal[Kind.ROTATE, Kind.TEST] = Kind.ROTATE if _one_of(line, "rotate", "test") == "rotate" else Kind.TEST
    return Confirm(kind)


def _skip(line: Cursor) -> SkipNext:
    return SkipNext()


def _postpone(line: Cursor) -> Postpone:
    line.takes("by")
    at = line.at
    return Postpone(_whole_days(line, at, duration(line, unit="days"), POSTPONE_DAYS, "A postponement"))


def _maximum(line: Cursor) -> MaximumDays:
    at = line.at
    return MaximumDays(_whole_days(line, at, duration(line, unit="days"), MAXIMUM_DAYS, "The maximum age"))


def _freeze(line: Cursor) -> FreezeDays:
    line.takes("from")
    at = line.at
    first = date(line)
    if not line.takes(*_UNTIL, "through"):
        better = ("to",) if line.rest else ("to", *line.words[at : line.at])
        raise line.wrong("A freeze needs its last day, too.", 0, better)
    return FreezeDays(first, date(line))


def _one_of(line: Cursor, *choices: str) -> str:
    if line.peek() in choices:
        return line.next()
    *before, last = (f"`{choice}`" for choice in choices)
    listed = f"{', '.join(before)} or {last}" if before else last
    needs = f"`{line.words[line.at - 1].lower()}` needs {listed}"
    better = choices if len(choices) == 1 else one(nearest(line.peek(), choices, _ONE_OF_FEW))
    raise line.wrong(f"{needs}, not {line.shown()}." if line.rest else f"{needs}.", 1, better)


def _whole_days(line: Cursor, at: int, given: timedelta, limits: tuple[int, int], what: str) -> int:
    least, most = limits
    if given % DAY:
        raise Unsaid(f"{what} is in whole days, not {spelled(given)}.", at)
    if not least <= given // DAY <= most:
        raise Unsaid(f"{what} is {least} to {spelled(most * DAY)}, not {spelled(given)}.", at)
    return given // DAY


_FORMS: Mapping[str, Callable[[Cursor], AskedFor]] = {
    "rotate": _rotate,
    "test": _test,
    "off": _off,
    "resume": _resume,
    "confirm": _confirm,
    "skip": _skip,
    "postpone": _postpone,
    "freeze": _freeze,
    "maximum": _maximum,
}
