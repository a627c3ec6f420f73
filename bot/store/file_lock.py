"""One process for one SQLite file: a lock file beside it, which the kernel frees when its process ends, however it
does. Containers that share a volume share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import URL

from bot.clock import Clock
from bot.errors import ConfigError

PATIENCE = 15.0
"""Seconds: a container that is replaced may end after the new one has started."""
EVERY = 0.25
"""Seconds between two tries."""

_log = structlog.get_logger()


@asynccontextmanager
async def alone(url: URL, clock: Clock) -> AsyncIterator[None]:
    """Nobody else is in such a block for the same file. ConfigError if somebody is, and stays, or if there can be no
    lock file. PostgreSQL needs none of this (`bot.store.lease`)."""
    file = await asyncio.to_thread(_beside, url)
    if file is None:
        yield
        return
    lock = FileLock(file, blocking=False, thread_local=False)
    await _locked(lock, file, clock)
    try:
        yield
    finally:
        await asyncio.to_thread(lock.release)


@asynccontextmanager
async def alone_or_beside(url: URL) -> AsyncIterator[bool]:
    """Yields whether nobody is in a block of `alone`; then nobody enters one before this block ends. Never waits. True
    for PostgreSQL, which says nothing about it."""
    file = await asyncio.to_thread(_beside, url)
    if file is None:
        yield True
        return
    lock = FileLock(file, blocking=False, thread_local=False)
    try:
        yield await asyncio.to_thread(_tried, lock)
    finally:
        await asyncio.to_thread(lock.release)


async def _locked(lock: FileLock, file: Path, clock: Clock) -> None:
    until = clock.monotonic() + PATIENCE
    waiting = False
    while not await asyncio.to_thread(_tried, lock):
        if clock.monotonic() >= until:
            raise ConfigError(
                "SSOBOT_DATABASE_URL names a file that another ssobot uses.",
                fix="Stop that one. To run several instances, use PostgreSQL.",
            )
        if not waiting:
            _log.info("waiting for another ssobot to end", file=str(file), seconds=PATIENCE)
        waiting = True
        await clock.sleep(EVERY)


def _tried(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    except (OSError, NotImplementedError) as error:
        reason = (getattr(error, "strerror", None) or "the file system has no locks").lower()
        raise ConfigError(
            f"SSOBOT_DATABASE_URL names a file beside which no lock file can be made: {reason}.",
            fix="The bot must be allowed to write into that folder.",
        ) from None
    return True


def _beside(url: URL) -> Path | None:
    """The lock file, the same for every name of the database; None where the database is no file."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in ("", ":memory:") or name.startswith("file:"):
        return None
    real = Path(name).resolve()
    return real.with_name(f"{real.name}.lock")
