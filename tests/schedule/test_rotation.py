"""What is to be done next. The rotation is planned for Tuesday 10 February at 03:00 in Madrid, between 02:00 and
05:00."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.schedule.outcomes import anchored
from bot.schedule.overdue import SecretAge
from bot.schedule.rotation import (
    Anchor,
    Missed,
    NextStep,
    Rehearse,
    Rotate,
    TellFailedRehearsal,
    TellOverdue,
    Wait,
    Warn,
    next_step,
)
from bot.schedule.rules import Freeze, Rehearsal, Slot, Suspension
from tests.support.schedules import local, middle, rotation, window

SLOT = rotation().slot
NOTHING = SecretAge()
PASSED = Rehearsal(passed_at=local("2026-02-09 03:00"))
FAILED = "Encvoy ID refuses the secret"


def failing(next_at: str, told: bool = False) -> Rehearsal:
    return Rehearsal(next_at=local(next_at), failure=FAILED, told=told)


def at(now: str, known: SecretAge = NOTHING, **fields: Any) -> NextStep:
    """The step at that time in Madrid."""
    return next_step(rotation(**fields), known, local(now))


def until(text: str) -> Wait:
    return Wait(local(text))


@pytest.mark.parametrize(
    ("every", "now", "step"),
    [
        (30, "2026-01-20 12:00", until("2026-02-09 03:00")),
        (30, "2026-02-09 02:59", until("2026-02-09 03:00")),
        (30, "2026-02-09 03:00", Rehearse(SLOT)),
        (30, "2026-02-10 04:59", Rehearse(SLOT)),  # later than that already
        (2, "2026-02-09 03:00", Rehearse(SLOT)),
        (1, "2026-02-10 01:59", until("2026-02-10 02:00")),
        (1, "2026-02-10 02:00", Rehearse(SLOT)),
        (30, "2026-02-10 05:00", Missed(SLOT)),
        (30, "2026-02-20 12:00", Missed(SLOT)),
    ],
)
def test_without_a_rehearsal(every: int, now: str, step: NextStep) -> None:
    assert at(now, every=every, overdue_told=3) == step


@pytest.mark.parametrize(
    ("now", "warned", "step"),
    [
        ("2026-02-10 01:59", False, until("2026-02-10 02:00")),
        ("2026-02-10 02:00", False, Warn(SLOT)),
        ("2026-02-10 02:59", False, Warn(SLOT)),  # at once
        ("2026-02-10 02:00", True, until("2026-02-10 03:00")),
        ("2026-02-10 02:59:59", True, until("2026-02-10 03:00")),
        ("2026-02-10 03:00", True, Rotate(SLOT)),
        ("2026-02-10 03:00", False, Rotate(SLOT)),  # no time is left to postpone it
        ("2026-02-10 04:59:59", True, Rotate(SLOT)),
        ("2026-02-10 05:00", True, Missed(SLOT)),
    ],
)
def test_after_a_rehearsal_that_passed(now: str, warned: bool, step: NextStep) -> None:
    assert at(now, rehearsal=PASSED, warned=warned) == step


@pytest.mark.parametrize(
    ("now", "rehearsal", "step"),
    [
        # Monday. The first attempt was at 03:00, outside of office hours; 09:00 is early enough.
        ("2026-02-09 03:01", failing("2026-02-09 04:01"), until("2026-02-09 04:01")),
        ("2026-02-09 04:01", failing("2026-02-09 04:01"), Rehearse(SLOT)),
        ("2026-02-09 08:30", failing("2026-02-09 09:30"), until("2026-02-09 09:00")),
        ("2026-02-09 09:00", failing("2026-02-09 09:30"), TellFailedRehearsal(SLOT, FAILED)),
        ("2026-02-09 09:00", failing("2026-02-09 09:00"), Rehearse(SLOT)),  # first of all, what is true now
        ("2026-02-09 09:00", failing("2026-02-09 09:30", told=True), until("2026-02-09 09:30")),
        ("2026-02-09 16:59", failing("2026-02-09 17:30"), TellFailedRehearsal(SLOT, FAILED)),
        ("2026-02-09 17:00", failing("2026-02-09 17:30"), TellFailedRehearsal(SLOT, FAILED)),  # Tuesday is too late
        ("2026-02-10 03:30", failing("2026-02-10 04:10"), TellFailedRehearsal(SLOT, FAILED)),
        ("2026-02-10 03:30", failing("2026-02-10 04:10", told=True), until("2026-02-10 04:10")),
        ("2026-02-10 04:30", failing("2026-02-10 05:10", told=True), until("2026-02-10 05:00")),
        ("2026-02-10 05:00", failing("2026-02-10 05:10", told=True), Missed(SLOT)),
    ],
)
def test_after_a_rehearsal_that_failed(now: str, rehearsal: Rehearsal, step: NextStep) -> None:
    assert at(now, rehearsal=rehearsal) == step


@pytest.mark.parametrize(("planned", "is_told"), [("2026-02-09 10:00", False), ("2026-02-09 09:59", True)])
def test_the_failure_waits_for_office_hours_an_hour_before_the_rotation(planned: str, is_told: bool) -> None:
    """On Sunday: at 09:00 on Monday an hour is left, or less."""
    slot = Slot(local("2026-02-09 09:30"), local("2026-02-09 12:00"), local(planned))
    step = at("2026-02-08 12:00", slot=slot, rehearsal=failing("2026-02-08 13:00"))
    assert isinstance(step, TellFailedRehearsal) == is_told


def test_office_hours_are_those_of_the_window() -> None:
    """In New York it is six hours earlier."""
    one = rotation("2026-02-10", window=window(zone="America/New_York"), rehearsal=failing("2026-02-09 16:00"))
    assert next_step(one, NOTHING, local("2026-02-09 14:59")) == until("2026-02-09 15:00")
    assert isinstance(next_step(one, NOTHING, local("2026-02-09 15:00")), TellFailedRehearsal)


@pytest.mark.parametrize(
    ("now", "again_at", "step"),
    [
        ("2026-02-10 03:05", "2026-02-10 03:12", until("2026-02-10 03:12")),
        ("2026-02-10 03:12", "2026-02-10 03:12", Rotate(SLOT)),
        ("2026-02-10 01:00", "2026-02-10 03:12", until("2026-02-10 03:12")),  # the clock was set back
        ("2026-02-10 05:00", "2026-02-10 04:59", Missed(SLOT)),
    ],
)
def test_after_a_failure(now: str, again_at: str, step: NextStep) -> None:
    assert at(now, rehearsal=PASSED, again_at=local(again_at), begun=1, failures=1) == step


@pytest.mark.parametrize("now", ["2026-02-10 01:59", "2026-02-09 03:00", "2020-01-01 00:00"])
def test_nothing_rotates_before_the_window(now: str) -> None:
    """Not even if the row says so, because the clock was ahead when it was written."""
    step = at(now, rehearsal=PASSED, warned=True, begun=1, again_at=local("2026-02-10 01:00"))
    assert step == until("2026-02-10 02:00")


@pytest.mark.parametrize("now", ["2026-02-10 03:01", "2026-02-10 12:00"])
def test_an_operation_that_has_begun_is_waited_for(now: str) -> None:
    assert at(now, rehearsal=PASSED, operation="0a1b2c3d4e5f", begun=1) == until("2026-02-11 05:00")


def test_after_the_last_notice_only_an_event_can_change_anything() -> None:
    assert at("2026-02-20 12:00", operation="0a1b2c3d4e5f", overdue_told=3) == Wait(None)


def test_a_suspended_schedule_only_tells_that_it_is_overdue() -> None:
    suspended = Suspension(local("2026-02-10 04:00"), "refused")
    assert at("2026-02-10 04:10", rehearsal=PASSED, suspended=suspended) == until("2026-02-11 05:00")
    assert at("2026-02-10 06:00", suspended=suspended) == until("2026-02-11 05:00")
    assert isinstance(at("2026-02-11 05:00", suspended=suspended), TellOverdue)


OVERDUE = local("2026-02-10 05:00")


@pytest.mark.parametrize(
    ("now", "told", "step"),
    [
        ("2026-02-11 04:59", 0, until("2026-02-11 05:00")),
        ("2026-02-11 05:00", 0, TellOverdue(OVERDUE, 1)),
        ("2026-02-11 05:00", 1, until("2026-02-13 05:00")),
        ("2026-02-13 05:00", 1, TellOverdue(OVERDUE, 3)),
        ("2026-02-13 05:00", 2, until("2026-02-17 05:00")),
        ("2026-02-17 06:00", 2, TellOverdue(OVERDUE, 7)),
        ("2026-02-17 06:00", 0, TellOverdue(OVERDUE, 7)),  # after a week away: once
        ("2026-02-17 06:00", 3, until("2026-03-10 12:00")),
    ],
)
def test_overdue(now: str, told: int, step: NextStep) -> None:
    """A freeze moved the rotation to 11 March."""
    later = rotation("2026-03-11", window=window("11:00", "14:00")).slot
    freeze = Freeze(date(2026, 2, 9), date(2026, 3, 10), "fair")
    assert at(now, slot=later, freeze=freeze, overdue_told=told) == step


def test_a_secret_that_is_too_old_is_overdue_before_its_rotation() -> None:
    known = SecretAge(local("2026-01-01 03:00"), maximum_days=31)
    assert at("2026-02-02 02:59", known, anchor=local("2026-01-01 03:00")) == until("2026-02-02 03:00")
    step = at("2026-02-02 03:00", known, anchor=local("2026-01-01 03:00"))
    assert step == TellOverdue(local("2026-02-01 03:00"), 1)


def test_what_was_missed_is_said_before_that_it_is_overdue() -> None:
    assert at("2026-02-20 12:00") == Missed(SLOT)


@pytest.mark.parametrize(("operation", "expected"), [(None, Anchor), ("0a1b2c3d4e5f", Wait)])
def test_a_rotation_outside_of_the_schedule_is_noticed(operation: str | None, expected: type) -> None:
    """Also if the bot died before it could say so. What runs just now is not outside."""
    known = SecretAge(local("2026-02-01 12:00"))
    assert isinstance(at("2026-02-01 12:01", known, operation=operation), expected)


@pytest.mark.parametrize("proved", ["2026-02-10 02:30", "2026-02-10 02:59:59", "2026-02-10 03:00"])
def test_a_rotation_by_hand_just_before_the_drawn_moment_restarts_the_interval_first(proved: str) -> None:
    one, known, now = rotation(rehearsal=PASSED, warned=True), SecretAge(local(proved)), local("2026-02-10 03:00")
    assert next_step(one, known, now) == Anchor(local(proved))
    after = anchored(one, local(proved), now, middle)
    assert after.slot == rotation("2026-03-12").slot
    assert isinstance(next_step(after, known, now), Wait)


def test_the_anchor_is_no_news() -> None:
    assert isinstance(at("2026-02-01 12:01", SecretAge(rotation().anchor)), Wait)


def test_in_a_short_interval_rehearsal_and_warning_come_together() -> None:
    assert at("2026-02-10 02:00", every=1) == Rehearse(SLOT)
    assert at("2026-02-10 02:00", every=1, rehearsal=PASSED) == Warn(SLOT)
