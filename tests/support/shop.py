"""The scheduler with everything in memory, on an injected clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.verdict import Verdict
from bot.schedule.ports import Floor
from bot.schedule.scheduler import Scheduler
from bot.schedule.watching import Watcher
from tests.support.clocks import SteppedClock
from tests.support.schedules import rotation
from tests.support.unattended import (
    MemoryExaminer,
    MemoryOperating,
    MemoryRoles,
    MemoryRoom,
    MemorySchedules,
    MemoryWatch,
    SleepingWaker,
)

PASSED = Verdict((Finding("Encvoy ID answers", Result(CheckState.PASSED, "it does")),))
BROKEN = Verdict((Finding("Encvoy ID answers", Result(CheckState.FAILED, "it does not", "It is off.", "Turn it on.")),))
HOUR = 3600.0
DAY = 24 * HOUR


@dataclass
class Shop:
    """A scheduler with everything in memory."""

    clock: SteppedClock = field(default_factory=SteppedClock)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)
    watch: MemoryWatch = field(default_factory=MemoryWatch)
    examiner: MemoryExaminer = field(default_factory=lambda: MemoryExaminer(PASSED))
    roles: MemoryRoles = field(default_factory=MemoryRoles)
    ran: int = 0

    def __post_init__(self) -> None:
        self.room = MemoryRoom(self.clock)
        self.operating = MemoryOperating(clock=self.clock, succeeded=self._proved)
        self.watcher = Watcher(self.watch, self.clock)

    def _proved(self) -> None:
        self.examiner.proved = self.clock.now()

    def _count(self) -> None:
        self.ran += 1

    def start(self) -> asyncio.Task[None]:
        """Another start with the same rows and the same chat."""
        self.watcher = Watcher(self.watch, self.clock)
        scheduler = Scheduler(
            schedules=self.schedules,
            watcher=self.watcher,
            examiner=self.examiner,
            clock=self.clock,
            waker=SleepingWaker(self.clock),
            ran=self._count,
            draw=lambda: 0.5,
        )
        return asyncio.create_task(scheduler.run(Floor(self.operating, self.room, self.roles)))

    def rotates_in(self, hours: float, every: int = 30) -> None:
        """The next rotation is so far away, in the middle of a window of three hours."""
        found = rotation(every=every)
        by = self.clock.now() + timedelta(hours=hours) - found.slot.at
        slot = replace(found.slot, begins=found.slot.begins + by, ends=found.slot.ends + by, at=found.slot.at + by)
        moved = replace(found, slot=slot, nominal_end=slot.ends, anchor=found.anchor + by)
        self.schedules.kept = replace(self.schedules.kept, rotation=moved)
        self.examiner.proved = moved.anchor

    @property
    def heard(self) -> list[str]:
        """The first line of each message."""
        return [text.partition("\n")[0] for _, text in self.room.said]


async def go(shop: Shop, seconds: float) -> None:
    task = shop.start()
    await shop.clock.advance(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
