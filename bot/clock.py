"""Now and sleep, as a port, so that a test of a long wait takes a millisecond."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, as the program knows it."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow; for durations and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns `seconds` later; zero or less gives way once."""
        ...


def steady() -> float:
    """Seconds that only grow, also while the machine sleeps: whoever was held up, by whatever, sees how long. On Linux
    it is one clock for every process of the machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`, and `steady`."""
        return steady()

    async def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        await asyncio.sleep(max(0.0, seconds))
