"""The loop around the work: begun when the lease is taken, over before anybody else may have it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.clock import SystemClock
from bot.errors import ConfigError
from bot.leader import ended, lead, until_one_ends
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.lease import Lease, Terms
from bot.store.notes import SqlNotes
from tests.support.postgres import Postgres
from tests.support.realtime import until

QUICK = Terms(ttl=1.0, renew=0.1, attempt=0.05)


class Instance:
    """One that may lead; counts how often it began to work, and whether it works."""

    def __init__(self, database: Database) -> None:
        self.lease = Lease(database, SystemClock(), QUICK)
        self.began = 0
        self.works = False
        self.stubborn = False
        self.task = asyncio.create_task(lead(self.lease, SystemClock(), self.work))

    async def work(self) -> None:
        self.began, self.works = self.began + 1, True
        try:
            await asyncio.Event().wait()
        finally:
            if self.stubborn:
                # What is tidied up waits for a lease that is gone.
                await SqlNotes(self.lease.working(), SystemClock()).put("the end", "")
            self.works = False

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    async with postgres.database() as url:
        opened = await open_database(url)
        await migrate.upgrade(opened)
        yield opened
        await opened.close()


@contextlib.asynccontextmanager
async def instances(database: Database, count: int) -> AsyncIterator[list[Instance]]:
    made = [Instance(database) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            await one.stop()


async def give_to_another(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE leases SET holder = 'another', fence = fence + 1"))


async def test_one_of_three_works_and_another_goes_on_when_it_stops(database: Database) -> None:
    async with instances(database, 3) as three:
        for left in (3, 2, 1):
            await until(lambda: sum(one.works for one in three) == 1)
            await asyncio.sleep(0.2)
            [leader] = [one for one in three if one.works]
            assert sum(one.began for one in three) == 4 - left
            await leader.stop()
            assert not leader.works


async def test_an_instance_that_lost_it_ends_its_work_and_stands_by(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with instances(database, 1) as [one]:
        await until(lambda: one.works)
        await give_to_another(database)
        await until(lambda: not one.works)
        await asyncio.sleep(0.2)
        assert (one.began, one.lease.elsewhere) == (1, True)
        await until(lambda: one.works)
        assert one.began == 2


async def test_work_whose_end_waits_for_a_lease_that_is_gone_is_cancelled_once_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.leader.END_WITHIN", 0.2)
    async with instances(database, 1) as [one]:
        one.stubborn = True
        await until(lambda: one.works)
        await give_to_another(database)
        await until(lambda: one.began == 2)


async def test_it_is_kept_until_the_work_has_ended(database: Database) -> None:
    async with instances(database, 1) as [one]:
        one.stubborn = True
        await until(lambda: one.works)
        await one.stop()
        assert await SqlNotes(database, SystemClock()).get("the end") == ""
        assert not one.lease.held


async def test_what_the_work_raises_ends_it_and_gives_the_lease_back(database: Database) -> None:
    async def fail() -> None:
        raise ConfigError("wrong")

    lease, other = Lease(database, SystemClock(), QUICK), Lease(database, SystemClock(), QUICK)
    with pytest.raises(ConfigError):
        await lead(lease, SystemClock(), fail)
    assert await other.take()


async def test_a_database_that_is_away_at_first_is_waited_for(postgres: Postgres, database: Database) -> None:
    postgres.stop()
    async with instances(database, 1) as [one]:
        await asyncio.sleep(0.3)
        assert not one.works
        postgres.start()
        await until(lambda: one.works)


async def test_works_side_by_side_end_together() -> None:
    order: list[str] = []

    async def one(name: str, seconds: float, error: Exception | None = None) -> None:
        try:
            await asyncio.sleep(seconds)
            if error is not None:
                raise error
        finally:
            order.append(name)

    with pytest.raises(ConfigError):
        await until_one_ends(one("first", 60), one("second", 60), one("third", 0.01, ConfigError("wrong")))
    assert order == ["third", "second", "first"]


async def test_whoever_is_cancelled_while_it_ends_something_ends_it_and_is_cancelled() -> None:
    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.1)

    task = asyncio.create_task(slow())
    await asyncio.sleep(0)
    ending = asyncio.create_task(ended(task))
    await asyncio.sleep(0.01)
    ending.cancel()
    await asyncio.wait({ending})
    assert (task.cancelled(), ending.cancelled()) == (True, True)
