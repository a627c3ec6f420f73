"""When a window begins and ends, across both changes of the clock, and the moment drawn in it. Pure.

All moments are aware and in UTC. A window belongs to the date on which it begins in its own time zone; intervals are
counted in such dates, so a change of the clock shifts nothing by an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.schedule.rules import Freeze, Rotation, Slot, Window

Draw = Callable[[], float]
"""A random number, 0 ≤ x < 1."""

ROOM_FOR_RETRIES = timedelta(minutes=60)
"""A rotation that fails is tried again after 10 and after 40 minutes."""
OFFICE_BEGINS, OFFICE_ENDS = time(9), time(17)
"""Mon–Fri, in the time zone of the window."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_SEARCHED_DAYS = 400


@dataclass(frozen=True)
class Occurrence:
    """A window on one date."""

    day: date
    """The date on which it begins, in the time zone of the window."""
    begins: datetime
    ends: datetime


def moment(day: date, at: time, zone: str) -> datetime:
    """A local time in UTC. The clock skips it (spring): the moment of the change. The clock shows it twice (autumn):
    the first of the two (PEP 495)."""
    first = datetime.combine(day, at.replace(fold=0), ZoneInfo(zone))
    second = first.replace(fold=1)
    skipped = first.utcoffset() < second.utcoffset()  # type: ignore[operator]  # a ZoneInfo knows every offset
    return _change(second.astimezone(UTC), first.astimezone(UTC), zone) if skipped else first.astimezone(UTC)


def _change(before: datetime, after: datetime, zone: str) -> datetime:
    """The first second with the offset of `after`. Zones differ in how much they skip: Lord Howe 30 minutes, Apia once
    a whole day."""
    new = after.astimezone(ZoneInfo(zone)).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after


def local_date(at: datetime, zone: str) -> date:
    """The date there."""
    return at.astimezone(ZoneInfo(zone)).date()


def occurrence(window: Window, day: date) -> Occurrence | None:
    """The window on that date, whatever the weekday; None if the clock skips all of it."""
    begins = moment(day, window.begins, window.zone)
    ends = moment(day if window.ends > window.begins else day + _DAY, window.ends, window.zone)
    return Occurrence(day, begins, ends) if begins < ends else None


def day_of(window: Window, at: datetime) -> date:
    """The date that a moment belongs to: after midnight, inside a window that began before, it is the day before."""
    day = local_date(at, window.zone)
    before = occurrence(window, day - _DAY)
    return before.day if before is not None and before.begins <= at < before.ends else day


def is_frozen(freeze: Freeze | None, window: Occurrence | Slot, zone: str) -> bool:
    """Whether a part of it lies on a frozen day there: a window over midnight has two days, and is not cut."""
    if freeze is None:
        return False
    return local_date(window.begins, zone) <= freeze.last and freeze.first <= local_date(window.ends - _SECOND, zone)


def next_occurrence(
    window: Window,
    since: date,
    ends_after: datetime,
    *,
    freeze: Freeze | None = None,
    begins_from: datetime | None = None,
) -> Occurrence:
    """The first one on an allowed weekday that belongs to `since` or a later date, is not frozen, ends after
    `ends_after`, and does not begin before `begins_from`. ValueError: the window has no weekday."""
    # What ended long ago is not looked at day by day.
    since = max(since, local_date(ends_after, window.zone) - 2 * _DAY)
    for one in _occurrences(window, since, freeze):
        if one.ends > ends_after and (begins_from is None or one.begins >= begins_from):
            return one
    raise ValueError("There is no such window")


def _occurrences(window: Window, since: date, freeze: Freeze | None) -> Iterator[Occurrence]:
    frozen_days = (freeze.last - freeze.first).days + 1 if freeze else 0
    for offset in range(_SEARCHED_DAYS + frozen_days):
        day = since + offset * _DAY
        if day.weekday() in window.weekdays:
            found = occurrence(window, day)
            if found is not None and not is_frozen(freeze, found, window.zone):
                yield found


def drawn(found: Occurrence, now: datetime, draw: Draw) -> Slot:
    """The moment is drawn in whole seconds, from the window's begin (or from now, if it has begun) to its first quarter
    or an hour before its end, whichever is later: so that the retries fit as well."""
    length = found.ends - found.begins
    first = max(found.begins, now.replace(microsecond=0))
    latest = max(found.begins + length / 4, found.ends - ROOM_FOR_RETRIES)
    seconds = int(draw() * max(timedelta(), latest - first).total_seconds())
    return Slot(found.begins, found.ends, first + seconds * _SECOND)


def placed(
    window: Window, since: date, now: datetime, draw: Draw, *, freeze: Freeze | None, lead: timedelta | None = None
) -> tuple[Slot, datetime]:
    """The next rotation on that date or later, and the end of the window that it would have had without the freeze.
    `lead`: how long before it the window may still be chosen; None: until it ends."""
    begins_from = None if lead is None else now + lead
    nominal = next_occurrence(window, since, now, begins_from=begins_from)
    found = next_occurrence(window, nominal.day, now, freeze=freeze, begins_from=begins_from)
    return drawn(found, now, draw), nominal.ends


def next_times(rotation: Rotation, n: int = 3) -> tuple[Slot | Occurrence, ...]:
    """The next rotation, and the windows of those that follow if each happens in its own."""
    found: list[Slot | Occurrence] = [rotation.slot]
    day, ends = day_of(rotation.window, rotation.slot.begins), rotation.slot.ends
    while len(found) < n:
        following = next_occurrence(rotation.window, day + rotation.every * _DAY, ends, freeze=rotation.freeze)
        found.append(following)
        day, ends = following.day, following.ends
    return tuple(found[:n])


def office_time(now: datetime, zone: str) -> datetime:
    """Now, if it is 09:00–17:00 on Mon–Fri there; otherwise when that next begins."""
    local = now.astimezone(ZoneInfo(zone))
    if local.weekday() < 5 and OFFICE_BEGINS <= local.time() < OFFICE_ENDS:
        return now
    day = local.date() if local.time() < OFFICE_BEGINS else local.date() + _DAY
    while day.weekday() >= 5:
        day += _DAY
    return moment(day, OFFICE_BEGINS, zone)
