"""Clocks of tests (`bot.clock.Clock`): with the first two nobody waits in real time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.clock import ShiftedClock

__all__ = ["START", "ManualClock", "ShiftedClock", "SteppedClock", "settle"]
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def settle(rounds: int = 30) -> None:
    """Lets every task that can run do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)


@dataclass
class ManualClock:
    """Moves with each sleep, or when the test moves it."""

    seconds: float = 1000.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += max(0.0, seconds)


class SteppedClock:
    """Moves only by `advance`; sleepers are woken in order."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        """Every sleep that was asked for, in seconds."""
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.seconds + seconds, waking))
        await waking

    async def advance(self, seconds: float) -> None:
        """Moves the time, and runs everything that is due, each at its time."""
        until = self.seconds + seconds
        await settle()
        while due := [at for at, waking in self._sleepers if at <= until and not waking.done()]:
            self.seconds = min(due)
            self._wake()
            await settle()
        self.seconds = until
        self._wake()

    def jump(self, seconds: float) -> None:
        """Jumps ahead at once, for tests with real sockets, where single steps are not possible."""
        self.seconds += seconds
        self._wake()

    def _wake(self) -> None:
        for at, waking in self._sleepers:
            if at <= self.seconds and not waking.done():
                waking.set_result(None)
        self._sleepers = [sleeper for sleeper in self._sleepers if not sleeper[1].done()]
