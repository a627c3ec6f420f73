"""Builds what works without being asked: the schedule, the watch of its tests, and the clock that wakes both."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.clock import Clock
from bot.schedule.ports import Examiner, Floor, Schedules
from bot.schedule.scheduler import Scheduler
from bot.schedule.waker import ApschedulerWaker
from bot.schedule.watching import Watcher

_log = structlog.get_logger()


def _nobody(_: str) -> None: ...


@dataclass
class Unattended:
    """Runs beside the listening, once there is a chat."""

    schedules: Schedules
    watcher: Watcher
    clock: Clock
    ran: Callable[[], None] = lambda: None
    """Called after each scheduled run."""
    trouble: Callable[[str], None] = _nobody
    """Told of what went wrong with the clock."""
    draw: Callable[[], float] = random.random
    waker: ApschedulerWaker = field(init=False)

    def __post_init__(self) -> None:
        self.waker = ApschedulerWaker(self.clock, self.trouble)

    async def run(self, examiner: Examiner, floor: Floor) -> None:
        """Until cancelled."""
        scheduler = Scheduler(
            schedules=self.schedules,
            watcher=self.watcher,
            examiner=examiner,
            clock=self.clock,
            waker=self.waker,
            ran=self.ran,
            draw=self.draw,
        )
        self.waker.start()
        try:
            await scheduler.run(floor)
        finally:
            self.waker.stop()
