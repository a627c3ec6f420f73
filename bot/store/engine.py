"""The database: one engine, and the two kinds of transaction that everything uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.clock import for_ever
from bot.errors import ConfigError, StoreUnavailable
from bot.store.address import connecting

BUSY_TIMEOUT_MS = 5000
"""How long a writer waits for another one in SQLite."""

_MEND = "Check that SSOBOT_DATABASE_URL leads to it and that its disk is not full, then type the command again."
_WRITING = "ssobot_writing"

Admission = Callable[[AsyncConnection], Awaitable[bool]]
"""Whether the transaction that begins on this connection may write."""


@dataclass(frozen=True)
class Database:
    """A database that was reached once. Close it when done."""

    engine: AsyncEngine
    admits: Admission | None = None
    """Asked first in each transaction that writes, if only one of several instances may."""

    def admitting(self, admits: Admission) -> Database:
        """The same database, whose writes begin with this question."""
        return replace(self, admits=admits)

    @property
    def is_postgresql(self) -> bool:
        """Whether it is a server, not a file."""
        return self.engine.dialect.name == "postgresql"

    @property
    def _file(self) -> str | None:
        """Its name, as SQLite takes it; None: it is a server."""
        return (self.engine.url.database or "") if self.engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads and blocks nobody. StoreUnavailable while the database is unavailable."""
        with _away_named():
            async with self.engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed at the end, rolled back on an error. StoreUnavailable while the database
        is unavailable; if the commit itself fails so, it is unknown whether it was committed. Where `admits` says no it
        never begins: whoever waits for it is cancelled."""
        with _away_named():
            await self._require_file()
            async with self.engine.connect() as connection:
                await connection.execution_options(**{_WRITING: True})
                async with connection.begin():
                    if self.admits is None or await self.admits(connection):
                        yield connection
                        return
        await for_ever()

    async def ping(self) -> None:
        """StoreUnavailable if it is unavailable or read-only; writes nothing."""
        if self._file is None:
            async with self.reading() as connection:
                if (await connection.exec_driver_sql("SHOW transaction_read_only")).scalar() == "on":
                    away = StoreUnavailable(fix=_MEND)
                    away.reason = "it accepts no writes"
                    raise away
            return
        with _away_named():
            await self._require_file()
            async with self.engine.connect() as connection:
                await connection.execution_options(**{_WRITING: True})
                async with connection.begin() as transaction:
                    await connection.exec_driver_sql("PRAGMA user_version=0")  # its current value
                    await transaction.rollback()

    async def _require_file(self) -> None:
        """A deleted file could still be written to while it is open, and everything in it would be lost."""
        name = self._file
        if (
            name is None
            or name in ("", ":memory:")
            or name.startswith("file:")
            or await asyncio.to_thread(Path(name).exists)
        ):
            return
        await self.engine.dispose()  # so that nothing uses the deleted file when it is restored
        raise StoreUnavailable(why="Its file is missing.", fix="Restore it, from a backup if necessary.")

    async def close(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()


async def open_database(url: URL) -> Database:
    """Connects to the database of `SSOBOT_DATABASE_URL`. Raises ConfigError, naming that variable, if it cannot be
    used."""
    engine = _engine(url)
    database = Database(engine)
    try:
        with unusable_named():
            if engine.dialect.name == "sqlite":
                await asyncio.to_thread(_try_file, url)
            await database.ping()
    except ConfigError:
        await database.close()
        raise
    return database


def _try_file(url: URL) -> None:
    """Opens the file once without aiosqlite. After a failed connection, aiosqlite's thread would report to a closed
    event loop, with a traceback on the terminal."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", _prepare_sqlite)
    engine.connect().close()


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "postgresql":
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    plain, arguments = connecting(url)
    return create_async_engine(plain, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)


@contextmanager
def _away_named() -> Iterator[None]:
    """Distinguishes an unavailable database from a wrong statement."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DBAPIError, OSError) as error:
        # asyncpg raises OSError while it has no connection.
        away = StoreUnavailable(fix=_MEND)
        away.reason = _reason(error)
        raise away from None


@contextmanager
def unusable_named() -> Iterator[None]:
    """Turns the driver's error into a line that names the variable."""
    try:
        yield
    except StoreUnavailable as away:
        raise ConfigError(_line(away.reason)) from None
    except (TypeError, ValueError, SQLAlchemyError) as error:
        # asyncpg raises TypeError or ValueError for what it does not understand.
        raise ConfigError(_line(_reason(error))) from None


def _line(reason: str) -> str:
    return f"SSOBOT_DATABASE_URL names a database that cannot be used: {reason}."


def _reason(error: Exception) -> str:
    """The first line of what the driver says."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    return said.partition("\n")[0].rpartition(">: ")[2][:200].rstrip(".")


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, and too late: `_begin_sqlite` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # The time-out is set first: changing the journal takes a lock.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL, not NORMAL: a commit survives a loss of power too.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once. If it read first, it could not wait for the lock: SQLite would refuse the write.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
