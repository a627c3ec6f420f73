"""What was done: the history in memory and the one in SQL, of either kind, behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.chatops.history import PastOperation, PastOperations
from bot.chatops.ports import OperationState
from bot.clock import SystemClock
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.history import SqlHistory
from bot.store.operations import TABLE, SqlOperations
from tests.store.test_operations import FIRST, SECOND, of
from tests.support.databases import KINDS, empty_database
from tests.support.memory_history import MemoryHistory

ENDED = PastOperation(
    replace(FIRST, state=OperationState.FAILED, reply_text="no", receipt={"why": ["x"]}, delivered=True),
    FIRST.created_at + timedelta(seconds=4),
)
RUNNING = PastOperation(replace(SECOND, state=OperationState.RUNNING), None)
SAME_TIME = PastOperation(replace(SECOND, id="c" * 32, origin=of("message3"), words="rotate"), None)
ALL = (ENDED, RUNNING, SAME_TIME)
Having = Callable[..., Awaitable[PastOperations]]


async def keep(database: Database, past: PastOperation) -> None:
    await SqlOperations(database, SystemClock()).accept(past.operation)
    async with database.writing() as transaction:
        here = TABLE.c.id == past.operation.id
        await transaction.execute(update(TABLE).where(here).values(finished_at=past.finished_at))


@pytest.fixture(params=["memory", *KINDS])
async def having(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Having]:
    """`await having(…)`: a history that holds these."""

    async def in_memory(*past: PastOperation) -> PastOperations:
        return MemoryHistory(list(past))

    if request.param == "memory":
        yield in_memory
        return
    async with empty_database(request.param, tmp_path, request) as url:
        database = await open_database(url)
        await migrate.upgrade(database)

        async def in_sql(*past: PastOperation) -> PastOperations:
            for one in past:
                await keep(database, one)
            return SqlHistory(database)

        yield in_sql
        await database.close()


async def test_the_newest_comes_first_and_of_one_moment_the_greater_id(having: Having) -> None:
    history = await having(*ALL)
    assert await history.latest(10) == (SAME_TIME, RUNNING, ENDED)
    assert await history.latest(1) == (SAME_TIME,)


async def test_commands_can_be_left_out_and_do_not_count(having: Having) -> None:
    history = await having(*ALL)
    assert await history.latest(2, without=["status", "help"]) == (SAME_TIME, ENDED)
    assert await history.latest(2, without={"status", "rotate"}) == ()


async def test_one_is_found_by_its_id(having: Having) -> None:
    history = await having(*ALL)
    assert await history.find(ENDED.operation.id) == ENDED
    assert await history.find("") is None


async def test_without_operations_there_is_none(having: Having) -> None:
    history = await having()
    assert await history.latest(10) == ()
    assert await history.find("x") is None


@pytest.mark.parametrize("receipt", ["{no json", "5", "[]", "null"])
async def test_a_damaged_receipt_hides_nothing(sqlite: Database, receipt: str) -> None:
    await keep(sqlite, ENDED)
    async with sqlite.writing() as transaction:
        await transaction.execute(text("UPDATE operations SET receipt = :receipt"), {"receipt": receipt})
    [found] = await SqlHistory(sqlite).latest(10)
    assert found.operation == replace(ENDED.operation, receipt={})
