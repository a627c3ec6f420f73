"""Dates without a year, and the days of a freeze."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.schedule.dates import LONGEST_FREEZE, GivenDay, freeze_dates

TODAY = date(2026, 8, 1)


@pytest.mark.parametrize(("parts", "words"), [((20, 12), "20 Dec"), ((1, 1, 2027), "1 Jan 2027"), ((29, 2), "29 Feb")])
def test_it_is_spelled_in_one_way(parts: tuple[int, ...], words: str) -> None:
    assert GivenDay(*parts).words == words


@pytest.mark.parametrize("parts", [(0, 1), (32, 1), (30, 2), (31, 4), (1, 0), (1, 13), (29, 2, 2027)])
def test_what_no_calendar_has_is_no_date(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        GivenDay(*parts)


@pytest.mark.parametrize(
    ("given_day", "today", "expected"),
    [
        (GivenDay(20, 12), date(2026, 8, 1), date(2026, 12, 20)),
        (GivenDay(20, 12), date(2026, 12, 20), date(2026, 12, 20)),
        (GivenDay(20, 12), date(2026, 12, 21), date(2027, 12, 20)),
        (GivenDay(29, 2), date(2026, 8, 1), date(2028, 2, 29)),
        (GivenDay(29, 2), date(2028, 2, 29), date(2028, 2, 29)),
        (GivenDay(29, 2), date(2096, 3, 1), date(2104, 2, 29)),
        (GivenDay(20, 12, 2025), date(2026, 8, 1), date(2025, 12, 20)),
    ],
)
def test_a_date_without_a_year_is_the_next_one(given_day: GivenDay, today: date, expected: date) -> None:
    assert given_day.on_or_after(today) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 12, 20), date(2025, 12, 20)), (date(2026, 12, 21), date(2026, 12, 20))],
)
def test_the_last_one_before_a_day(day: date, expected: date) -> None:
    assert GivenDay(20, 12).before(day) == expected


@pytest.mark.parametrize(
    ("first", "last", "today", "expected"),
    [
        (GivenDay(20, 12), GivenDay(7, 1), TODAY, (date(2026, 12, 20), date(2027, 1, 7))),
        (GivenDay(20, 12), GivenDay(7, 1), date(2026, 12, 20), (date(2026, 12, 20), date(2027, 1, 7))),
        (GivenDay(20, 12), GivenDay(7, 1), date(2027, 1, 8), (date(2027, 12, 20), date(2028, 1, 7))),
        (GivenDay(1, 8), GivenDay(1, 8), TODAY, (TODAY, TODAY)),
        (GivenDay(29, 2), GivenDay(1, 3), TODAY, (date(2028, 2, 29), date(2028, 3, 1))),
        (GivenDay(20, 12, 2026), GivenDay(7, 1), TODAY, (date(2026, 12, 20), date(2027, 1, 7))),
        (GivenDay(20, 12), GivenDay(7, 1, 2027), TODAY, (date(2026, 12, 20), date(2027, 1, 7))),
        (GivenDay(20, 7, 2026), GivenDay(10, 8), TODAY, (date(2026, 7, 20), date(2026, 8, 10))),
        (GivenDay(20, 7, 2026), GivenDay(1, 8, 2026), TODAY, (date(2026, 7, 20), TODAY)),
        (GivenDay(1, 1, 2027), GivenDay(29, 6, 2027), TODAY, (date(2027, 1, 1), date(2027, 6, 29))),
    ],
)
def test_the_days_of_a_freeze(first: GivenDay, last: GivenDay, today: date, expected: tuple[date, date]) -> None:
    assert freeze_dates(first, last, today) == expected


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (
            GivenDay(20, 12, 2026),
            GivenDay(7, 1, 2026),
            "A freeze from 20 Dec 2026 to 7 Jan 2026 would end before it begins.",
        ),
        (
            GivenDay(20, 12),
            GivenDay(7, 1, 2026),
            "A freeze from 20 Dec 2026 to 7 Jan 2026 would end before it begins.",
        ),
        (
            GivenDay(1, 7, 2026),
            GivenDay(31, 7, 2026),
            "A freeze from 1 Jul 2026 to 31 Jul 2026 would be over already.",
        ),
        (
            GivenDay(20, 12),
            GivenDay(19, 12),
            "A freeze from 20 Dec 2026 to 19 Dec 2027 would have 365 days; 180 are the most.",
        ),
        (
            GivenDay(1, 1, 2027),
            GivenDay(30, 6, 2027),
            "A freeze from 1 Jan 2027 to 30 Jun 2027 would have 181 days; 180 are the most.",
        ),
        (
            GivenDay(28, 2),
            GivenDay(29, 2),
            "A freeze from 28 Feb 2027 to 29 Feb 2028 would have 367 days; 180 are the most.",
        ),
    ],
)
def test_impossible_days_are_refused_with_their_years(first: GivenDay, last: GivenDay, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        freeze_dates(first, last, TODAY)
    assert caught.value.what == sentence
    assert caught.value.fix == ("Give the years, too, for example `/sso schedule freeze 20 Dec 2026 to 7 Jan 2027`.")


@pytest.mark.parametrize("today", [date(2026, 12, 21), date(2027, 1, 7)])
def test_days_that_began_already_are_not_taken_for_those_of_the_next_year(today: date) -> None:
    with pytest.raises(UserError) as caught:
        freeze_dates(GivenDay(20, 12), GivenDay(7, 1), today)
    assert caught.value.what == "20 Dec has passed; the next such days are 20 Dec 2027 to 7 Jan 2028."
    from_today = GivenDay(today.day, today.month, today.year).words
    assert f"`/sso schedule freeze {from_today} to 7 Jan 2027` for a freeze from today" in caught.value.fix
    assert "`/sso schedule freeze 20 Dec 2027 to 7 Jan 2028` for that one" in caught.value.fix


def days() -> st.SearchStrategy[GivenDay]:
    return st.dates(date(2000, 1, 1), date(2099, 12, 31)).flatmap(
        lambda d: st.sampled_from([GivenDay(d.day, d.month), GivenDay(d.day, d.month, d.year)])
    )


@given(days(), days(), st.dates(date(2020, 1, 1), date(2098, 1, 1)))
def test_a_freeze_is_never_over_nor_reversed_nor_too_long(first: GivenDay, last: GivenDay, today: date) -> None:
    try:
        begins, ends = freeze_dates(first, last, today)
    except UserError:
        return
    assert begins <= ends >= today
    assert (ends - begins).days < LONGEST_FREEZE
    assert (begins.day, begins.month) == (first.day, first.month)
    assert (ends.day, ends.month) == (last.day, last.month)
