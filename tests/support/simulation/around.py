"""What surrounds a process of the simulation: its waker, the server's clock, and the messages that it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.chatops.ports import Message
from tests.support.simulation.process import Process
from tests.support.simulation.virtual import VirtualClock

if TYPE_CHECKING:
    from tests.support.simulation.world import World


@dataclass
class VirtualWaker:
    """See `bot.schedule.waker.Waker`. The longest sleep is longer, or a month would be 43 200 wakings."""

    clock: VirtualClock
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._news.set()

    async def wait(self, until: datetime) -> None:
        seconds = min(max(0.0, (until - self.clock.now()).total_seconds()), 900.0)
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()


@dataclass
class ServersTime:
    """See `bot.chatops.ports.ServerTime`."""

    clock: VirtualClock
    started: datetime
    known: bool = True

    def now(self) -> datetime:
        return self.clock.true()

    async def doubt(self) -> bool:
        return True


@dataclass
class Stream:
    """See `bot.chatops.ports.MessageStream`: what was missed, then what is pushed."""

    world: World
    process: Process
    since: datetime

    def watch(self, room_id: str, room_type: str) -> None: ...

    async def connections(self) -> AsyncIterator[None]:
        await asyncio.get_running_loop().create_future()
        yield

    async def messages(self) -> AsyncIterator[Message]:
        heard, position = self.world.heard, 0
        missed = len(heard)
        while True:
            while position < len(heard):
                await self.process.running.wait()
                message, position = heard[position], position + 1
                if position > missed:
                    yield message
                elif message.ts > self.since:
                    yield replace(message, caught_up=True)
            news = self.world.news
            await news.wait()
