"""What is to be done next about the scheduled rotation. Pure.

One step at a time: the caller carries it out, applies what follows from it (`bot/schedule/outcomes.py`), saves that,
and asks again. At one moment only a few steps are due, then comes a `Wait`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.schedule.calendar import office_time
from bot.schedule.overdue import SecretAge, next_notice, notices_due, overdue_since
from bot.schedule.rules import Rotation, Slot

WARNED_BEFORE = timedelta(hours=1)
TOLD_BEFORE = timedelta(hours=1)
"""The failure of a rehearsal is told at least so long before the rotation, or at once."""
SHORT_INTERVAL = 2
"""Days. Below, a whole day before the rotation would be too early for its rehearsal."""


@dataclass(frozen=True)
class Wait:
    """Nothing is due."""

    until: datetime | None
    """After now; None: until the operation has ended, or a person says something."""


@dataclass(frozen=True)
class Anchor:
    """A rotation was proved outside of the schedule: apply `anchored`."""

    proved_at: datetime


@dataclass(frozen=True)
class TellOverdue:
    """Post that the rotation is overdue: then `overdue_told`."""

    since: datetime
    days: int
    """Whole days since then."""


@dataclass(frozen=True)
class Missed:
    """The window ended without a rotation: post it, then `missed`."""

    slot: Slot


@dataclass(frozen=True)
class Rehearse:
    """Run a full test and the proof of the ground: then `rehearsed`."""

    slot: Slot


@dataclass(frozen=True)
class TellFailedRehearsal:
    """Post why the rotation will not start: then `failed_rehearsal_told`."""

    slot: Slot
    failure: str


@dataclass(frozen=True)
class Warn:
    """Post that the rotation is near, and how to postpone it: then `warned`."""

    slot: Slot


@dataclass(frozen=True)
class Rotate:
    """Begin an operation: `began`, and once it has ended `ended`."""

    slot: Slot


NextStep = Wait | Anchor | TellOverdue | Missed | Rehearse | TellFailedRehearsal | Warn | Rotate


def lead(every: int) -> timedelta:
    """How long before a rotation it is rehearsed; `every` in days."""
    return timedelta(hours=1) if every < SHORT_INTERVAL else timedelta(hours=24)


def next_step(rotation: Rotation, known: SecretAge, now: datetime) -> NextStep:
    """The one thing to do now. A `Rotate` is only ever returned inside the window of its slot."""
    since = overdue_since(rotation, known)
    if rotation.operation is None and known.proved_at is not None and known.proved_at > rotation.anchor:
        return Anchor(known.proved_at)
    rests = rotation.operation is not None or rotation.suspended is not None
    if now >= rotation.slot.ends and not rests:
        return Missed(rotation.slot)
    if notices_due(since, now) > rotation.overdue_told:
        return TellOverdue(since, (now - since).days)
    notice = next_notice(since, now)
    if rests:
        return Wait(notice)
    step = _rotating(rotation, now) if rotation.rehearsal.passed_at else _rehearsing(rotation, now)
    if isinstance(step, datetime):
        return Wait(min(step, notice or step))
    return step


def _rehearsing(rotation: Rotation, now: datetime) -> NextStep | datetime:
    """The step that is due, or when there may be one."""
    slot, rehearsal = rotation.slot, rotation.rehearsal
    again = rehearsal.next_at or slot.at - lead(rotation.every)
    if now >= again:
        return Rehearse(slot)
    if not rehearsal.failure or rehearsal.told:
        return min(again, slot.ends)
    tell = office_time(now, rotation.window.zone)
    if tell <= now or tell > slot.at - TOLD_BEFORE:
        return TellFailedRehearsal(slot, rehearsal.failure)
    return min(again, tell, slot.ends)


def _rotating(rotation: Rotation, now: datetime) -> NextStep | datetime:
    """The step that is due, or when there may be one."""
    slot = rotation.slot
    due = rotation.again_at or slot.at
    if slot.begins <= now and due <= now:
        return Rotate(slot)
    # A warning after the drawn moment would leave no time to postpone, and the rotation says itself that it begins.
    if not rotation.warned and not rotation.begun:
        warn = slot.at - WARNED_BEFORE
        return Warn(slot) if now >= warn else warn
    return min(max(due, slot.begins), slot.ends)
