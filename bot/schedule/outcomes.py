"""What follows from the steps of the scheduled rotation, and from what came of them. Pure.

Each function returns the new row. `now` is when it came, `draw` a random number, 0 ≤ x < 1.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.schedule.calendar import Draw, day_of, drawn, is_frozen, next_occurrence, placed
from bot.schedule.overdue import SecretAge, notices_due, overdue_since
from bot.schedule.rules import Rehearsal, Rotation, Slot, Suspension

REHEARSED_AGAIN = timedelta(hours=1)
TRIED_AGAIN = (timedelta(minutes=10), timedelta(minutes=40))
"""After the first and after the second failure in a window."""
SUSPENDED_AFTER = 3
"""Failures in a row."""


def with_slot(rotation: Rotation, slot: Slot) -> Rotation:
    """For a new window everything begins anew, the rehearsal too; failures in a row are counted over windows."""
    return replace(rotation, slot=slot, rehearsal=Rehearsal(), warned=False, begun=0, again_at=None)


def rehearsed(rotation: Rotation, slot: Slot, failure: str | None, now: datetime) -> Rotation:
    """`failure`: why it failed; None: it passed. It counts for the slot that it was made for: a person may have moved
    the rotation while it ran."""
    if rotation.slot != slot:
        return rotation
    if failure is None:
        return replace(rotation, rehearsal=replace(rotation.rehearsal, passed_at=now, next_at=None))
    failed = replace(rotation.rehearsal, failure=failure or "no reason was given", next_at=now + REHEARSED_AGAIN)
    return replace(rotation, rehearsal=failed)


def failed_rehearsal_told(rotation: Rotation) -> Rotation:
    """It was posted that the rehearsal fails."""
    return replace(rotation, rehearsal=replace(rotation.rehearsal, told=True))


def warned(rotation: Rotation) -> Rotation:
    """It was posted that the rotation is near."""
    return replace(rotation, warned=True)


def overdue_told(rotation: Rotation, known: SecretAge, now: datetime) -> Rotation:
    """It was posted that the rotation is overdue. After a week away one notice stands for all that were due."""
    return replace(rotation, overdue_told=notices_due(overdue_since(rotation, known), now))


def role_told(rotation: Rotation) -> Rotation:
    """It was posted that who set the schedule is no administrator any more."""
    return replace(rotation, role_told=True)


def began(rotation: Rotation, operation_id: str) -> Rotation:
    """An operation was begun for this slot."""
    return replace(rotation, operation=operation_id, begun=rotation.begun + 1, again_at=None)


def ended(
    rotation: Rotation, succeeded: bool, reason: str, now: datetime, draw: Draw, proved_at: datetime | None = None
) -> Rotation:
    """The operation has ended, by itself or at the next start. `reason`: why it failed. `proved_at`: when the new
    secret was proved; None: now.

    A failure is tried again inside the window, else in the next one; the third in a row suspends the schedule.
    """
    if succeeded:
        return anchored(replace(rotation, operation=None), proved_at or now, now, draw)
    begun, rotation = rotation.begun, replace(rotation, operation=None)
    if not begun:
        return rotation  # the slot is another one by now, and has its own attempts
    rotation = replace(rotation, failures=rotation.failures + 1)
    if rotation.failures >= SUSPENDED_AFTER:
        return replace(rotation, suspended=Suspension(now, reason))
    again_at = now + TRIED_AGAIN[min(begun, len(TRIED_AGAIN)) - 1]
    is_inside = rotation.slot.begins <= again_at < rotation.slot.ends
    if is_inside and not is_frozen(rotation.freeze, rotation.slot, rotation.window.zone):
        return replace(rotation, again_at=again_at)
    return in_next_window(rotation, now, draw)


def missed(rotation: Rotation, now: datetime, draw: Draw) -> Rotation:
    """It was posted that the window ended without a rotation: the next window, not a whole interval later."""
    return in_next_window(rotation, now, draw)


def anchored(rotation: Rotation, proved_at: datetime, now: datetime, draw: Draw) -> Rotation:
    """A rotation was proved, by the schedule or outside of it: the interval counts from there, and failures and a
    suspension are over."""
    target = day_of(rotation.window, proved_at) + timedelta(days=rotation.every)
    slot, nominal_end = placed(rotation.window, target, now, draw, freeze=rotation.freeze)
    return replace(
        with_slot(rotation, slot),
        anchor=proved_at,
        nominal_end=nominal_end,
        late_since=None,
        postponed=0,
        failures=0,
        suspended=None,
        overdue_told=0,
    )


def in_next_window(rotation: Rotation, now: datetime, draw: Draw) -> Rotation:
    """The same rotation, one window later. `nominal_end` stays: what is overdue was due before."""
    day = day_of(rotation.window, rotation.slot.begins) + timedelta(days=1)
    return with_slot(rotation, drawn(next_occurrence(rotation.window, day, now, freeze=rotation.freeze), now, draw))
