"""When the next scheduled test is due. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.schedule.rules import Testing


def is_test_due(testing: Testing, now: datetime) -> bool:
    """Also if it is due later than one interval from now: then the clock was set back, and tests would stop until it
    has caught up."""
    return now >= testing.due_at or testing.due_at - now > testing.every


def after_test(testing: Testing, now: datetime) -> Testing:
    """The next one is the first step of the interval after now, counted from when the last one was due: a week off is
    not made up for, and the minute of the hour stays."""
    steps = (now - testing.due_at) // testing.every + 1
    return replace(testing, due_at=testing.due_at + steps * testing.every)
