"""What people say to the schedule of rotations, and what becomes of it. Pure.

Each function returns the new row, or raises UserError if that cannot be done. `now` is when it was said, `draw` a
random number, 0 ≤ x < 1.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import UserError
from bot.schedule.calendar import Draw, Occurrence, day_of, drawn, is_frozen, local_date, next_occurrence, placed
from bot.schedule.outcomes import with_slot
from bot.schedule.overdue import SecretAge, is_overdue, overdue_since
from bot.schedule.phrases import MAXIMUM_DAYS
from bot.schedule.rotation import lead
from bot.schedule.rules import MOST_MOVES, Freeze, Rotation, SetBy, Window

MOST_DAYS_POSTPONED = 30

_SHOWN = "`/sso schedule` shows what is scheduled."
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def scheduled(
    every: int,
    window: Window,
    set_by: SetBy,
    known: SecretAge,
    now: datetime,
    draw: Draw,
    previous: Rotation | None = None,
) -> Rotation:
    """A new schedule; `every` in days, from the last proved secret, or from now. The first window leaves room for a
    rehearsal. Of the schedule before, the freeze, an operation that runs, failures, a suspension and how often it was
    moved stay; and that it is overdue, unless the new interval allows more."""
    anchor = known.proved_at or now
    freeze = standing_freeze(previous, now) if previous else None
    target = day_of(window, anchor) + every * _DAY
    slot, nominal_end = placed(window, target, now, draw, freeze=freeze, lead=lead(every))
    late_since = None
    if previous is not None and next_occurrence(window, target, anchor).ends <= now:
        nominal_end, late_since = min(nominal_end, previous.nominal_end), previous.late_since
    rotation = Rotation(every, window, set_by, anchor, slot, nominal_end, late_since, freeze=freeze)
    if previous is None:
        return rotation
    return replace(
        rotation,
        postponed=previous.postponed,
        operation=previous.operation,
        failures=previous.failures,
        suspended=previous.suspended,
        overdue_told=previous.overdue_told if is_overdue(rotation, known, now) else 0,
    )


def skipped(rotation: Rotation, known: SecretAge, now: datetime, draw: Draw) -> Rotation:
    """Leaves out the next rotation: one interval from the date of its window. UserError: see `postponed`."""
    return _moved(rotation, rotation.every, known, now, draw)


def postponed(rotation: Rotation, days: int, known: SecretAge, now: datetime, draw: Draw) -> Rotation:
    """Moves the next rotation by 1 to 30 days, or to the first window after that. UserError: after `MOST_MOVES`, past
    the maximum age, while a rotation runs, or suspended."""
    if not 1 <= days <= MOST_DAYS_POSTPONED:
        raise UserError(
            f"A rotation can be postponed by 1 to {MOST_DAYS_POSTPONED} days.", fix="`/sso schedule postpone 2 days`"
        )
    return _moved(rotation, days, known, now, draw)


def can_be_moved(rotation: Rotation, days: int, known: SecretAge, now: datetime) -> bool:
    """Whether the next rotation may be moved by so many days: what would be refused is not offered."""
    try:
        _moved(rotation, days, known, now, lambda: 0.0)
    except UserError:
        return False
    return True


def standing_freeze(rotation: Rotation, now: datetime) -> Freeze | None:
    """The freeze that is on or still to come."""
    freeze = rotation.freeze
    return freeze if freeze is not None and local_date(now, rotation.window.zone) <= freeze.last else None


def frozen(rotation: Rotation, freeze: Freeze, now: datetime, draw: Draw) -> Rotation:
    """In place of the freeze before, if there is one. UserError: it is over already."""
    changed = replace(rotation, freeze=freeze)
    if standing_freeze(changed, now) is None:
        raise UserError("This freeze is over already.", fix="Give a last day that is to come.")
    return _refrozen(changed, now, draw)


def thawed(rotation: Rotation, now: datetime, draw: Draw) -> Rotation:
    """The freeze ends; a rotation that it moved comes with the next window that leaves room for a rehearsal. UserError:
    nothing is frozen."""
    if standing_freeze(rotation, now) is None:
        raise UserError("Rotations are not frozen.", fix=_SHOWN)
    return _refrozen(replace(rotation, freeze=None), now, draw)


def resumed(rotation: Rotation, now: datetime, draw: Draw) -> Rotation:
    """The suspension ends: the slot stays if its window is still to come, otherwise it is the first window that leaves
    room for a rehearsal. UserError: nothing is suspended."""
    if rotation.suspended is None:
        raise UserError("The schedule of rotations is not suspended.", fix=_SHOWN)
    free = replace(rotation, suspended=None, failures=0)
    if now < rotation.slot.begins and not rotation.begun:
        return free
    window = rotation.window
    since = day_of(window, rotation.slot.begins) + _DAY
    found = next_occurrence(window, since, now, freeze=rotation.freeze, begins_from=now + lead(rotation.every))
    return with_slot(free, drawn(found, now, draw))


def confirmed(rotation: Rotation, set_by: SetBy) -> Rotation:
    """Another administrator stands for the schedule."""
    return replace(rotation, set_by=set_by, role_told=False)


def _moved(rotation: Rotation, days: int, known: SecretAge, now: datetime, draw: Draw) -> Rotation:
    if rotation.operation is not None:
        raise UserError("A rotation is running just now.", fix="Wait for its result, then type the command again.")
    if rotation.suspended is not None:
        raise UserError(
            "The schedule of rotations is suspended, so there is no next rotation.",
            fix="`/sso schedule resume rotate` ends the suspension.",
        )
    if rotation.postponed >= MOST_MOVES:
        raise UserError(
            f"Rotations were already postponed or left out {rotation.postponed} times.",
            why=f"Between two rotations that is possible {MOST_MOVES} times.",
            fix="`/sso rotate` rotates now.",
        )
    day = day_of(rotation.window, rotation.slot.begins) + days * _DAY
    slot, nominal_end = placed(rotation.window, day, now, draw, freeze=rotation.freeze)
    if known.deadline is not None and slot.ends > known.deadline:
        raise UserError(
            f"The next rotation cannot be moved to {_written(slot.begins, rotation)}.",
            why=f"The secret reaches its maximum age of {known.maximum_days} days on "
            f"{_written(known.deadline, rotation)}.",
            fix=f"`/sso rotate` rotates now; {_more(slot.ends, known)}",
        )
    late_since = overdue_since(rotation, known) if is_overdue(rotation, known, now) else None
    return replace(
        with_slot(rotation, slot),
        nominal_end=nominal_end,
        late_since=late_since,
        postponed=rotation.postponed + 1,
        overdue_told=rotation.overdue_told if late_since else 0,
    )


def _refrozen(rotation: Rotation, now: datetime, draw: Draw) -> Rotation:
    """The slot by the freeze that the row has now: later if it is covered, earlier if a former freeze moved it."""
    if rotation.operation is not None and rotation.begun:
        return rotation  # it goes on; what follows from its end looks at the freeze
    window, slot = rotation.window, rotation.slot
    day = day_of(window, slot.begins)
    if slot.ends > rotation.nominal_end:
        found = _after_nominal(rotation, now)
    else:
        found = next_occurrence(window, day, now, freeze=rotation.freeze)
    if is_frozen(rotation.freeze, slot, window.zone) or found.begins < slot.begins:
        return with_slot(rotation, drawn(found, now, draw))
    return rotation


def _after_nominal(rotation: Rotation, now: datetime) -> Occurrence:
    """The window in which it should have happened, or the next one that leaves room for a rehearsal."""
    window = rotation.window
    return next_occurrence(
        window,
        local_date(rotation.nominal_end, window.zone) - _DAY,
        max(now, rotation.nominal_end - _SECOND),
        freeze=rotation.freeze,
        begins_from=now + lead(rotation.every),
    )


def _more(ends: datetime, known: SecretAge) -> str:
    """What allows a rotation that late."""
    days = -((known.proved_at - ends) // _DAY) if known.proved_at else MAXIMUM_DAYS[1] + 1
    if days > MAXIMUM_DAYS[1]:
        return "`/sso schedule off maximum` ends the maximum age."
    return f"`/sso schedule maximum {days} days` allows it."


def _written(at: datetime, rotation: Rotation) -> str:
    day = local_date(at, rotation.window.zone)
    return f"{day.day} {day:%b %Y}"
