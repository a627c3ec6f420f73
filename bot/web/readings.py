"""What `/metrics` reads each time it is asked: how old the secret is, and how the schedule and the last test stand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.connection.asking import or_unknown
from bot.connection.receipt import LastRotation
from bot.connection.state import Connection
from bot.connection.unknown import Unknown
from bot.doctor.incident import WatchState
from bot.schedule.overdue import is_secret_overdue
from bot.schedule.rules import Schedule


@dataclass(frozen=True)
class Readings:
    """The state of the workspace. None: not known, and the sample is left out."""

    secret_age: float | None = None
    """Seconds since the secret in use was last proved to work."""
    rotated_at: datetime | None = None
    """The end of the last rotation that succeeded."""
    gap: float | None = None
    """Seconds for which that rotation may have refused sign-ins, at most."""
    overdue: bool | None = None
    """Whether a rotation is overdue; not if nothing is scheduled."""
    suspended: bool | None = None
    """Whether the schedule of rotations is suspended; not if there is none."""
    failing: bool | None = None
    """The last verdict that counts; if it is not known, or there was no test, the state `unknown` is shown."""


NOTHING_KNOWN = Readings()


@dataclass(frozen=True)
class Sources:
    """Where they come from. One that raises a UserError leaves out what follows from it, and nothing else."""

    schedule: Callable[[], Awaitable[Schedule]]
    connection: Callable[[], Awaitable[Connection | None]]
    rotation: Callable[[], Awaitable[LastRotation | None]]
    watch: Callable[[], Awaitable[WatchState]]
    clock: Clock

    async def read(self) -> Readings:
        """All of them, now."""
        connection, schedule = await or_unknown(self.connection()), await or_unknown(self.schedule())
        rotation, watch = await or_unknown(self.rotation()), await or_unknown(self.watch())
        now = self.clock.now()
        last = None if isinstance(rotation, Unknown) else rotation
        unseen = isinstance(connection, Unknown)
        proved_at = None if isinstance(connection, Unknown) or connection is None else connection.proved_at
        return Readings(
            # The wall clock may have been set back since.
            secret_age=None if proved_at is None else max(0.0, (now - proved_at).total_seconds()),
            rotated_at=None if last is None else last.at,
            gap=None if last is None else last.gap,
            overdue=None if unseen or isinstance(schedule, Unknown) else is_secret_overdue(schedule, proved_at, now),
            suspended=None if isinstance(schedule, Unknown) else _suspended(schedule),
            failing=None if isinstance(watch, Unknown) or watch.sight is None else watch.failing,
        )


def _suspended(schedule: Schedule) -> bool:
    return schedule.rotation is not None and schedule.rotation.suspended is not None
