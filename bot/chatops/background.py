"""Tasks that go on beside the listening; a bug in one is logged and ends nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from bot.chatops.execution import log_internal


class Background:
    """Starts them, and ends them together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Never waits and never raises."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._settle)

    async def idle(self) -> None:
        """Returns when nothing is running."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def cancel(self) -> None:
        """Cancels what is running, and waits for its end."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _settle(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_internal(error, "runner")
