"""One instance works, the others stand by: the loop around all work that only one of them may do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import structlog

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.store.lease import Lease

END_WITHIN = 10.0
"""Seconds after which work that does not end is cancelled once more: what is tidied up at an end may itself wait for a
lease that is gone."""

_log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]
"""Runs until it is cancelled; what it raises ends the program."""


async def lead(lease: Lease, clock: Clock, work: Work) -> None:
    """Runs `work` for as long as the lease is held, and again each time it is taken. Ends when `work` does, or raises
    what it raised. Cancelled, it ends the work first and gives the lease back, so that another instance takes it at
    once."""
    while True:
        await _taken(lease, clock)
        _log.info("lease.taken", holder=lease.holder)
        if await _worked(lease, work):
            return
        _log.warning("lease.lost", holder=lease.holder)


async def _worked(lease: Lease, work: Work) -> bool:
    """Whether it ended by itself; it is over in any case."""
    async with _task(lease.keep()) as keeping:
        try:
            async with _task(work()) as working:
                await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    working.result()
                    return True
                keeping.result()
                return False
        finally:
            await lease.give_back()


async def _taken(lease: Lease, clock: Clock) -> None:
    """Returns once it is taken."""
    told = False
    while True:
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            if await lease.take():
                return
        if not told:
            _log.info("standby", holder=lease.holder, tries_every=lease.terms.attempt)
        told = True
        await clock.sleep(lease.terms.attempt)


async def until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Runs them side by side until one of them ends or raises, or this is cancelled; then none of them runs any more.
    The last is ended first."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in reversed(tasks):
            await ended(task)


@contextlib.asynccontextmanager
async def _task(doing: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Runs beside the block, and is over when it is left."""
    task = asyncio.create_task(doing)
    try:
        yield task
    finally:
        await ended(task)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancels it until it is over, whatever becomes of it; whoever is cancelled meanwhile is so afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        task.cancel()
        try:
            await asyncio.wait({task}, timeout=END_WITHIN)
        except asyncio.CancelledError as error:
            cancelled = error
    if not task.cancelled():
        task.exception()  # retrieved, even if nobody asks for it
    if cancelled is not None:
        raise cancelled
