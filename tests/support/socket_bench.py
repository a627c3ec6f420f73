"""The bot's end of the websocket, at a server that a test controls."""

from __future__ import annotations

import asyncio
import dataclasses

from bot.rocketchat.socket import RealtimeClient, RealtimeState
from bot.secret import Secret
from tests.support.clocks import SteppedClock
from tests.support.realtime import ROOM, CatchUps, ScriptedServer, StillTime, until

ME = "botuser"
TOKEN = Secret("generated-token-for-a-test")


@dataclasses.dataclass
class Bench:
    """A server, a client, and the messages that it delivered."""

    server: ScriptedServer
    clock: SteppedClock
    catch_ups: CatchUps
    jitter: float = 0.0
    states: list[RealtimeState] = dataclasses.field(default_factory=list)
    got: list[str] = dataclasses.field(default_factory=list)
    tasks: list[asyncio.Task[None]] = dataclasses.field(default_factory=list)
    client: RealtimeClient = dataclasses.field(init=False)
    time: StillTime = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.time = StillTime(self.clock)

    def start(self, prefix: str = "", *, watching: bool = True) -> None:
        self.client = RealtimeClient(
            self.server.url + prefix,
            ME,
            TOKEN,
            self.clock,
            self.catch_ups,
            self.time,
            on_state=self.states.append,
            jitter=lambda: self.jitter,
        )
        if watching:
            self.client.watch(ROOM, "p")
        self.tasks = [asyncio.create_task(self.client.run()), asyncio.create_task(self._read())]

    async def _read(self) -> None:
        async for message in self.client.messages():
            self.got.append(message.id)

    async def up(self) -> None:
        """Started, connected, caught up."""
        self.start()
        await until(lambda: self.connected and self.catch_ups.asked)

    @property
    def connected(self) -> bool:
        return self.client.state.connected

    async def pinged(self) -> None:
        """Sends a frame from the server, and waits until it has arrived."""
        answered = len(self.server.last.of("pong"))
        await self.server.last.send(msg="ping")
        await until(lambda: len(self.server.last.of("pong")) > answered)

    async def lost(self) -> None:
        await until(lambda: not self.connected)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
