"""A bound on time that is the injected clock's, so that a test in a hurry, or one without any real time, keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, doing: Coroutine[Any, Any, T]) -> T:
    """What `doing` returns or raises; TimeoutError, and it is cancelled, if it takes longer."""
    task = asyncio.ensure_future(doing)
    expired: asyncio.Future[None] | None = None
    try:
        await asyncio.sleep(0)  # what needs no time at all must not be raced against a clock that jumps
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
