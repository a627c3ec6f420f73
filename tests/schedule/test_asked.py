"""The one spelling of what `schedule` is asked for."""

from __future__ import annotations

import zoneinfo
from datetime import date, time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.phrases import Misread
from bot.chatops.words import Word, split
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
    spelled_days,
)
from bot.schedule.dates import GivenDay
from bot.schedule.phrases import read
from bot.schedule.rules import Kind


@pytest.mark.parametrize(
    ("days", "spelling"),
    [
        ({0}, "mon"),
        ({6}, "sun"),
        ({0, 1}, "mon-tue"),
        ({5, 6, 0}, "sat-mon"),
        ({0, 2, 4}, "mon,wed,fri"),
        ({6, 0, 2}, "mon,wed,sun"),
        (set(range(7)), "mon-sun"),
    ],
)
def test_days_are_spelled_as_a_range_if_they_are_one(days: set[int], spelling: str) -> None:
    assert spelled_days(days) == spelling


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
given_days = st.dates(date(2000, 1, 1), date(2099, 12, 31)).flatmap(
    lambda day: st.sampled_from([GivenDay(day.day, day.month), GivenDay(day.day, day.month, day.year)])
)
zones = st.none() | st.sampled_from(sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}))
kinds: st.SearchStrategy[Literal[Kind.ROTATE, Kind.TEST]] = st.sampled_from([Kind.ROTATE, Kind.TEST])
asked_for: st.SearchStrategy[AskedFor] = st.one_of(
    st.builds(
        RotateEvery,
        st.integers(1, 365),
        times,
        times,
        zones,
        st.frozensets(st.integers(0, 6), min_size=1),
    ).filter(lambda asked: asked.begins != asked.ends),
    st.builds(TestEvery, st.integers(1, 1440)),
    st.builds(MaximumDays, st.integers(1, 730)),
    st.builds(Off, st.sampled_from(Kind)),
    st.builds(Confirm, kinds),
    st.builds(Postpone, st.integers(1, 30)),
    st.builds(FreezeDays, given_days, given_days),
    st.sampled_from([Show(), EndFreeze(), Resume(), SkipNext()]),
)


@given(asked_for)
def test_the_one_spelling_read_again_gives_the_same(asked: AskedFor) -> None:
    assert read(asked.words.split()) == asked
    assert split(asked.words) == [Word(word) for word in asked.words.split()]


@given(asked_for.filter(lambda asked: asked != Show()), st.data())
def test_no_word_is_ignored(asked: AskedFor, data: st.DataObject) -> None:
    words = asked.words.split()
    words.insert(data.draw(st.integers(0, len(words))), "gently")
    with pytest.raises(Misread):
        read(words)
