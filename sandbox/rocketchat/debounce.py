"""A trailing debounce: a call is made once, some time after it was last asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.clock import Clock


class Debounce:
    """Calls `call` when the time of the last `start` is over."""

    def __init__(self, clock: Clock, call: Callable[[], None]) -> None:
        self._clock = clock
        self._call = call
        self._waiting: asyncio.Task[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether a call is to come."""
        return self._waiting is not None

    def start(self, seconds: float) -> None:
        """Starts the wait, or restarts it. RuntimeError without an event loop."""
        loop = asyncio.get_running_loop()
        self.cancel()
        self._waiting = loop.create_task(self._later(seconds))

    def cancel(self) -> None:
        """No call will come; harmless if none was to."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def _later(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._waiting = None
        self._call()
