"""Moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from commands.times import ago, utc, when

NOW = datetime(2026, 11, 24, 9, 30, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(hours=-1), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=119), "just now"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(minutes=119, seconds=59), "119 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=47, minutes=59), "47 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)
def test_how_long_ago_in_whole_units(passed: timedelta, said: str) -> None:
    assert ago(NOW - passed, NOW) == said


def test_a_moment_is_shown_in_utc_to_the_minute() -> None:
    madrid = NOW.astimezone(timezone(timedelta(hours=1)))
    assert utc(madrid) == "2026-11-24 09:30 UTC"
    assert when(madrid, NOW + timedelta(days=3)) == "2026-11-24 09:30 UTC (3 days ago)"
