"""The database itself: what it refuses, and that a commit survives `kill -9`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.exc import IntegrityError

from bot.errors import ConfigError, StoreUnavailable
from bot.store import migrate
from bot.store.engine import Database, open_database
from tests.support.postgres import LOCKED, Postgres

INSERT = "INSERT INTO notes (key, value, created_at) VALUES ('n', '0', '2026-01-01')"

CHILD = """
import asyncio, os, signal, sys
from bot.store.engine import open_database
from sqlalchemy import make_url

async def main():
    database = await open_database(make_url(sys.argv[1]))
    insert = "INSERT INTO notes (key, value, created_at) VALUES ('{}', '', '2026-01-01')"
    async with database.writing() as connection:
        await connection.exec_driver_sql(insert.format("committed"))
    async with database.writing() as connection:
        await connection.exec_driver_sql(insert.format("torn"))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def keys(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.exec_driver_sql("SELECT key FROM notes")).scalars())


async def test_what_was_committed_survives_a_kill_and_nothing_else(database: Database, database_url: URL) -> None:
    url = database_url.render_as_string(hide_password=False)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, url)
    assert await child.wait() == -signal.SIGKILL
    assert await keys(database) == ["committed"]


async def test_what_raises_is_rolled_back(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql(INSERT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await keys(database) == []


async def test_sqlite_is_set_up_to_lose_nothing(sqlite: Database) -> None:
    assert not sqlite.is_postgresql
    async with sqlite.reading() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


async def test_writers_of_a_file_wait_for_each_other(sqlite: Database) -> None:
    async def count_up() -> None:
        async with sqlite.writing() as connection:
            value = (await connection.exec_driver_sql("SELECT value FROM notes")).scalar_one()
            await asyncio.sleep(0)
            await connection.exec_driver_sql(f"UPDATE notes SET value = '{int(value) + 1}'")

    async with sqlite.writing() as connection:
        await connection.exec_driver_sql(INSERT)
    await asyncio.gather(*(count_up() for _ in range(10)))
    async with sqlite.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT value FROM notes")).scalar() == "10"


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello " * 1000)
    with pytest.raises(ConfigError, match=r"SSOBOT_DATABASE_URL .*: file is not a database"):
        await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'x'}"))


@pytest.mark.parametrize("query", ["", "?nonsense=1"])
async def test_a_server_that_is_not_there_is_named(query: str) -> None:
    with pytest.raises(ConfigError, match="SSOBOT_DATABASE_URL") as caught:
        await open_database(make_url(f"postgresql+asyncpg://u:hunter2222@127.0.0.1:1/d{query}"))
    assert "hunter2222" not in caught.value.text
    assert "\n" not in caught.value.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": LOCKED, "password": "not-the-right-one"}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody"}, 'role "nobody" does not exist'),
    ],
    ids=["password", "database", "user"],
)
async def test_what_a_server_refuses_is_named_without_the_password(
    postgres: Postgres, change: dict[str, str], said: str
) -> None:
    await postgres.execute(f"DROP ROLE IF EXISTS {LOCKED}", f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'the-right-one'")
    with pytest.raises(ConfigError) as caught:
        await open_database(postgres.url().set(**change))  # type: ignore[arg-type]
    assert caught.value.text.startswith("SSOBOT_DATABASE_URL names a database that cannot be used: ")
    assert said in caught.value.text
    assert "right" not in caught.value.text


async def test_a_database_in_which_nothing_may_be_made_is_named(postgres: Postgres) -> None:
    await postgres.execute("DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN")
    async with postgres.database() as url:
        database = await open_database(url.set(username="reader"))
        with pytest.raises(ConfigError, match=r"SSOBOT_DATABASE_URL .* permission denied for schema public"):
            await migrate.upgrade(database)
        await database.close()


async def test_a_server_that_goes_away_and_comes_back_is_used_again(postgres: Postgres) -> None:
    async with postgres.database() as url:
        database = await open_database(url)
        await migrate.upgrade(database)
        postgres.stop()
        try:
            with pytest.raises(StoreUnavailable) as caught:
                await keys(database)
        finally:
            postgres.start()
        assert "cannot be used right now" in caught.value.text
        assert caught.value.__cause__ is None
        assert await keys(database) == []
        await database.close()


async def test_a_file_that_may_not_be_written_is_unavailable(sqlite: Database) -> None:
    async def insert() -> None:
        async with sqlite.writing() as connection:
            await connection.exec_driver_sql("PRAGMA query_only=ON")
            await connection.exec_driver_sql(INSERT)

    with pytest.raises(StoreUnavailable):
        await insert()


async def test_a_statement_that_is_wrong_is_no_outage(database: Database) -> None:
    async def insert_twice() -> None:
        async with database.writing() as connection:
            for _ in range(2):
                await connection.exec_driver_sql(INSERT)

    with pytest.raises(IntegrityError):
        await insert_twice()


async def test_a_server_that_takes_no_writes_is_not_well(postgres: Postgres) -> None:
    async with postgres.database() as url:
        database = await open_database(url)
        await database.ping()
        async with database.engine.connect() as connection:
            await connection.exec_driver_sql(f'ALTER DATABASE "{url.database}" SET default_transaction_read_only = on')
            await connection.commit()
        await database.engine.dispose()
        with pytest.raises(StoreUnavailable) as caught:
            await database.ping()
        assert caught.value.reason == "it accepts no writes"
        await database.close()


async def test_a_file_that_takes_no_writes_is_not_well(tmp_path: Path) -> None:
    path = tmp_path / "ssobot.sqlite3"
    await (await open_database(make_url(f"sqlite+aiosqlite:///{path}"))).close()
    with pytest.raises(ConfigError, match=r"SSOBOT_DATABASE_URL names a database that cannot be used: .*readonly"):
        await open_database(make_url(f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true"))


async def test_a_file_that_was_removed_is_not_written_on(tmp_path: Path) -> None:
    """Whoever has it open could go on, and all of it would be lost with the process."""
    path = tmp_path / "ssobot.sqlite3"
    database = await open_database(make_url(f"sqlite+aiosqlite:///{path}"))
    kept = path.read_bytes()
    path.unlink()
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="Its file is missing"):
            await database.ping()
    assert not path.exists(), "nor is an empty one made in its place"
    path.write_bytes(kept)
    await database.ping()
    await database.close()
