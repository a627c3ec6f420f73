"""The phrases of `schedule`: understood whole and in one spelling, or refused with one that can be typed."""

from __future__ import annotations

from datetime import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.phrases import Misread
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
from bot.schedule.dates import GivenDay
from bot.schedule.phrases import EXAMPLES, in_normal_form, read
from bot.schedule.rules import Kind

WORKDAYS = frozenset(range(5))


def misread(text: str) -> Misread:
    with pytest.raises(Misread) as caught:
        read(text.split())
    return caught.value


UNDERSTOOD: dict[str, AskedFor] = {
    "": Show(),
    "rotate every 30 days": RotateEvery(30, time(2), time(5)),
    "Rotate Every 30 Days": RotateEvery(30),
    "rotate every day": RotateEvery(1),
    "rotate every 1 day": RotateEvery(1),
    "rotate daily": RotateEvery(1),
    "rotate every 24 hours": RotateEvery(1),
    "rotate weekly": RotateEvery(7),
    "rotate every week": RotateEvery(7),
    "rotate every 2 weeks": RotateEvery(14),
    "rotate every 365 days": RotateEvery(365),
    "rotate every 030 days": RotateEvery(30),
    "rotate every 30d": RotateEvery(30),
    "rotate every 30 days between 02:00 and 05:00 Europe/Madrid mon-fri": RotateEvery(
        30, zone="Europe/Madrid", weekdays=WORKDAYS
    ),
    "rotate every 30 days mon–fri europe/madrid between 2:00 and 5:00": RotateEvery(
        30, zone="Europe/Madrid", weekdays=WORKDAYS
    ),
    "rotate every 30 days, in UTC, on weekdays, from 1am to 3:30 am": RotateEvery(
        30, time(1), time(3, 30), "UTC", WORKDAYS
    ),
    "test every 15 minutes": TestEvery(15),
    "test every 15 min": TestEvery(15),
    "test every 15min": TestEvery(15),
    "test every minute": TestEvery(1),
    "test hourly": TestEvery(60),
    "test every hour": TestEvery(60),
    "test every 2h": TestEvery(120),
    "test every 90 minutes": TestEvery(90),
    "test daily": TestEvery(1440),
    "off rotate": Off(Kind.ROTATE),
    "OFF test": Off(Kind.TEST),
    "off maximum": Off(Kind.MAXIMUM),
    "off freeze": EndFreeze(),
    "resume rotate": Resume(),
    "confirm rotate": Confirm(Kind.ROTATE),
    "confirm test": Confirm(Kind.TEST),
    "skip": SkipNext(),
    "postpone 2 days": Postpone(2),
    "postpone by 1 week": Postpone(7),
    "postpone 30 days": Postpone(30),
    "maximum 90 days": MaximumDays(90),
    "maximum 730 days": MaximumDays(730),
    "freeze 20 Dec to 7 Jan": FreezeDays(GivenDay(20, 12), GivenDay(7, 1)),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_understood(text: str) -> None:
    assert read(text.split()) == UNDERSTOOD[text]


def test_each_kind_is_among_them() -> None:
    assert {type(asked) for asked in UNDERSTOOD.values()} == set(get_args(AskedFor))


MEANT = {
    "rotat every 30 days": ("I don't know `rotat` here.", "rotate every 30 days between 02:00 and 05:00"),
    "rotate 30 days": ("`30` is not an interval.", "rotate every 30 days between 02:00 and 05:00"),
    "rotate every 30": (
        "`30` needs a unit: days or weeks.",
        "rotate every 30 days between 02:00 and 05:00",
    ),
    "test every 15": ("`15` needs a unit: minutes or hours.", "test every 15 minutes"),
    "test every 15 minuts": ("`15 minuts` is not an interval.", "test every 15 minutes"),
    "rotate every 2 months": (
        "A month has no fixed length; give days.",
        "rotate every 60 days between 02:00 and 05:00",
    ),
    "rotate every year": ("A year has no fixed length; give days.", "rotate every 365 days between 02:00 and 05:00"),
    "rotate every day Madrid": (
        "There is no time zone `Madrid`.",
        "rotate every day between 02:00 and 05:00 Europe/Madrid",
    ),
    "rotate every day in New York on mon": (
        "There is no time zone `New York`.",
        "rotate every day between 02:00 and 05:00 America/New_York mon",
    ),
    "rotate every day between 2 and 15": (
        "`2` may be day or night: write `02:00` or `2am`.",
        "rotate every day between 02:00 and 15:00",
    ),
    "rotate every day 1:00 3:00": (
        "A window needs a second time, when it ends.",
        "rotate every day between 01:00 and 03:00",
    ),
    "rotate every dayz betwen 1:00 and 3:00": (
        "`dayz` is not an interval.",
        "rotate every day between 01:00 and 03:00",
    ),
    "rotate every day on mondy": (
        "`mondy` is not a day of the week.",
        "rotate every day between 02:00 and 05:00 mon",
    ),
    "rotate every day wednsday": (
        "I don't know `wednsday` here.",
        "rotate every day between 02:00 and 05:00 wed",
    ),
    "off rotation": (
        "`off` needs `rotate`, `test`, `maximum` or `freeze`, not `rotation`.",
        "off rotate",
    ),
    "resume": ("`resume` needs `rotate`.", "resume rotate"),
    "resume test": ("`resume` needs `rotate`, not `test`.", "resume rotate"),
    "postpone 2": ("`2` needs a unit: days or weeks.", "postpone 2 days"),
    "freeze 24 Dec": ("A freeze needs its last day, too.", "freeze 24 Dec to 24 Dec"),
    "freeze 20 Dec 7 Jan": ("A freeze needs its last day, too.", "freeze 20 Dec to 7 Jan"),
    "freeze 20 Decmber to 7 Jan": ("`20 Decmber` is not a date.", "freeze 20 Dec to 7 Jan"),
}


@pytest.mark.parametrize("text", MEANT)
def test_what_was_probably_meant_is_offered(text: str) -> None:
    mistake = misread(text)
    assert (mistake.sentence, mistake.instead) == MEANT[text]
    assert mistake.meant


REFUSED = {
    "frobnicate": "I don't know `frobnicate` here.",
    "rotate": "An interval is missing.",
    "rotate every": "A number is missing.",
    "rotate every x": "`x` is not a number.",
    "rotate every 0 days": "The interval of rotations is 1 to 365 days, not 0 days.",
    "rotate every 366 days": "The interval of rotations is 1 to 365 days, not 366 days.",
    "rotate every 36 hours": "The interval of rotations is in whole days, not 36 hours.",
    "rotate every -30 days": "`-` is not a number.",
    "rotate every 1,5 days": "`1` needs a unit: days or weeks.",
    "rotate every 30 seconds": "Seconds are no unit here: give days or weeks.",
    "rotate every 30s": "Seconds are no unit here: give days or weeks.",
    "test every 90 sec": "Seconds are no unit here: give minutes or hours.",
    "postpone 1 second": "Seconds are no unit here: give days or weeks.",
    "maximum 9 secs": "Seconds are no unit here: give days or weeks.",
    "rotate every 30 days please": "I don't know `please` here.",
    "rotate every 30 days at 3am": "I don't know `at 3am` here.",
    "rotate every 30 days UTC+2": "I don't know `UTC+2` here.",
    "rotate every 30 days Mars/Phobos": "There is no time zone `Mars/Phobos`.",
    "rotate every 30 days in": "A time zone is missing.",
    "rotate every 30 days UTC cet": "There are two time zones.",
    "rotate every 30 days mon UTC tue": "The days of the week are given twice.",
    "rotate every 30 days 1:00-2:00 UTC 3:00-4:00": "There are two windows.",
    "rotate every 30 days on": "A day of the week is missing.",
    "rotate every 30 days between": "A time of day is missing.",
    "rotate every 30 days between 2:00": "A window needs a second time, when it ends.",
    "rotate every 30 days between 2:00 and": "A time of day is missing.",
    "rotate every 30 days between 25:00 and 5:00": "`25:00` is not a time of day.",
    "rotate every 30 days between 24:01 and 5:00": "`24:01` is not a time of day.",
    "rotate every 30 days between 2:60 and 5:00": "`2:60` is not a time of day.",
    "rotate every 30 days between 13 pm and 5:00": "`13 pm` is not a time of day.",
    "rotate every 30 days between 0am and 5:00": "`0am` is not a time of day.",
    "rotate every 30 days between 5:00 and 5am": "A window needs two different times.",
    "test every 0 minutes": "The interval of tests is 1 minute to 1 day, not 0 days.",
    "test every 25 hours": "The interval of tests is 1 minute to 1 day, not 25 hours.",
    "test every 5 minutes UTC": "I don't know `UTC` here.",
    "off": "`off` needs `rotate`, `test`, `maximum` or `freeze`.",
    "confirm maximum": "`confirm` needs `rotate` or `test`, not `maximum`.",
    "skip it": "I don't know `it` here.",
    "postpone": "A number is missing.",
    "postpone 31 days": "A postponement is 1 to 30 days, not 31 days.",
    "maximum 731 days": "The maximum age is 1 to 730 days, not 731 days.",
    "freeze": "A date is missing.",
    "freeze 30 Feb to 1 Mar": "There is no `30 Feb` in the calendar.",
    "freeze 29 Feb 2027 to 1 Mar": "There is no `29 Feb 2027` in the calendar.",
    "freeze 2026-02-30 to 1 Mar": "There is no `2026-02-30` in the calendar.",
    "freeze 20 Dec to 7 Jan 2100": "A year is 2000 to 2099 here, not `2100`.",
    "freeze 20 Dec 1999 to 7 Jan": "A year is 2000 to 2099 here, not `1999`.",
    "freeze Dec 20 20266 to 7 Jan": "A year is 2000 to 2099 here, not `20266`.",
    "freeze 2100-12-20 to 7 Jan": "A year is 2000 to 2099 here, not `2100`.",
    "freeze 20 Dec to 27-01-07": "A year is 2000 to 2099 here, not `27`.",
    "freeze 20/12 to 7/1": "`20/12` is not a date.",
    "freeze 20 Dec to 7 Jan for holidays": 'I don\'t know `for holidays` here. A reason is given with `--reason "…"`.',
    "rotat every 30 dayz betwen 2 and 5 mondy": "I don't know `rotat` here.",
    "* @all [a](http://b.example)": "I don't know `∗` here.",
}


@pytest.mark.parametrize("text", REFUSED)
def test_the_rest_is_refused_with_an_example(text: str) -> None:
    mistake = misread(text)
    assert mistake.sentence == REFUSED[text]
    assert not mistake.meant
    assert mistake.instead == EXAMPLES.get(text.split()[0], EXAMPLES["rotate"])


@pytest.mark.parametrize("first", EXAMPLES)
def test_examples_are_understood_in_their_one_spelling(first: str) -> None:
    assert in_normal_form(EXAMPLES[first].split()) == EXAMPLES[first]
    assert EXAMPLES[first].split()[0] == first


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("is nice, isn't it?", False),
        ("test is what I need, right?", False),
        ("rotate ever 30 days between 02:00 and 05:00 Europe/Madrid", True),
        ("freeze 20 Dec to 7 Jan, everybody is away", True),
        ("skip it", False),
    ],
)
def test_most_words_of_a_phrase_are_known(text: str, familiar: bool) -> None:
    assert misread(text).familiar is familiar


VOCABULARY = [
    *("rotate", "test", "off", "resume", "confirm", "skip", "postpone", "freeze", "maximum", "every", "daily", "by"),
    *("30", "2", "days", "day", "hours", "minutes", "between", "and", "from", "to", "-", "–", "in", "on", "02:00"),
    *("5am", "5", "pm", "Europe/Madrid", "UTC", "Madrid", "mon-fri", "weekdays", "mon,wed", "20", "29", "Dec", "Feb"),
    *("2026", "2026-12-20"),
]


@given(st.lists(st.sampled_from(VOCABULARY) | st.text(max_size=8), max_size=10))
def test_any_words_have_one_of_two_answers(words: list[str]) -> None:
    try:
        asked = read(words)
    except Misread as misunderstood:
        mistake = misunderstood
    else:
        assert read(asked.words.split()) == asked
        return
    assert in_normal_form(mistake.instead.split()) == mistake.instead
    assert "@" not in mistake.sentence
    assert "\n" not in mistake.sentence
