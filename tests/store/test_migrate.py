"""Migrations: they give what the program expects, once, and beside readers."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Inspector, inspect, make_url
from sqlalchemy.util import await_only

from bot.store import migrate
from bot.store.engine import Database, open_database
from tests.support.migrating import differences, revision_of
from tests.support.postgres import Postgres
from tests.support.subprocesses import ssobot

MIGRATING = """
import asyncio, os, signal, sys
from alembic import command
from bot.errors import ConfigError
from bot.store import engine, migrate
from sqlalchemy import make_url

upgrade = command.upgrade

def upgrade_and_die(*words):
    upgrade(*words)
    os.kill(os.getpid(), signal.SIGKILL)

# here

async def main():
    try:
        await migrate.upgrade(await engine.open_database(make_url(sys.argv[1])))
    except ConfigError:
        sys.exit(2)

asyncio.run(main())
"""
WITHOUT_LOCK = MIGRATING.replace("# here", "engine.Database.is_postgresql = False")
KILLED = MIGRATING.replace("# here", "command.upgrade = upgrade_and_die")
"""Everything is written, and nothing committed."""


async def test_the_migrated_database_is_what_the_tables_say(database: Database) -> None:
    assert await differences(database) == []


async def test_the_comparison_sees_a_difference(database: Database) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE notes")
    assert await differences(database)


async def test_revisions_are_told(database_url: URL) -> None:
    database = await open_database(database_url)
    assert await revision_of(database) is None
    assert await migrate.upgrade(database) is True
    assert await revision_of(database) == migrate.head()
    assert await migrate.upgrade(database) is False
    await database.close()


async def test_several_may_start_at_once(database_url: URL) -> None:
    databases = [await open_database(database_url) for _ in range(3)]
    did = await asyncio.gather(*(migrate.upgrade(database) for database in databases))
    assert sorted(did) == [False, False, True]
    for database in databases:
        await database.close()


async def test_one_that_migrates_while_another_looks_is_not_taken_for_another_program(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It commits after its revision was asked for, and before its tables are."""
    async with postgres.database() as url:
        database, other = await open_database(url), await open_database(url)
        asked: list[str] = []

        def tables(connection: Connection) -> Inspector:
            if not asked:
                asked.append("once")
                await_only(migrate.upgrade(other))
            return inspect(connection)

        monkeypatch.setattr(migrate, "inspect", tables)
        await migrate.check(database)
        assert asked
        await database.close()
        await other.close()


@pytest.mark.parametrize(("program", "statuses"), [(MIGRATING, [0, 0]), (WITHOUT_LOCK, [0, 2])], ids=["lock", "none"])
async def test_it_is_the_lock_that_keeps_two_servers_programs_apart(
    postgres: Postgres, program: str, statuses: list[int]
) -> None:
    """Both are held at the same first statement, by one who is about to create the same table, and then let go."""
    async with postgres.database() as url:
        database = await open_database(url)
        async with database.engine.connect() as holder:
            await holder.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            children = [await migrating(url, program) for _ in range(2)]
            await held_up(database, len(children))
            await holder.rollback()
        assert sorted([await child.wait() for child in children]) == statuses
        assert await migrate.upgrade(database) is False
        await database.close()


async def migrating(url: URL, program: str) -> asyncio.subprocess.Process:
    words = ("-c", program, url.render_as_string(hide_password=False))
    return await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.DEVNULL)


async def held_up(database: Database, programs: int) -> None:
    """Returns when so many wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as connection:
                if (await connection.exec_driver_sql(query)).scalar() == programs:
                    return
            await asyncio.sleep(0.02)


async def test_several_processes_may_start_at_once(database_url: URL, tmp_path: Path) -> None:
    env = {"SSOBOT_DATABASE_URL": database_url.render_as_string(hide_password=False)}
    async with contextlib.AsyncExitStack() as stack:
        folders = [tmp_path / str(number) for number in range(3)]
        for folder in folders:
            folder.mkdir()
        programs = [await stack.enter_async_context(ssobot(folder, "migrate", env=env)) for folder in folders]
        assert [await program.process.wait() for program in programs] == [0, 0, 0]
    database = await open_database(database_url)
    assert await migrate.upgrade(database) is False
    await database.close()


async def test_one_that_is_killed_in_the_middle_leaves_nothing(database_url: URL) -> None:
    child = await migrating(database_url, KILLED)
    assert await child.wait() == -signal.SIGKILL
    database = await open_database(database_url)
    assert await revision_of(database) is None
    assert await migrate.upgrade(database) is True
    await database.close()


async def test_a_reader_is_no_obstacle(database_url: URL) -> None:
    reader, writer = [await open_database(database_url) for _ in range(2)]
    async with reader.reading() as connection:
        await connection.exec_driver_sql("SELECT 1")
        assert await migrate.upgrade(writer)
    await reader.close()
    await writer.close()


NEWER, ANOTHER = "newer ssobot", "another program"
STRANGE = {
    "of a newer version": (("UPDATE alembic_version SET version_num = '9999'",), NEWER),
    "of a newer version with another form of revisions": (("UPDATE alembic_version SET version_num = 'x1'",), NEWER),
    "with our revision and none of our tables": (("DROP TABLE operations", "DROP TABLE connections"), ANOTHER),
    "of a program that branches": (("INSERT INTO alembic_version VALUES ('9999')",), ANOTHER),
    "with our tables and no revision": (("DELETE FROM alembic_version",), ANOTHER),
}


@pytest.mark.parametrize(("statements", "said"), STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("touch", [migrate.check, migrate.upgrade], ids=lambda touch: touch.__name__)
async def test_what_is_not_ours_is_refused_and_stays_as_it_is(
    database: Database, touch: Callable[[Database], Awaitable[object]], statements: tuple[str, ...], said: str
) -> None:
    async with database.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
    before = await schema(database)
    with pytest.raises(migrate.NotOurs, match=said):
        await touch(database)
    assert await schema(database) == before


async def schema(database: Database) -> tuple[object, ...]:
    """Every table with its columns, and the revisions."""

    def read(connection: Connection) -> dict[str, list[str]]:
        seen = inspect(connection)
        return {table: [column["name"] for column in seen.get_columns(table)] for table in seen.get_table_names()}

    async with database.reading() as connection:
        revisions = (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalars().all()
        return await connection.run_sync(read), sorted(revisions)


async def test_a_file_that_another_program_keeps_its_tables_in_is_refused(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE visits (url TEXT)")
    database = await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'other.sqlite'}"))
    with pytest.raises(migrate.NotOurs, match=ANOTHER):
        await migrate.upgrade(database)
    async with database.reading() as connection:
        tables = (await connection.exec_driver_sql("SELECT name FROM sqlite_master")).scalars().all()
    await database.close()
    assert tables == ["visits"]


async def test_on_a_server_others_may_have_tables_beside_ours(postgres: Postgres) -> None:
    """Those of extensions are there before anybody else's."""
    async with postgres.database() as url:
        database = await open_database(url)
        async with database.writing() as connection:
            await connection.exec_driver_sql("CREATE TABLE spatial_ref_sys (srid INTEGER)")
        assert await migrate.upgrade(database) is True
        await database.close()


async def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    database = await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}"))
    await migrate.check(database)
    assert await migrate.upgrade(database) is True
    await database.close()


async def test_a_look_changes_nothing(database_url: URL) -> None:
    database = await open_database(database_url)
    await migrate.check(database)
    assert await revision_of(database) is None
    await database.close()
