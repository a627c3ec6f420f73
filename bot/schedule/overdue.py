"""Since when a rotation is overdue, and when that is said. Pure.

The age is that of the last secret that was proved to work, never that of a job: a job that ran may have failed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.schedule.rules import MaximumAge, Rotation, Schedule

TOLD_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""A rotation that is overdue is told so often, and no more."""


@dataclass(frozen=True)
class SecretAge:
    """What is known about the secret in use."""

    proved_at: datetime | None = None
    """When it was last proved; None: never."""
    maximum_days: int | None = None
    """The maximum age; None: there is none."""

    @property
    def deadline(self) -> datetime | None:
        """When it reaches its maximum age; None: never, as far as is known."""
        if self.proved_at is None or self.maximum_days is None:
            return None
        return self.proved_at + timedelta(days=self.maximum_days)


def secret_age(schedule: Schedule, proved_at: datetime | None) -> SecretAge:
    """By what is scheduled."""
    return SecretAge(proved_at, schedule.maximum.days if schedule.maximum else None)


def overdue_since(rotation: Rotation, known: SecretAge) -> datetime:
    """When the rotation becomes overdue, or became it: with the end of its window, frozen or not, or at the maximum
    age. Moved after that, it stays overdue."""
    ended = rotation.late_since or rotation.nominal_end
    return min(ended, known.deadline or ended)


def is_overdue(rotation: Rotation, known: SecretAge, now: datetime) -> bool:
    """Whether it should have happened by now; also while it is frozen or suspended."""
    return now >= overdue_since(rotation, known)


def is_secret_overdue(schedule: Schedule, proved_at: datetime | None, now: datetime) -> bool:
    """Whether a rotation is overdue, by the schedule of rotations or by the maximum age alone; not if neither is
    set."""
    known = secret_age(schedule, proved_at)
    if schedule.rotation is not None:
        return is_overdue(schedule.rotation, known, now)
    return known.deadline is not None and now >= known.deadline


def notices_due(since: datetime, now: datetime) -> int:
    """How many of the notices should have been posted by now."""
    return sum(now >= since + after for after in TOLD_AFTER)


def next_notice(since: datetime, now: datetime) -> datetime | None:
    """When the next one is due; None: that was the last."""
    return next((since + after for after in TOLD_AFTER if since + after > now), None)


def maximum_notice(maximum: MaximumAge, proved_at: datetime | None, now: datetime) -> datetime | None:
    """Without a schedule of rotations: since when the secret is too old, if that is to be said now."""
    since = SecretAge(proved_at, maximum.days).deadline
    told = maximum.overdue_told if maximum.proved_at == proved_at else 0
    return since if since is not None and notices_due(since, now) > told else None


def maximum_told(maximum: MaximumAge, proved_at: datetime, now: datetime) -> MaximumAge:
    """The notice was posted; after a week away one stands for all."""
    since = proved_at + timedelta(days=maximum.days)
    return replace(maximum, proved_at=proved_at, overdue_told=notices_due(since, now))
