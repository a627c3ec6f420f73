"""Now and sleep, as a port, so that a test of a long wait takes a millisecond."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Time, as the program knows it."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow; for durations and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns `seconds` later; zero or less lets other tasks run once."""
        ...


def steady() -> float:
    """Seconds that only grow, also while the machine sleeps, so that every delay can be measured. On Linux all
    processes of the machine share this clock."""
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


async def within(clock: Clock, seconds: float, doing: Coroutine[Any, Any, T]) -> T:
    """What `doing` returns or raises; it is cancelled with TimeoutError if it takes longer on this clock. The limit
    also holds with the clock of a test."""
    task = asyncio.ensure_future(doing)
    expired: asyncio.Future[None] | None = None
    try:
        await asyncio.sleep(0)  # what takes no time must not race against a clock that jumps
        if not task.done():
            expired = asyncio.ensure_future(clock.sleep(seconds))
            await asyncio.wait({task, expired}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
    finally:
        pending = [one for one in (task, expired) if one is not None and not one.done()]
        for one in pending:
            one.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    raise TimeoutError


async def for_ever() -> NoReturn:
    """Waits until it is cancelled."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets it")


@dataclass
class Backoff:
    """Pauses in seconds, doubled with each failure from `first` to `most`."""

    first: float
    most: float
    failures: int = 0

    def next(self, *, at_least: float = 0.0, share: float = 1.0) -> float:
        """The pause after one more failure. `share`: the part of it to wait, so that many clients do not retry at
        once."""
        pause = share * min(self.most, self.first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return max(pause, at_least)

    def reset(self) -> None:
        """It worked: the next failure counts as the first."""
        self.failures = 0
