"""The database: one engine, and the two kinds of transaction that everything uses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigError

BUSY_TIMEOUT_MS = 5000
"""How long a writer waits for another one in SQLite."""

_WRITING = "ssobot_writing"


@dataclass(frozen=True)
class Database:
    """A database that was reached once. Close it when done."""

    engine: AsyncEngine

    @property
    def is_postgresql(self) -> bool:
        """Whether it is a server, and not a file."""
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; it holds up nobody."""
        async with self.engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed on leaving, rolled back if anything is raised."""
        async with self.engine.connect() as connection:
            await connection.execution_options(**{_WRITING: True})
            async with connection.begin():
                yield connection

    async def close(self) -> None:
        """Gives every connection back."""
        await self.engine.dispose()


async def open_database(url: URL) -> Database:
    """Reaches the database of `SSOBOT_DATABASE_URL`. Raises ConfigError, naming that variable, if it cannot be used."""
    engine = create_async_engine(url, pool_pre_ping=url.get_backend_name() == "postgresql", hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    database = Database(engine)
    try:
        with unusable_named():
            async with database.reading() as connection:
                await connection.exec_driver_sql("SELECT 1")
    except ConfigError:
        await database.close()
        raise
    return database


@contextmanager
def unusable_named() -> Iterator[None]:
    """Turns what the driver says of a database that cannot be used into a line that names the variable."""
    try:
        yield
    except DBAPIError as error:
        raise ConfigError(_line(str(error.orig))) from None
    except (OSError, TypeError, ValueError, SQLAlchemyError) as error:
        # asyncpg raises OSError before it has a connection, and TypeError or ValueError for a query it does not know.
        raise ConfigError(_line(str(error))) from None


def _line(reason: str) -> str:
    reason = reason.partition("\n")[0].rpartition(">: ")[2]
    return f"SSOBOT_DATABASE_URL names a database that cannot be used: {reason[:200].rstrip('.')}."


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, and late: `_begin_sqlite` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Waiting comes first: to change the journal takes a lock.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL and not NORMAL: what was committed survives a loss of power too.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once. One that read first and then writes could not wait: SQLite would refuse it.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
