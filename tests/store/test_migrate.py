"""Migrations: they give what the program expects, once, and beside readers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection

from bot.errors import ConfigError
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.tables import Base


def difference(connection: Connection) -> Any:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, Base.metadata)


async def test_the_migrated_database_is_what_the_tables_say(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(difference) == []


async def test_the_comparison_sees_a_difference(database: Database) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE notes")
    async with database.reading() as connection:
        assert await connection.run_sync(difference)


async def test_revisions_are_told(database_url: URL) -> None:
    database = await open_database(database_url)
    assert await migrate.current(database) is None
    assert await migrate.upgrade(database) is True
    assert await migrate.current(database) == migrate.head()
    assert await migrate.upgrade(database) is False
    await database.close()


async def test_several_may_start_at_once(database_url: URL) -> None:
    databases = [await open_database(database_url) for _ in range(3)]
    did = await asyncio.gather(*(migrate.upgrade(database) for database in databases))
    assert sorted(did) == [False, False, True]
    for database in databases:
        await database.close()


async def test_a_reader_is_no_obstacle(database_url: URL) -> None:
    reader, writer = [await open_database(database_url) for _ in range(2)]
    async with reader.reading() as connection:
        await connection.exec_driver_sql("SELECT 1")
        assert await migrate.upgrade(writer)
    await reader.close()
    await writer.close()


async def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer ssobot"):
        await migrate.upgrade(database)
