"""The last 30 days of scheduled tests as text, one character a day. Pure.

The days are those of UTC, so that every instance and every reader counts alike. Rocket.Chat makes emoji of `✓` and `✗`,
which differ in width; in inline code they stay characters of one width (facts/rocketchat.md §7).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.text import code

DAYS = 30
"""How many days are kept and shown."""
UNTESTED = "·"
LEGEND = "✓ no check failed, – a failure that was not confirmed, ✗ failed, · not tested"


class DayResult(enum.Enum):
    """The worst result of a day. The value is stored."""

    PASSED = "passed"
    UNCONFIRMED = "unconfirmed"
    """A test failed, and the second look did not."""
    FAILED = "failed"


_WORSE = tuple(DayResult)
_SIGNS = {DayResult.PASSED: "✓", DayResult.UNCONFIRMED: "–", DayResult.FAILED: "✗"}


@dataclass(frozen=True)
class DayOfTests:
    """A day of UTC with at least one test."""

    day: date
    worst: DayResult


def with_result(days: tuple[DayOfTests, ...], at: datetime, result: DayResult) -> tuple[DayOfTests, ...]:
    """The days in order, with one more result; those that are no longer shown are left out."""
    results = {one.day: one.worst for one in days}
    day = at.astimezone(UTC).date()
    results[day] = max(results.get(day, result), result, key=_WORSE.index)
    first = max(results) - timedelta(days=DAYS - 1)
    return tuple(DayOfTests(one, worst) for one, worst in sorted(results.items()) if one >= first)


def strip(days: tuple[DayOfTests, ...], now: datetime) -> str:
    """The strip as inline code, oldest day first, and a second line that explains it."""
    signs = {one.day: _SIGNS[one.worst] for one in days}
    today = now.astimezone(UTC).date()
    shown = "".join(signs.get(today - timedelta(days=ago), UNTESTED) for ago in reversed(range(DAYS)))
    return f"{code(shown)} (the last {DAYS} days in UTC, today at the end)\n{code(LEGEND)}"
