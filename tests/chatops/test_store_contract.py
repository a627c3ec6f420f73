"""What chatops relies on: the in-memory store and the one in SQL, of either kind, behave alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Notes, Operation, Operations, OperationState
from bot.chatops.posting import new_message_id
from bot.store import migrate
from bot.store.engine import open_database
from bot.store.notes import SqlNotes
from bot.store.operations import SqlOperations
from tests.support.chat import MemoryNotes, MemoryOperations
from tests.support.clocks import START, SteppedClock
from tests.support.databases import KINDS, empty_database


@dataclass
class Store:
    """One of the two."""

    operations: Operations
    notes: Notes


@pytest.fixture(params=["memory", *KINDS])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield Store(MemoryOperations(), MemoryNotes())
        return
    async with empty_database(request.param, tmp_path, request) as url:
        database = await open_database(url)
        await migrate.upgrade(database)
        yield Store(SqlOperations(database, SteppedClock()), SqlNotes(database, SteppedClock()))
        await database.close()


def operation(number: int, message_id: str = "") -> Operation:
    return Operation(
        id=f"op{number}",
        origin=FromMessage(message_id or f"m{number}", "room1", "t1", "anna1", "anna"),
        words='setup --name "Encvoy ID"',
        reply_id=new_message_id(),
        created_at=START + timedelta(seconds=number),
    )


async def test_what_is_accepted_is_found_as_it_was(store: Store) -> None:
    wanted = replace(operation(1), origin=FromMessage("m1", "room1", None, "anna1", "anna"))
    assert await store.operations.accept(wanted) == wanted
    assert await store.operations.unfinished() == (wanted,)


async def test_a_message_has_one_operation(store: Store) -> None:
    same = [operation(number, message_id="m") for number in range(5)]
    accepted = await asyncio.gather(*(store.operations.accept(one) for one in same))
    assert [one is None for one in accepted].count(False) == 1
    assert len(await store.operations.unfinished()) == 1


async def test_it_is_found_by_its_message(store: Store) -> None:
    wanted = await store.operations.accept(operation(1))
    assert await store.operations.of_message("m1") == wanted
    assert await store.operations.of_message("m2") is None


async def test_the_oldest_comes_first(store: Store) -> None:
    for number in (3, 1, 2):
        await store.operations.accept(operation(number))
    assert [found.id for found in await store.operations.unfinished()] == ["op1", "op2", "op3"]


@pytest.mark.parametrize("end", [OperationState.DONE, OperationState.FAILED])
async def test_it_is_at_rest_once_its_answer_is_delivered(store: Store, end: OperationState) -> None:
    await store.operations.accept(operation(1))
    await store.operations.note("op1", OperationState.RUNNING)
    [running] = await store.operations.unfinished()
    assert running.state is OperationState.RUNNING
    await store.operations.finish("op1", end, "the answer", {"changed": True})
    [ended] = await store.operations.unfinished()
    assert (ended.state, ended.reply_text, ended.receipt) == (end, "the answer", {"changed": True})
    await store.operations.delivered("op1")
    assert await store.operations.unfinished() == ()


async def test_a_receipt_stays_where_none_is_given(store: Store) -> None:
    await store.operations.accept(operation(1))
    await store.operations.accept(operation(2))
    assert await store.operations.finish("op1", OperationState.DONE, "first", {"changed": True})
    assert await store.operations.finish("op1", OperationState.FAILED, "second")
    assert not await store.operations.finish("op2", OperationState.DONE, "without")
    found, _ = await store.operations.unfinished()
    assert (found.reply_text, found.receipt) == ("second", {"changed": True})


async def test_a_delivered_message_is_not_accepted_again(store: Store) -> None:
    await store.operations.accept(operation(1))
    await store.operations.finish("op1", OperationState.DONE, "the answer")
    await store.operations.delivered("op1")
    assert await store.operations.accept(operation(2, message_id="m1")) is None


async def test_notices_are_kept_and_replaced(store: Store) -> None:
    assert await store.notes.get("key") is None
    await store.notes.put("key", "one")
    await store.notes.put("key", "two")
    assert (await store.notes.get("key"), await store.notes.get("other")) == ("two", None)
