"""Why an administrator is needed, for a monitor: the heartbeat fails for as long as this says something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.schedule.overdue import is_secret_overdue
from bot.schedule.ports import Examiner, Schedules
from bot.schedule.rules import Schedule

OVERDUE = "A rotation of the client secret is overdue."
SUSPENDED = "Scheduled rotations are suspended after failures in a row."


def attention(schedule: Schedule, proved_at: datetime | None, undecided: str | None, now: datetime) -> str | None:
    """Pure. `undecided`: why the exchange of a secret is not decided, if one is. While a scheduled rotation runs, it is
    not expected to be."""
    rotation = schedule.rotation
    if rotation is not None and rotation.suspended is not None:
        return SUSPENDED
    if is_secret_overdue(schedule, proved_at, now):
        return OVERDUE
    running = rotation is not None and rotation.operation is not None
    return None if undecided is None or running else f"The state of the secret is undecided: {undecided}."


@dataclass(frozen=True)
class Attention:
    """Asks for it. Errors: `bot.errors.UserError`."""

    schedules: Schedules
    examiner: Examiner
    clock: Clock

    async def __call__(self) -> str | None:
        """The reason, without secrets; None: nobody is needed."""
        schedule, proved_at = await self.schedules.get(), await self.examiner.proved_at()
        return attention(schedule, proved_at, await self.examiner.trouble(), self.clock.now())
