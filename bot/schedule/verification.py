"""When the next scheduled test is due, and when to ask about the role of who set it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.schedule.rules import SetBy, Verification

ROLE_ASKED_EVERY = timedelta(days=1)
"""However often the tests are."""


def is_test_due(verification: Verification, now: datetime) -> bool:
    """Also if it is due later than one interval from now: then the clock was set back, and tests would stop until it
    has caught up."""
    return now >= verification.due_at or verification.due_at - now > verification.every


def after_test(verification: Verification, now: datetime) -> Verification:
    """The next one is the first step of the interval after now, counted from when the last one was due: a week off is
    not made up for, and the minute of the hour stays."""
    steps = (now - verification.due_at) // verification.every + 1
    return replace(verification, due_at=verification.due_at + steps * verification.every)


def is_role_due(verification: Verification, now: datetime) -> bool:
    """Whether to ask if who set it is still an administrator: until it was posted that they are not."""
    if verification.role_told:
        return False
    asked_at = verification.role_asked_at
    return asked_at is None or not timedelta(0) <= now - asked_at < ROLE_ASKED_EVERY


def role_asked(verification: Verification, now: datetime, *, told: bool) -> Verification:
    """It was asked; `told`: it was posted that the role is gone."""
    return replace(verification, role_asked_at=now, role_told=told)


def confirmed(verification: Verification, set_by: SetBy, operation_id: str) -> Verification:
    """Another administrator stands for the schedule."""
    return replace(verification, set_by=set_by, role_asked_at=None, role_told=False, changed_by=operation_id)
