"""Retries while a system or the database is unavailable: for how long, and after which errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from bot.errors import Busy, RemoteError, StoreUnavailable

LONGEST_WAIT = 60.0
"""Seconds between two tries."""

T = TypeVar("T")


def worth_waiting(error: Exception) -> bool | float:
    """For stamina: whether a retry may help, or after how many seconds the server allows it."""
    if isinstance(error, Busy):
        return min(max(error.retry_after, 0.2), LONGEST_WAIT)
    return isinstance(error, StoreUnavailable) or (isinstance(error, RemoteError) and error.transient)


async def until_available(ask: Callable[[], Awaitable[T]], *, patience: float | None = None) -> T:
    """The result, retried for about `patience` seconds while a system or the database is unavailable; forever if None.
    Then the last error is raised. Any other error is raised at once."""
    async for attempt in stamina.retry_context(
        on=worth_waiting, attempts=None, timeout=patience, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5
    ):
        with attempt:
            return await ask()
    raise AssertionError("it is tried until it answers or raises")
