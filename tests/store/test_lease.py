"""The lease, on a real PostgreSQL: at most one holder, and nothing of a holder of before gets through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.lease import Lease, Terms, somebody_leads
from bot.store.notes import SqlNotes
from tests.support.postgres import Postgres

QUICK = Terms(ttl=0.6, renew=0.1, attempt=0.05)
LONG = Terms(ttl=60.0, renew=0.1, attempt=0.05)


class Skewed(SystemClock):
    """Another host's clock."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    async with postgres.database() as url:
        opened = await open_database(url)
        await migrate.upgrade(opened)
        yield opened
        await opened.close()


@asynccontextmanager
async def kept(lease: Lease) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(lease.keep())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def never(waiting: Awaitable[object], seconds: float = 0.3) -> None:
    """It does not return within that time."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, seconds)


async def expire(database: Database) -> None:
    """As if the time were over by the database's clock."""
    async with database.writing() as connection:
        await connection.execute(text("UPDATE leases SET expires_at = now() - interval '1 second'"))


async def fence(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT fence FROM leases"))).scalar_one())


async def notes(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT key FROM notes ORDER BY key"))).scalars())


async def test_of_many_at_the_same_time_one_takes_it(database: Database) -> None:
    leases = [Lease(database, SystemClock(), LONG) for _ in range(10)]
    taken = await asyncio.gather(*(lease.take() for lease in leases))
    assert sum(taken) == 1
    assert [lease.held for lease in leases] == taken
    assert [lease.elsewhere for lease in leases] == [not one for one in taken]


async def test_it_is_kept_beyond_its_time_and_goes_over_when_it_is_not(database: Database) -> None:
    one, other = Lease(database, SystemClock(), QUICK), Lease(database, SystemClock(), QUICK)
    assert await one.take()
    async with kept(one):
        await asyncio.sleep(2 * QUICK.ttl)
        assert not await other.take()
        assert one.held
    await asyncio.sleep(1.5 * QUICK.ttl)
    assert await other.take()
    assert await fence(database) == 2


async def test_given_back_it_can_be_taken_at_once(database: Database) -> None:
    one, other = Lease(database, SystemClock(), LONG), Lease(database, SystemClock(), LONG)
    assert await one.take()
    await one.give_back()
    assert not one.held
    assert await other.take()
    await one.give_back()
    assert await fence(database) == 2, "whoever has lost it gives nothing back"
    assert not await one.take()


async def test_its_time_is_the_databases_whatever_the_clocks_of_the_hosts_are(database: Database) -> None:
    clock = Skewed()
    one, other = Lease(database, SystemClock(), LONG), Lease(database, clock, LONG)
    assert await one.take()
    clock.ahead = 1e6
    assert not await other.take()
    clock.ahead = -1e6
    assert not await other.take()
    await expire(database)
    assert await other.take()


async def test_a_write_goes_on_at_once_while_there_is_time(database: Database) -> None:
    lease = Lease(database, SystemClock(), LONG)
    assert await lease.take()
    await database.close()  # it is not asked
    await asyncio.wait_for(lease.guard(8.0), 0.05)


async def test_a_write_that_would_outlast_it_waits_for_a_renewal(database: Database) -> None:
    clock = Skewed()
    lease = Lease(database, clock, LONG)
    assert await lease.take()
    clock.ahead = 55.0
    await asyncio.wait_for(lease.guard(8.0), 2.0)
    clock.ahead = 60.0
    await asyncio.wait_for(lease.guard(30.0), 2.0)


async def test_a_write_never_goes_on_once_another_has_it(database: Database) -> None:
    clock = Skewed()
    one, other = Lease(database, clock, LONG), Lease(database, SystemClock(), LONG)
    await never(one.guard(8.0))
    assert await one.take()
    await expire(database)
    assert await other.take()
    clock.ahead = 58.0
    await never(one.guard(8.0))
    assert not one.held


async def test_a_pause_that_nobody_used_costs_nothing(database: Database) -> None:
    clock = Skewed()
    lease = Lease(database, clock, LONG)
    assert await lease.take()
    await expire(database)
    clock.ahead = 1000.0
    async with kept(lease) as task:
        await asyncio.wait_for(lease.guard(8.0), 2.0)
        await asyncio.sleep(0.3)
        assert not task.done()
    assert await fence(database) == 1


async def test_whoever_has_it_no_more_commits_nothing(database: Database) -> None:
    one, other = Lease(database, SystemClock(), LONG), Lease(database, SystemClock(), LONG)
    assert await one.take()
    mine = SqlNotes(one.working(), one.clock)
    await mine.put("before", "")
    await expire(database)
    await mine.put("nobody has taken it", "")
    assert await other.take()
    await never(mine.put("after", ""))
    assert not one.held
    await never(mine.put("and again", ""))
    await SqlNotes(other.working(), other.clock).put("of the other", "")
    assert await notes(database) == ["before", "nobody has taken it", "of the other"]


async def test_a_holder_that_came_back_is_not_the_one_it_was(database: Database) -> None:
    lease = Lease(database, SystemClock(), LONG)
    assert await lease.take()
    before = Lease(database, SystemClock(), LONG, lease.holder)
    assert await before.take()
    await never(SqlNotes(lease.working(), lease.clock).put("of the first time", ""))
    assert await notes(database) == []


async def test_it_is_not_taken_between_a_question_and_its_commit(database: Database) -> None:
    one, other = Lease(database, SystemClock(), QUICK), Lease(database, SystemClock(), QUICK)
    assert await one.take()
    async with one.working().writing() as connection:
        await asyncio.sleep(1.5 * QUICK.ttl)
        taking = asyncio.create_task(other.take())
        await asyncio.sleep(0.3)
        assert not taking.done()
        await connection.execute(text("INSERT INTO notes VALUES ('in time', '', now())"))
    assert await taking
    assert await notes(database) == ["in time"]


async def test_a_transaction_that_stands_still_is_ended_by_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of a process that is stopped: it must keep nobody from taking the lease."""
    monkeypatch.setattr("bot.store.lease.IDLE_MS", 200)
    one, other = Lease(database, SystemClock(), QUICK), Lease(database, SystemClock(), QUICK)
    assert await one.take()

    async def stand_still() -> None:
        async with one.working().writing() as connection:
            await asyncio.sleep(1.5)
            await connection.execute(text("INSERT INTO notes VALUES ('too late', '', now())"))

    standing = asyncio.create_task(stand_still())
    await asyncio.sleep(QUICK.ttl + 0.3)
    assert await asyncio.wait_for(other.take(), 1.0)
    with pytest.raises(StoreUnavailable):
        await standing
    assert await notes(database) == []


async def test_it_is_lost_when_the_database_is_away_for_its_time(postgres: Postgres, database: Database) -> None:
    lease = Lease(database, SystemClock(), QUICK)
    assert await lease.take()
    async with kept(lease) as task:
        postgres.stop()
        try:
            await asyncio.wait_for(task, 10.0)
            assert not lease.held
            await never(lease.guard(8.0))
        finally:
            postgres.start()
    assert await lease.take()


async def test_a_database_that_is_away_for_a_moment_costs_nothing(postgres: Postgres, database: Database) -> None:
    lease = Lease(database, SystemClock(), LONG)
    assert await lease.take()
    async with kept(lease) as task:
        postgres.stop()
        await asyncio.sleep(0.5)
        postgres.start()
        await asyncio.sleep(1.5)
        assert not task.done()
    assert await fence(database) == 1


async def test_whether_an_instance_works_can_be_asked_from_outside(database: Database, postgres: Postgres) -> None:
    assert not await somebody_leads(database)
    lease = Lease(database, SystemClock(), Terms(ttl=5.0))
    await lease.take()
    assert await somebody_leads(database)
    await expire(database)
    assert not await somebody_leads(database)
    await lease.take()
    await lease.give_back()
    assert not await somebody_leads(database)
    async with postgres.database() as url:
        empty = await open_database(url)
        assert not await somebody_leads(empty)
        await empty.close()
