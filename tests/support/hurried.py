"""A clock that can be made to run faster, so that half a minute takes a second, also over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

GRAIN = 0.02
"""Real seconds after which a sleeper looks at the clock again, since its pace may have changed."""


class HurriedClock:
    """See `bot.clock.Clock`. Runs at the real pace until `hurry`."""

    def __init__(self) -> None:
        self._pace = 1.0
        self._real = time.monotonic()
        self._seconds = self._real
        self._began = datetime.now(UTC) - timedelta(seconds=self._seconds)

    def hurry(self, pace: float) -> None:
        """From now on so many seconds pass in a real one."""
        self._seconds, self._real = self.monotonic(), time.monotonic()
        self._pace = pace

    @contextlib.contextmanager
    def hurrying(self, pace: float) -> Iterator[None]:
        """At this pace while the block lasts, and at the real one afterwards."""
        self.hurry(pace)
        try:
            yield
        finally:
            self.hurry(1.0)

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return self._seconds + (time.monotonic() - self._real) * self._pace

    async def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        until = self.monotonic() + seconds
        await asyncio.sleep(0)
        while True:
            left = until - self.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(GRAIN, left / self._pace))
