"""Operations: once for one message, and found again until delivered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import URL
from sqlalchemy.exc import IntegrityError

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, Operations, OperationState
from bot.clock import SystemClock
from bot.store.engine import Database, open_database
from bot.store.operations import SqlOperations
from tests.support.chat import message_id_of


def of(message_id: str) -> FromMessage:
    return FromMessage(message_id, "room", "thread", "user", "ada")


FIRST = Operation(
    id="a" * 32,
    origin=of("message1"),
    words="rotate --dry-run",
    reply_id="6fuGEEsEZbht2QAgt",
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
)
SECOND = replace(
    FIRST,
    id="b" * 32,
    origin=of("message2"),
    words="status",
    created_at=FIRST.created_at + timedelta(seconds=1),
)


@pytest.fixture
def operations(database: Database) -> SqlOperations:
    return SqlOperations(database, SystemClock())


def test_it_is_the_port(operations: SqlOperations) -> None:
    port: Operations = operations
    assert port is operations


async def test_what_is_accepted_is_found_again_whole(operations: SqlOperations) -> None:
    whole = replace(FIRST, receipt={"gap_ms": 12, "proof": ["ours"]}, reply_text="…", state=OperationState.RUNNING)
    assert await operations.accept(whole) == whole
    assert await operations.of_message(message_id_of(whole)) == whole


async def test_a_second_operation_for_a_message_is_refused(operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    assert await operations.accept(replace(FIRST, id="c" * 32)) is None
    assert await operations.of_message(message_id_of(FIRST)) == FIRST


async def test_an_id_taken_by_another_message_is_no_repetition(operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    with pytest.raises(IntegrityError):
        await operations.accept(replace(FIRST, origin=of("another")))


async def test_of_many_at_the_same_time_one_is_accepted(database: Database, database_url: URL) -> None:
    other = await open_database(database_url)
    try:
        stores = [SqlOperations(d, SystemClock()) for d in (database, other)]
        given = [stores[n % 2].accept(replace(FIRST, id=f"{n:032x}")) for n in range(20)]
        accepted = [operation for operation in await asyncio.gather(*given) if operation]
        assert len(accepted) == 1
        assert await stores[0].unfinished() == tuple(accepted)
    finally:
        await other.close()


async def test_unfinished_is_what_was_not_delivered_oldest_first(operations: SqlOperations) -> None:
    await operations.accept(SECOND)
    await operations.accept(FIRST)
    assert await operations.unfinished() == (FIRST, SECOND)
    await operations.finish(FIRST.id, OperationState.DONE, "done")
    assert [o.id for o in await operations.unfinished()] == [FIRST.id, SECOND.id]
    await operations.delivered(FIRST.id)
    assert await operations.unfinished() == (SECOND,)


async def test_note_changes_the_state_alone(operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    await operations.note(FIRST.id, OperationState.RUNNING)
    assert await operations.of_message(message_id_of(FIRST)) == replace(FIRST, state=OperationState.RUNNING)


async def test_finish_keeps_answer_and_receipt(operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    await operations.finish(FIRST.id, OperationState.FAILED, "no", {"why": "x"})
    assert await operations.of_message(message_id_of(FIRST)) == replace(
        FIRST, state=OperationState.FAILED, reply_text="no", receipt={"why": "x"}
    )


async def test_finish_without_receipt_leaves_the_one_that_is_there(operations: SqlOperations) -> None:
    await operations.accept(replace(FIRST, receipt={"kept": True}))
    await operations.finish(FIRST.id, OperationState.DONE, "yes")
    found = await operations.of_message(message_id_of(FIRST))
    assert found is not None
    assert found.receipt == {"kept": True}


async def test_only_an_end_finishes(operations: SqlOperations) -> None:
    with pytest.raises(ValueError, match="no end"):
        await operations.finish(FIRST.id, OperationState.RUNNING, "")


async def test_an_origin_that_this_version_does_not_know_is_odd(database: Database, operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    async with database.writing() as connection:
        await connection.exec_driver_sql("UPDATE operations SET origin = 'tide', message_id = NULL, user_id = NULL")
    [found] = await operations.unfinished()
    assert found.state is OperationState.ODD


async def test_two_operations_without_a_message_are_two(database: Database, operations: SqlOperations) -> None:
    await operations.accept(FIRST)
    await operations.accept(SECOND)
    async with database.writing() as connection:
        await connection.exec_driver_sql("UPDATE operations SET message_id = NULL")
    assert len(await operations.unfinished()) == 2


async def test_last_is_the_newest_that_ended_of_its_kind(operations: SqlOperations) -> None:
    later = replace(SECOND, words="rotate", origin=of("message3"))
    await operations.accept(FIRST)
    await operations.accept(later)
    assert await operations.last("rotate") is None
    await operations.finish(FIRST.id, OperationState.DONE, "1")
    last = await operations.last("rotate")
    assert last is not None
    assert last.id == FIRST.id
    await operations.finish(later.id, OperationState.DONE, "2")
    last = await operations.last("rotate")
    assert last is not None
    assert last.id == later.id


async def test_times_come_back_in_utc(operations: SqlOperations) -> None:
    local = FIRST.created_at.astimezone(timezone(timedelta(hours=5)))
    await operations.accept(replace(FIRST, created_at=local))
    found = await operations.of_message(message_id_of(FIRST))
    assert found is not None
    assert (found.created_at, found.created_at.tzinfo) == (FIRST.created_at, UTC)


async def test_a_time_without_zone_is_refused(operations: SqlOperations) -> None:
    with pytest.raises(Exception, match="without zone"):
        await operations.accept(replace(FIRST, created_at=datetime(2026, 1, 1)))
