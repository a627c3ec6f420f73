"""What people say to the schedule. The rotation is planned for Tuesday 10 February, 02:00–05:00 in Madrid, every 30
days; people speak on Tuesday 3 February at noon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest

from bot.errors import UserError
from bot.schedule.adjustments import (
    confirmed,
    frozen,
    postponed,
    resumed,
    scheduled,
    skipped,
    standing_freeze,
    thawed,
)
from bot.schedule.outcomes import anchored
from bot.schedule.overdue import SecretAge, is_overdue, overdue_since
from bot.schedule.rules import Freeze, Rehearsal, Rotation, SetBy, Suspension
from tests.support.schedules import ANA, NIGHT, local, middle, rotation, window

NOW = local("2026-02-03 12:00")
NOTHING = SecretAge()
PASSED = Rehearsal(passed_at=local("2026-02-02 03:00"))
BEN = SetBy("u-ben", "ben", NOW)
SUSPENDED = Suspension(local("2026-02-01 04:00"), "refused")
FAIR = Freeze(date(2026, 2, 9), date(2026, 2, 20), "fair")


Moved = Callable[[Rotation, SecretAge], Rotation]


def by_two_days(one: Rotation, known: SecretAge) -> Rotation:
    return postponed(one, 2, known, NOW, middle)


def by_an_interval(one: Rotation, known: SecretAge) -> Rotation:
    return skipped(one, known, NOW, middle)


def new(every: int, proved_at: str | None, previous: Rotation | None = None, now: datetime = NOW) -> Rotation:
    known = SecretAge(local(proved_at) if proved_at else None)
    return scheduled(every, NIGHT, ANA, known, now, middle, previous)


@pytest.mark.parametrize(
    ("every", "proved_at", "day"),
    [
        (30, None, "2026-03-05"),  # from now
        (30, "2026-01-20 15:00", "2026-02-19"),
        (90, "2025-01-01 15:00", "2026-02-05"),  # past: a day is left for the rehearsal
        (30, "2026-01-05 15:00", "2026-02-05"),  # tomorrow would leave 14 hours
        (1, None, "2026-02-04"),
        (365, None, "2027-02-03"),
    ],
)
def test_a_new_schedule(every: int, proved_at: str | None, day: str) -> None:
    anchor = local(proved_at) if proved_at else NOW
    assert new(every, proved_at) == rotation(day, every, anchor=anchor)


def test_a_new_schedule_keeps_what_is_not_its_own() -> None:
    before = rotation(
        freeze=FAIR, operation="0a1b2c3d4e5f", begun=1, failures=2, suspended=SUSPENDED, postponed=3, role_told=True
    )
    after = new(30, "2026-01-12 15:00", before)
    assert after == rotation(
        "2026-02-21",
        anchor=local("2026-01-12 15:00"),
        nominal_end=local("2026-02-11 05:00"),
        freeze=FAIR,
        operation="0a1b2c3d4e5f",
        failures=2,
        suspended=SUSPENDED,
        postponed=3,
    )


@pytest.mark.parametrize(("every", "since"), [(30, "2026-01-31 05:00"), (60, "2026-03-02 05:00")])
def test_the_same_schedule_again_stays_overdue_and_a_longer_one_is_in_time(every: int, since: str) -> None:
    """It was due on 31 January, and missed."""
    before = rotation("2026-02-04", nominal_end=local("2026-01-31 05:00"), overdue_told=2, postponed=2)
    known = SecretAge(local("2026-01-01 03:00"))
    after = scheduled(every, NIGHT, ANA, known, NOW, middle, before)
    assert overdue_since(after, known) == local(since)
    assert (after.overdue_told, after.postponed) == (2 if every == 30 else 0, 2)


def test_a_new_schedule_forgets_a_freeze_that_is_over() -> None:
    assert new(30, None, rotation(freeze=FAIR), local("2026-02-21 00:00")).freeze is None


@pytest.mark.parametrize(("days", "expected"), [(10, 2), (None, 0)])
def test_notices_are_not_repeated_by_a_new_schedule(days: int | None, expected: int) -> None:
    known = SecretAge(local("2026-01-01 03:00"), days)
    assert scheduled(30, NIGHT, ANA, known, NOW, middle, rotation(overdue_told=2)).overdue_told == expected


def test_skip_leaves_out_one_interval() -> None:
    one = rotation(rehearsal=PASSED, warned=True, postponed=2, failures=1)
    assert skipped(one, NOTHING, NOW, middle) == rotation("2026-03-12", anchor=one.anchor, postponed=3, failures=1)


def test_postpone_moves_it_to_the_first_window_from_then_on() -> None:
    one = rotation(window=window(weekdays=range(5)), rehearsal=PASSED, warned=True)
    after = postponed(one, 4, NOTHING, NOW, middle)  # Saturday
    assert after == rotation("2026-02-16", window=one.window, anchor=one.anchor, postponed=1)


def test_postpone_into_a_freeze() -> None:
    after = postponed(rotation("2026-02-08", freeze=FAIR), 2, NOTHING, NOW, middle)
    assert (after.slot, after.nominal_end) == (rotation("2026-02-21").slot, local("2026-02-10 05:00"))


@pytest.mark.parametrize("moves", list(product([by_two_days, by_an_interval], repeat=3)))
def test_it_is_postponed_or_left_out_three_times_at_most_until_one_succeeded(moves: tuple[Moved, ...]) -> None:
    one = rotation()
    for move in moves:
        one = move(one, NOTHING)
    for move in (by_two_days, by_an_interval):
        with pytest.raises(UserError, match="already postponed or left out 3 times"):
            move(one, NOTHING)
        assert move(anchored(one, NOW, NOW, middle), NOTHING).postponed == 1


@pytest.mark.parametrize("days", [0, 31])
def test_how_far_it_is_postponed(days: int) -> None:
    with pytest.raises(UserError, match="1 to 30 days"):
        postponed(rotation(), days, NOTHING, NOW, middle)


@pytest.mark.parametrize("move", [by_two_days, by_an_interval])
def test_what_is_overdue_stays_overdue_wherever_it_is_moved(move: Moved) -> None:
    """Its window was missed, and notices were posted. The secret is as old as before."""
    one = rotation("2026-02-04", nominal_end=local("2026-01-10 05:00"), overdue_told=2)
    for _ in range(2):
        one = move(one, NOTHING)
        assert (overdue_since(one, NOTHING), one.overdue_told) == (local("2026-01-10 05:00"), 2)
        assert is_overdue(one, NOTHING, NOW)
    assert not is_overdue(anchored(one, NOW, NOW, middle), NOTHING, NOW)


@pytest.mark.parametrize("move", [by_two_days, by_an_interval])
def test_what_is_not_overdue_yet_is_expected_later(move: Moved) -> None:
    after = move(rotation(), NOTHING)
    assert overdue_since(after, NOTHING) == after.slot.ends


def test_a_freeze_elsewhere_does_not_bring_back_what_was_postponed_too_late() -> None:
    one = by_two_days(rotation("2026-02-04", nominal_end=local("2026-01-10 05:00")), NOTHING)
    assert frozen(one, FAIR, NOW, middle).slot == one.slot


@pytest.mark.parametrize(
    ("move", "proved_at", "moved", "deadline", "enough"),
    [
        (by_two_days, "2026-01-13 04:59", "12 Feb 2026", "12 Feb 2026", 31),
        (by_an_interval, "2026-01-13 05:00", "12 Mar 2026", "12 Feb 2026", 58),
    ],
)
def test_not_past_the_maximum_age(move: Moved, proved_at: str, moved: str, deadline: str, enough: int) -> None:
    """What is offered is enough, and not more."""
    with pytest.raises(UserError) as refused:
        move(rotation(), SecretAge(local(proved_at), 30))
    assert refused.value.what == f"The next rotation cannot be moved to {moved}."
    assert refused.value.why == f"The secret reaches its maximum age of 30 days on {deadline}."
    assert f"`/sso schedule maximum {enough} days` allows it" in refused.value.fix
    assert move(rotation(), SecretAge(local(proved_at), enough))
    with pytest.raises(UserError):
        move(rotation(), SecretAge(local(proved_at), enough - 1))


def test_where_no_maximum_age_is_enough_its_end_is_offered() -> None:
    one = rotation("2026-02-10", every=365)
    with pytest.raises(UserError) as refused:
        by_an_interval(one, SecretAge(one.anchor, 366))
    assert refused.value.fix.endswith("`/sso schedule off maximum` ends the maximum age.")


def test_up_to_the_maximum_age() -> None:
    assert by_two_days(rotation(), SecretAge(local("2026-01-13 05:00"), 30)).slot == rotation("2026-02-12").slot


@pytest.mark.parametrize("move", [by_two_days, by_an_interval])
@pytest.mark.parametrize(
    ("fields", "why"), [({"operation": "0a1b2c3d4e5f"}, "running"), ({"suspended": SUSPENDED}, "suspended")]
)
def test_what_runs_or_is_suspended_is_not_moved(move: Moved, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(UserError, match=why) as refused:
        move(rotation(**fields), NOTHING)
    assert refused.value.fix


@pytest.mark.parametrize(
    ("first", "last", "day"),
    [
        ("2026-02-09", "2026-02-20", "2026-02-21"),
        ("2026-02-10", "2026-02-10", "2026-02-11"),
        ("2026-02-11", "2026-02-20", "2026-02-10"),
        ("2026-02-01", "2026-02-09", "2026-02-10"),
    ],
)
def test_a_freeze_moves_what_it_covers(first: str, last: str, day: str) -> None:
    freeze = Freeze(date.fromisoformat(first), date.fromisoformat(last), "fair")
    one = rotation(rehearsal=PASSED, warned=True)
    after = frozen(one, freeze, NOW, middle)
    assert after.slot == rotation(day).slot
    assert (after.freeze, after.nominal_end) == (freeze, one.nominal_end)
    assert after.warned == (after.slot == one.slot)  # the warning and the rehearsal were for that slot
    assert (after.rehearsal == PASSED) == (after.slot == one.slot)


@pytest.mark.parametrize(
    ("first", "last", "day"),
    [
        ("2026-02-12", "2026-02-20", "2026-02-10"),
        ("2026-02-11", "2026-02-20", "2026-02-21"),  # the window of the 10th ends on the 11th
        ("2026-02-01", "2026-02-10", "2026-02-11"),
        ("2026-02-01", "2026-02-09", "2026-02-10"),
    ],
)
def test_a_freeze_covers_a_window_over_midnight(first: str, last: str, day: str) -> None:
    over_midnight = window("22:00", "04:00")
    freeze = Freeze(date.fromisoformat(first), date.fromisoformat(last), "fair")
    after = frozen(rotation(window=over_midnight), freeze, NOW, middle)
    assert after.slot == rotation(day, window=over_midnight).slot


def test_a_freeze_waits_for_an_operation_that_runs() -> None:
    one = rotation(operation="0a1b2c3d4e5f", begun=1)
    assert frozen(one, FAIR, NOW, middle) == replace(one, freeze=FAIR)


def test_an_operation_for_another_slot_does_not_hold_back_a_freeze() -> None:
    """While it ran, a rotation outside of the schedule was proved."""
    assert frozen(rotation(operation="0a1b2c3d4e5f"), FAIR, NOW, middle).slot == rotation("2026-02-21").slot


def test_a_freeze_that_is_over_is_refused() -> None:
    with pytest.raises(UserError, match="over already"):
        frozen(rotation(), FAIR, local("2026-02-21 00:00"), middle)
    assert frozen(rotation("2026-03-01"), FAIR, local("2026-02-20 23:59"), middle).freeze == FAIR


def test_a_freeze_in_place_of_another_one() -> None:
    """The rotation of the 10th was moved to the 21st; the 15th is free now."""
    before = frozen(rotation(), FAIR, NOW, middle)
    shorter = Freeze(date(2026, 2, 9), date(2026, 2, 14), "fair")
    assert frozen(before, shorter, NOW, middle) == rotation(
        "2026-02-15", nominal_end=before.nominal_end, freeze=shorter, anchor=before.anchor
    )
    longer = Freeze(date(2026, 2, 9), date(2026, 2, 28), "fair")
    assert frozen(before, longer, NOW, middle).slot == rotation("2026-03-01").slot


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-02-05 12:00", "2026-02-10"),  # in time for its own window
        ("2026-02-09 03:00", "2026-02-11"),  # a day is left for the rehearsal
        ("2026-02-15 12:00", "2026-02-17"),
        ("2026-02-20 12:00", "2026-02-21"),  # already the next one
    ],
)
def test_the_end_of_a_freeze_brings_back_what_it_moved(now: str, day: str) -> None:
    before = frozen(rotation(), FAIR, NOW, middle)
    after = thawed(before, local(now), middle)
    assert (after.slot, after.freeze, after.nominal_end) == (rotation(day).slot, None, before.nominal_end)


def test_the_end_of_a_freeze_that_moved_nothing() -> None:
    one = rotation("2026-03-12", rehearsal=PASSED, freeze=FAIR)
    assert thawed(one, NOW, middle) == replace(one, freeze=None)


@pytest.mark.parametrize("freeze", [None, Freeze(date(2026, 1, 1), date(2026, 2, 2), "fair")])
def test_nothing_is_frozen(freeze: Freeze | None) -> None:
    assert standing_freeze(rotation(freeze=freeze), NOW) is None
    with pytest.raises(UserError, match="not frozen"):
        thawed(rotation(freeze=freeze), NOW, middle)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-02-10 04:30", "2026-02-12"),  # the 11th would leave less than a day
        ("2026-02-11 02:00", "2026-02-12"),
        ("2026-02-13 12:00", "2026-02-15"),
    ],
)
def test_resume_uses_the_next_window_that_leaves_room_for_a_rehearsal(now: str, day: str) -> None:
    one = rotation(suspended=SUSPENDED, failures=3, begun=3, rehearsal=PASSED, warned=True)
    assert resumed(one, local(now), middle) == rotation(day, anchor=one.anchor, nominal_end=one.nominal_end)


@pytest.mark.parametrize("every", [1, 7, 90])
@pytest.mark.parametrize("now", ["2026-02-03 12:00", "2026-02-09 23:00", "2026-02-10 01:59"])
def test_resume_keeps_a_slot_that_is_still_to_come(every: int, now: str) -> None:
    """The schedule was typed again while it was suspended."""
    one = rotation(every=every, window=window(weekdays=[1]), suspended=SUSPENDED, failures=3)
    assert resumed(one, local(now), middle) == replace(one, suspended=None, failures=0)


def test_resume_does_not_rotate_in_a_freeze() -> None:
    one = rotation(suspended=SUSPENDED, failures=3, freeze=FAIR)
    assert resumed(one, local("2026-02-13 12:00"), middle).slot == rotation("2026-02-21").slot


def test_what_is_not_suspended_is_not_resumed() -> None:
    with pytest.raises(UserError, match="not suspended"):
        resumed(rotation(), NOW, middle)


def test_another_administrator_confirms() -> None:
    assert confirmed(rotation(role_told=True), BEN) == rotation(set_by=BEN)
