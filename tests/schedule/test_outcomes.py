"""What follows from each step. The rotation is planned for Tuesday 10 February, 02:00–05:00 in Madrid, every 30
days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.schedule.outcomes import (
    anchored,
    began,
    ended,
    failed_rehearsal_told,
    missed,
    overdue_told,
    rehearsed,
    role_told,
    warned,
)
from bot.schedule.overdue import SecretAge
from bot.schedule.rules import Freeze, Rehearsal, Rotation, Suspension
from tests.support.schedules import local, middle, rotation, window

ID = "0a1b2c3d4e5f"
PASSED = Rehearsal(passed_at=local("2026-02-09 03:00"))
RUNNING = rotation(rehearsal=PASSED, warned=True, operation=ID, begun=1)
WHY = "Encvoy ID refuses the secret"


def failed(now: str, one: Rotation = RUNNING) -> Rotation:
    return ended(one, False, WHY, local(now), middle)


def succeeded(now: str, one: Rotation = RUNNING) -> Rotation:
    return ended(one, True, "", local(now), middle)


def test_a_rehearsal_that_failed_is_repeated_after_an_hour() -> None:
    one = rotation()
    after = rehearsed(one, one.slot, WHY, local("2026-02-09 03:01"))
    assert after == replace(one, rehearsal=Rehearsal(next_at=local("2026-02-09 04:01"), failure=WHY))


def test_a_rehearsal_that_fails_again_is_not_told_again() -> None:
    one = failed_rehearsal_told(rotation(rehearsal=Rehearsal(failure="another", next_at=local("2026-02-09 04:01"))))
    assert rehearsed(one, one.slot, WHY, local("2026-02-09 04:02")).rehearsal.told


def test_a_failure_without_a_reason_is_a_failure() -> None:
    one = rotation()
    assert rehearsed(one, one.slot, "", local("2026-02-09 03:01")).rehearsal.failure == "no reason was given"


def test_a_rehearsal_that_passed() -> None:
    one = rotation(rehearsal=Rehearsal(failure=WHY, next_at=local("2026-02-09 04:01"), told=True))
    after = rehearsed(one, one.slot, None, local("2026-02-09 04:02")).rehearsal
    assert after == Rehearsal(passed_at=local("2026-02-09 04:02"), failure=WHY, told=True)


@pytest.mark.parametrize("failure", [None, WHY])
def test_a_rehearsal_counts_for_its_own_slot(failure: str | None) -> None:
    one = rotation("2026-02-12")
    assert rehearsed(one, rotation("2026-02-10").slot, failure, local("2026-02-09 03:01")) == one


def test_what_was_told() -> None:
    assert warned(rotation()) == rotation(warned=True)
    assert role_told(rotation()) == rotation(role_told=True)
    assert failed_rehearsal_told(rotation()) == rotation(rehearsal=Rehearsal(told=True))


@pytest.mark.parametrize(
    ("now", "expected"), [("2026-02-11 05:00", 1), ("2026-02-13 05:01", 2), ("2026-03-01 05:00", 3)]
)
def test_one_notice_stands_for_all_that_were_due(now: str, expected: int) -> None:
    assert overdue_told(rotation(), SecretAge(), local(now)).overdue_told == expected


def test_an_operation_begins() -> None:
    one = rotation(begun=1, again_at=local("2026-02-10 03:12"))
    assert began(one, ID) == rotation(begun=2, operation=ID)


def test_after_a_success_the_interval_counts_from_the_proof() -> None:
    after = ended(RUNNING, True, "", local("2026-02-10 03:05"), middle, local("2026-02-10 03:04"))
    assert after == rotation("2026-03-12", anchor=local("2026-02-10 03:04"))


def test_a_success_resets_everything() -> None:
    one = replace(RUNNING, failures=2, postponed=3, overdue_told=2, again_at=local("2026-02-10 04:00"))
    assert succeeded("2026-02-10 03:05", one) == rotation("2026-03-12", anchor=local("2026-02-10 03:05"))


def test_an_operation_that_ends_with_success_a_week_later() -> None:
    """It was interrupted, and finished at the start."""
    assert succeeded("2026-02-17 12:00").slot == rotation("2026-03-19").slot


@pytest.mark.parametrize(
    ("now", "begun", "again_at"),
    [
        ("2026-02-10 03:02", 1, "2026-02-10 03:12"),
        ("2026-02-10 03:14", 2, "2026-02-10 03:54"),
        ("2026-02-10 04:49", 1, "2026-02-10 04:59"),
    ],
)
def test_a_failure_is_tried_again_in_the_window(now: str, begun: int, again_at: str) -> None:
    one = replace(RUNNING, begun=begun)
    assert failed(now, one) == replace(one, operation=None, failures=1, again_at=local(again_at))


@pytest.mark.parametrize(
    ("now", "begun", "day"),
    [
        ("2026-02-10 04:50", 1, "2026-02-11"),
        ("2026-02-10 04:20", 2, "2026-02-11"),
        ("2026-02-10 09:00", 1, "2026-02-11"),
        ("2026-02-12 09:00", 1, "2026-02-13"),  # it ended after a start two days later
        ("2026-02-09 09:00", 1, "2026-02-11"),  # the clock was set back
    ],
)
def test_otherwise_in_the_next_window(now: str, begun: int, day: str) -> None:
    """With a rehearsal and a warning of its own, and overdue since its own window."""
    after = failed(now, replace(RUNNING, begun=begun))
    assert after == rotation(day, anchor=RUNNING.anchor, nominal_end=RUNNING.nominal_end, failures=1)


def test_a_freeze_that_was_set_while_it_ran_holds_back_the_next_attempt() -> None:
    freeze = Freeze(date(2026, 2, 10), date(2026, 2, 20), "fair")
    assert failed("2026-02-10 03:02", replace(RUNNING, freeze=freeze)).slot == rotation("2026-02-21").slot


def test_a_freeze_of_the_next_day_holds_back_an_attempt_after_midnight() -> None:
    freeze = Freeze(date(2026, 2, 11), date(2026, 2, 20), "fair")
    night = window("22:00", "04:00")
    one = rotation(window=night, freeze=freeze, rehearsal=PASSED, operation=ID, begun=1)
    assert failed("2026-02-10 22:30", one).slot == rotation("2026-02-21", window=night).slot


def test_the_third_failure_in_a_row_suspends() -> None:
    after = failed("2026-02-10 03:56", replace(RUNNING, begun=3, failures=2))
    assert after.suspended == Suspension(local("2026-02-10 03:56"), WHY)
    assert (after.failures, after.operation, after.again_at) == (3, None, None)


def test_failures_are_counted_over_windows() -> None:
    one = failed("2026-02-10 04:55")
    one = failed("2026-02-11 04:55", began(one, ID))
    assert one.suspended is None
    assert failed("2026-02-12 03:01", began(one, ID)).suspended


def test_a_failure_of_an_operation_for_another_slot_changes_nothing() -> None:
    """While it ran, a rotation outside of the schedule was proved."""
    one = anchored(RUNNING, local("2026-02-10 03:01"), local("2026-02-10 03:01"), middle)
    assert one.operation == ID
    assert failed("2026-02-10 03:02", one) == replace(one, operation=None)


def test_a_rotation_outside_of_the_schedule_restarts_the_interval() -> None:
    one = rotation(
        suspended=Suspension(local("2026-02-01 03:00"), WHY),
        failures=3,
        postponed=2,
        overdue_told=1,
        again_at=local("2026-02-10 04:00"),
        warned=True,
        rehearsal=PASSED,
    )
    after = anchored(one, local("2026-02-03 15:00"), local("2026-02-03 15:01"), middle)
    assert after == rotation("2026-03-05", anchor=local("2026-02-03 15:00"))


def test_a_rotation_after_midnight_counts_from_the_day_of_its_window() -> None:
    one = rotation("2026-02-10", every=1, window=window("23:00", "04:00"))
    assert anchored(one, local("2026-02-11 01:00"), local("2026-02-11 01:00"), middle).slot.begins == local(
        "2026-02-11 23:00"
    )


@pytest.mark.parametrize(
    ("now", "day", "planned"),
    [
        ("2026-02-10 05:00", "2026-02-11", "03:00"),
        ("2026-02-17 12:00", "2026-02-18", "03:00"),
        ("2026-02-17 03:30", "2026-02-17", "03:45"),  # in the rest of a window that has begun
        ("2026-02-09 05:00", "2026-02-11", "03:00"),  # the clock was set back
    ],
)
def test_what_was_missed_comes_in_the_next_window(now: str, day: str, planned: str) -> None:
    one = rotation(rehearsal=PASSED, warned=True, postponed=2)
    after = missed(one, local(now), middle)
    assert after.slot == replace(rotation(day).slot, at=local(f"{day} {planned}"))
    assert (after.rehearsal, after.warned, after.postponed) == (Rehearsal(), False, 2)
    assert (after.nominal_end, after.anchor) == (one.nominal_end, one.anchor)
