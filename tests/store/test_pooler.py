"""A pooler in transaction mode, with fewer sessions than there are connections: every transaction may meet another
session, and nothing that belongs to one may be relied upon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.lease import Lease
from bot.store.notes import SqlNotes
from tests.support.pgbouncer import pooled
from tests.support.postgres import Postgres

pytestmark = pytest.mark.needs("pgbouncer")


@pytest.fixture
async def behind(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Database]:
    """An address without any special parameter."""
    async with postgres.database() as url, pooled(url, tmp_path) as address:
        database = await open_database(address)
        await migrate.upgrade(database)
        yield database
        await database.close()


async def test_many_at_the_same_time_meet_no_statement_of_another(behind: Database) -> None:
    notes = SqlNotes(behind, SystemClock())

    async def work(number: int) -> None:
        for turn in range(10):
            await notes.put(f"key {number}", str(turn))
            assert await notes.get(f"key {number}") == str(turn)

    await asyncio.gather(*(work(number) for number in range(8)))


async def test_the_sessions_keep_nothing(behind: Database) -> None:
    notes = SqlNotes(behind, SystemClock())
    await asyncio.gather(*(notes.put(f"key {number}", "") for number in range(8)))
    async with behind.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT name FROM pg_prepared_statements")).all() == []


async def test_the_lease_is_a_row_and_not_a_session(behind: Database) -> None:
    one, other = Lease(behind, SystemClock()), Lease(behind, SystemClock())
    assert await one.take()
    assert not await other.take()
    await asyncio.gather(*(SqlNotes(one.working(), one.clock).put(f"key {n}", "") for n in range(8)))
    async with behind.reading() as connection:
        left = await connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")
        assert left.scalar() == "0", "what was set for one transaction stays for another"
    await one.give_back()
    assert await other.take()
