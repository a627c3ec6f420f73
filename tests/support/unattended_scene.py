"""A bot at a fixed moment, whose schedule is played by jumps of the clock, and what its report room shows."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.app import Bot
from bot.doctor.incident import WatchState
from bot.schedule.rules import Rotation, Slot
from bot.unattended import Unattended
from sandbox.visitor import Visitor
from tests.support.clocks import ShiftedClock
from tests.support.world import World, world_at

BEGINS = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)
"""When each of these scenes begins; a few seconds into a minute, so that what is shown in minutes is the same in each
run."""
MIDDLE = 0.5
"""What is drawn: each rotation is in the middle of its window."""
PATIENCE = 60.0
"""Seconds for something to happen."""
REPORTS = "sso-reports"
T = TypeVar("T")


@dataclass
class UnattendedScene:
    """Both stand-ins and the bot, on one clock."""

    world: World
    bot: Bot
    clock: ShiftedClock
    reports: Visitor

    @property
    def unattended(self) -> Unattended:
        """What works by itself in this bot."""
        assert self.bot.unattended is not None
        return self.bot.unattended

    def to(self, moment: datetime) -> None:
        """It is that moment now, and the scheduler looks."""
        self.clock.jump(moment)
        self.unattended.waker.wake()

    def later(self, duration: timedelta) -> None:
        """Time has passed."""
        self.to(self.clock.now() + duration)

    async def rotation(self) -> Rotation:
        """The row of the rotations."""
        rotation = (await self.unattended.schedules.get()).rotation
        assert rotation is not None
        return rotation

    async def slot(self) -> Slot:
        """Of the next rotation."""
        return (await self.rotation()).slot

    async def next_slot(self, after: Slot) -> Slot:
        """The slot of the rotation that follows, as soon as this one is over."""

        async def look() -> Slot | None:
            slot = await self.slot()
            return slot if slot != after else None

        found = await _seen(look)
        assert found is not None
        return found

    async def until(self, holds: Callable[[WatchState], object]) -> None:
        """The watch of the tests has come this far, and it is known when the next test is due: that counts from the end
        of this one, and the clock must not jump before."""

        async def look() -> object:
            due = (await self.unattended.schedules.get()).verification
            followed = due is None or due.due_at > self.clock.now()
            return followed and holds(await self.unattended.watcher.state())

        await _seen(look)

    async def fails(self) -> None:
        """The next scheduled test, and the second look at what it saw."""
        self.later(timedelta(minutes=16))
        await self.until(lambda state: state.suspected_at)
        self.later(timedelta(seconds=31))
        await self.until(lambda state: state.failing)

    async def rotations_failed(self, times: int) -> None:
        """So many scheduled rotations have failed, one after the other."""

        async def look() -> bool:
            return (await self.rotation()).failures >= times

        await _seen(look)

    async def room(self) -> list[str]:
        """What the bot has said in the report room, the oldest first."""
        page = await self.reports.call("GET", "groups.history", params={"roomId": self.reports.room_id, "count": "500"})
        messages = sorted(page["messages"], key=lambda message: str(message["ts"]))
        return [str(message["msg"]) for message in messages if not message.get("t")]

    async def heard(self, words: str) -> str:
        """The newest message in the report room that holds these words, as soon as there is one."""

        async def look() -> str:
            return next((text for text in reversed(await self.room()) if words in text), "")

        return await _seen(look)


async def _seen(look: Callable[[], Awaitable[T]]) -> T:
    """What is seen, as soon as it is anything."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def unattended_scene(folder: Path) -> AsyncIterator[UnattendedScene]:
    """The bot, with a report room, and without a connection yet."""
    clock = ShiftedClock()
    clock.jump(BEGINS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.app.Unattended", functools.partial(Unattended, draw=lambda: MIDDLE))
        async with world_at(folder, clock=clock) as world:
            await world.admin.call("POST", "groups.create", json={"name": REPORTS, "members": ["ssobot"]})
            world.play.extra["SSOBOT_REPORT_ROOM"] = REPORTS
            async with world.play.bot(clock) as bot:
                yield UnattendedScene(world, bot, clock, await world.visitor("admin", REPORTS))
