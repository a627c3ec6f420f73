"""Waiting for a system or the database that is away: for how long, and what is worth it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from bot.errors import Busy, RemoteError, StoreUnavailable

LONGEST_WAIT = 60.0
"""Seconds between two tries of what is away."""

T = TypeVar("T")


def worth_waiting(error: Exception) -> bool | float:
    """For stamina: whether a later try may help, or after how many seconds the server wants it."""
    if isinstance(error, Busy):
        return min(max(error.retry_after, 0.2), LONGEST_WAIT)
    return isinstance(error, StoreUnavailable) or (isinstance(error, RemoteError) and error.transient)


async def until_available(ask: Callable[[], Awaitable[T]], *, patience: float | None = None) -> T:
    """The answer, tried for about `patience` seconds while a system or the database is away, without end if None. Then
    the last error is raised; another one at once."""
    async for attempt in stamina.retry_context(
        on=worth_waiting, attempts=None, timeout=patience, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5
    ):
        with attempt:
            return await ask()
    raise AssertionError("it is tried until it answers or raises")
