"""The strip of the last 30 days."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.doctor.strip import DAYS, LEGEND, DayOfTests, DayResult, strip, with_result
from bot.text import inert

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def drawn(days: tuple[DayOfTests, ...], now: datetime = NOON) -> str:
    shown = strip(days, now).split("`")[1]
    assert len(shown) == DAYS
    return shown


def test_a_day_without_a_test_has_a_mark_of_its_own() -> None:
    assert drawn(()) == "·" * DAYS


@pytest.mark.parametrize(("result", "sign"), list(zip(DayResult, "✓–✗", strict=True)))
def test_each_result_has_its_sign_and_the_legend_explains_it(result: DayResult, sign: str) -> None:
    assert drawn(with_result((), NOON, result)) == "·" * (DAYS - 1) + sign
    assert f"{sign} " in LEGEND
    assert f"`{LEGEND}`" in strip((), NOON)


@pytest.mark.parametrize("order", list(itertools.permutations(DayResult)))
def test_the_worst_result_of_a_day_is_shown(order: tuple[DayResult, ...]) -> None:
    days: tuple[DayOfTests, ...] = ()
    for hours, result in enumerate(order):
        days = with_result(days, NOON + timedelta(hours=hours), result)
    assert drawn(days).endswith("·✗")


def test_the_oldest_day_comes_first_and_at_most_30_are_kept() -> None:
    days: tuple[DayOfTests, ...] = ()
    for ago in reversed(range(100)):
        days = with_result(days, NOON - ago * DAY, DayResult.PASSED if ago else DayResult.FAILED)
    assert len(days) == DAYS
    assert drawn(days) == "✓" * (DAYS - 1) + "✗"
    assert drawn(days, NOON + 2 * DAY) == "✓" * (DAYS - 3) + "✗··"


def test_a_day_is_one_of_utc() -> None:
    """Half past midnight in Madrid is still the day before."""
    madrid = datetime(2026, 11, 29, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert with_result((), madrid, DayResult.PASSED)[0].day == NOON.date()
    assert drawn(with_result((), NOON, DayResult.PASSED), madrid).endswith("✓")


def test_an_hour_that_was_set_back_belongs_to_its_own_day() -> None:
    days = with_result(with_result((), NOON, DayResult.PASSED), NOON - DAY, DayResult.FAILED)
    assert drawn(days).endswith("✗✓")


def test_rocketchat_makes_nothing_else_of_it() -> None:
    """In code, so no emoji and no list (facts/rocketchat.md §7)."""
    text = strip(with_result((), NOON, DayResult.FAILED), NOON)
    assert inert(text) == text
    assert not any(sign in part for part in text.split("`")[::2] for sign in "✓–✗·")
