"""Answers that could not be delivered: tried again at every opportunity while the program runs. The next start reads
them from the database.

An opportunity is a new socket, a new command, or a time-out: a muted bot gets no event when it may write again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.chatops.execution import log_internal
from bot.clock import Clock

AGAIN_AFTER = 300.0
"""Seconds until the next try without another opportunity: a refused answer costs a few requests each time."""

Redelivery = Callable[[], Awaitable[bool]]
"""Tries once; True if it needs no other try."""


class Backlog:
    """`run` until cancelled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, Redelivery] = {}
        self._due: set[str] = set()
        self._trying: set[str] = set()
        self._moved = asyncio.Event()

    def add(self, operation_id: str, attempt: Redelivery) -> None:
        """Adds the answer of an operation."""
        self._left[operation_id] = attempt

    def opportunity(self) -> None:
        """Wakes it up: this is an opportunity."""
        self._moved.set()

    async def run(self) -> None:
        """Tries all at the same time, and waits: one slow room does not delay the others."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._opportunity()
                self._due |= self._left.keys()
                for operation_id in self._left:
                    if operation_id not in self._trying:
                        self._trying.add(operation_id)
                        group.create_task(self._try(operation_id))

    async def _try(self, operation_id: str) -> None:
        """Once for each opportunity; several at the same time count as one."""
        try:
            while operation_id in self._due:
                self._due.discard(operation_id)
                if await self._left[operation_id]():
                    del self._left[operation_id]
                    self._due.discard(operation_id)
        except Exception as error:  # noqa: BLE001 - part of the runner: a bug in one must not leave the others unsaid
            log_internal(error, "backlog", operation_id)
        finally:
            self._trying.discard(operation_id)

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
