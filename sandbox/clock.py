"""A clock that can be moved forward, for what is scheduled: the stand-ins and the bot share it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """The machine's time, pushed forward by `shift` seconds; see `bot.clock.Clock`. Sleeping is real, so keep it
    short."""

    def __init__(self) -> None:
        self.shift = 0.0

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.shift)

    def monotonic(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time() + self.shift

    async def sleep(self, seconds: float) -> None:
        """In real time."""
        await asyncio.sleep(max(0.0, seconds))

    def jump(self, to: datetime) -> None:
        """It is that moment now."""
        self.shift += (to - self.now()).total_seconds()
