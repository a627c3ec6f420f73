"""When the next scheduled test is due. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.schedule.rules import Verification


def is_test_due(verification: Verification, now: datetime) -> bool:
    """Also if it is due later than one interval from now: then the clock was set back, and tests would stop until it
    has caught up."""
    return now >= verification.due_at or verification.due_at - now > verification.every


def after_test(verification: Verification, now: datetime) -> Verification:
    """The next one is the first step of the interval after now, counted from when the last one was due: a week off is
    not made up for, and the minute of the hour stays."""
    steps = (now - verification.due_at) // verification.every + 1
    return replace(verification, due_at=verification.due_at + steps * verification.every)
