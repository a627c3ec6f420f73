"""Answers that could not be given: tried again at every opportunity, for as long as the program runs. The next start
takes them up from the database.

An opportunity is a new socket, a command that came in, or simply a while: a bot that was muted is not told when it may
speak again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.clock import Clock

AGAIN_AFTER = 300.0
"""Seconds until the next try where nothing happens: an answer that is refused costs a few requests each time."""

Attempt = Callable[[], Awaitable[bool]]
"""Tries once; True if it needs no other try. Raises nothing."""


class Backlog:
    """`run` until cancelled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, Attempt] = {}
        self._moved = asyncio.Event()

    def add(self, operation_id: str, attempt: Attempt) -> None:
        """Keeps the answer of an operation for later."""
        self._left[operation_id] = attempt

    def opportunity(self) -> None:
        """Now may be a good moment."""
        self._moved.set()

    async def run(self) -> None:
        """Tries, and waits."""
        while True:
            await self._opportunity()
            for operation_id, attempt in tuple(self._left.items()):
                if await attempt():
                    del self._left[operation_id]

    async def _opportunity(self) -> None:
        waits = [
            asyncio.create_task(self._clock.sleep(AGAIN_AFTER)),
            asyncio.create_task(self._moved.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            self._moved.clear()
