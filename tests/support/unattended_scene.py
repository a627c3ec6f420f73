"""A bot at a fixed moment, whose schedule is played by jumps of the clock, and what its rooms show."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Bot
from bot.schedule.rules import Rotation, Slot
from bot.unattended import Unattended
from tests.support.clocks import ShiftedClock
from tests.support.world import World, world_at

BEGINS = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)
"""When each of these scenes begins; a few seconds into a minute, so that what is shown in minutes is the same in each
run."""
MIDDLE = 0.5
"""What is drawn: each rotation is in the middle of its window."""
PATIENCE = 20.0
"""Seconds for a message to appear."""


@dataclass
class UnattendedScene:
    """Both stand-ins and the bot, on one clock."""

    world: World
    bot: Bot
    clock: ShiftedClock

    @property
    def unattended(self) -> Unattended:
        """What works by itself in this bot."""
        assert self.bot.unattended is not None
        return self.bot.unattended

    def to(self, moment: datetime) -> None:
        """It is that moment now, and the scheduler looks."""
        self.clock.shift += (moment - self.clock.now()).total_seconds()
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

    async def room(self) -> list[str]:
        """What the bot has said in the admin room itself, the oldest first."""
        admin = self.world.admin
        asked = await admin.call("GET", "groups.history", params={"roomId": admin.room_id, "count": "500"})
        messages = sorted(asked["messages"], key=lambda message: str(message["ts"]))
        own = self.world.play.env["SSOBOT_ROCKETCHAT_USER_ID"]
        return [str(m["msg"]) for m in messages if m["u"]["_id"] == own and "tmid" not in m]

    async def heard(self, words: str) -> str:
        """The newest message in the room that holds these words, as soon as there is one."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if found := [text for text in await self.room() if words in text]:
                    return found[-1]
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def unattended_scene(folder: Path) -> AsyncIterator[UnattendedScene]:
    """The bot, without a connection yet."""
    clock = ShiftedClock()
    clock.shift = (BEGINS - datetime.now(UTC)).total_seconds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.app.Unattended", functools.partial(Unattended, draw=lambda: MIDDLE))
        async with world_at(folder, clock=clock) as world, world.play.bot(clock) as bot:
            yield UnattendedScene(world, bot, clock)
