"""When a scheduled test is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedule import rules
from bot.schedule.verification import after_test, confirmed, is_role_due, is_test_due, role_asked
from tests.support.schedules import ANA, utc

NOON = rules.Verification(timedelta(minutes=15), ANA, utc("2026-02-10 12:00"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-02-10 11:59:59", False),
        ("2026-02-10 12:00", True),
        ("2026-02-17 12:00", True),
        ("2026-02-10 11:45", False),
        ("2026-02-10 11:44:59", True),  # the clock was set back: an interval has been waited for at most
    ],
)
def test_when_it_is_due(now: str, expected: bool) -> None:
    assert is_test_due(NOON, utc(now)) == expected


@pytest.mark.parametrize(
    ("now", "due_at"),
    [
        ("2026-02-10 12:00", "2026-02-10 12:15"),
        ("2026-02-10 12:14:59", "2026-02-10 12:15"),
        ("2026-02-10 12:15", "2026-02-10 12:30"),
        ("2026-02-17 11:58", "2026-02-17 12:00"),  # after a week off: one
        ("2026-02-10 11:50", "2026-02-10 12:00"),  # an extra one changes nothing
        ("2026-02-03 11:50", "2026-02-03 12:00"),
    ],
)
def test_the_next_one(now: str, due_at: str) -> None:
    assert after_test(NOON, utc(now)) == replace(NOON, due_at=utc(due_at))


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=1)), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_never_at_once_and_never_later_than_an_interval(every: timedelta, now: datetime) -> None:
    moment = now.replace(tzinfo=NOON.due_at.tzinfo)
    after = after_test(replace(NOON, every=every), moment)
    assert moment < after.due_at <= moment + every
    assert not is_test_due(after, moment)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0, False), (23.9, False), (24, True), (-1, True)],  # the clock was set back
)
def test_the_role_is_asked_for_once_a_day_until_it_is_told(hours: float, expected: bool) -> None:
    asked_at = NOON.due_at
    assert is_role_due(NOON, asked_at)
    now = asked_at + timedelta(hours=hours)
    assert is_role_due(role_asked(NOON, asked_at, told=False), now) is expected
    told = role_asked(NOON, asked_at, told=True)
    assert not is_role_due(told, now)
    assert is_role_due(confirmed(told, ANA, "op1"), now)
