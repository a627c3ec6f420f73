"""Since when a rotation is overdue, and when that is said."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.schedule.overdue import (
    SecretAge,
    is_overdue,
    maximum_notice,
    maximum_told,
    next_notice,
    notices_due,
    overdue_since,
)
from bot.schedule.rules import MaximumAge, Suspension
from tests.support.schedules import ANA, rotation, utc

END = utc("2026-02-10 04:00")
JANUARY = utc("2026-01-01 12:00")
MAXIMUM = MaximumAge(30, ANA)


@pytest.mark.parametrize(
    ("known", "since"),
    [
        (SecretAge(), END),
        (SecretAge(JANUARY), END),
        (SecretAge(None, 30), END),  # never proved: there is no age
        (SecretAge(JANUARY, 60), END),
        (SecretAge(JANUARY, 30), utc("2026-01-31 12:00")),
    ],
)
def test_since_its_window_or_the_maximum_age(known: SecretAge, since: datetime) -> None:
    assert overdue_since(rotation(), known) == since


@pytest.mark.parametrize(("now", "expected"), [("2026-02-10 03:59:59", False), ("2026-02-10 04:00", True)])
def test_a_suspended_rotation_is_overdue_too(now: str, expected: bool) -> None:
    for one in (rotation(), rotation(suspended=Suspension(JANUARY, "refused"))):
        assert is_overdue(one, SecretAge(), utc(now)) == expected


@pytest.mark.parametrize(
    ("now", "count", "following"),
    [
        ("2026-02-10 04:00", 0, "2026-02-11 04:00"),
        ("2026-02-11 04:00", 1, "2026-02-13 04:00"),
        ("2026-02-13 03:59", 1, "2026-02-13 04:00"),
        ("2026-02-13 04:00", 2, "2026-02-17 04:00"),
        ("2026-02-17 04:00", 3, None),
    ],
)
def test_after_one_three_and_seven_days(now: str, count: int, following: str | None) -> None:
    assert notices_due(END, utc(now)) == count
    assert next_notice(END, utc(now)) == (following and utc(following))


@pytest.mark.parametrize(
    ("proved_at", "now", "is_due"),
    [
        (None, "2026-12-01 12:00", False),
        (JANUARY, "2026-02-01 11:59", False),
        (JANUARY, "2026-02-01 12:00", True),
    ],
)
def test_a_maximum_age_without_a_schedule(proved_at: datetime | None, now: str, is_due: bool) -> None:
    since = utc("2026-01-31 12:00") if is_due else None
    assert maximum_notice(MAXIMUM, proved_at, utc(now)) == since


def test_it_is_told_once_for_each_step_and_secret() -> None:
    now = utc("2026-02-04 12:00")
    told = maximum_told(MAXIMUM, JANUARY, now)
    assert told == MaximumAge(30, ANA, overdue_told=2, proved_at=JANUARY)
    assert maximum_notice(told, JANUARY, now) is None
    assert maximum_notice(told, JANUARY, utc("2026-02-07 12:00")) == utc("2026-01-31 12:00")
    later = utc("2026-02-05 12:00")
    assert maximum_notice(told, later, utc("2026-03-08 12:00")) == utc("2026-03-07 12:00")
