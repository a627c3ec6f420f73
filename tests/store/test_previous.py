"""What was desired before an operation is kept until it ends, and can be desired again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from bot.chatops.ports import OperationState
from bot.connection.previous import Previous
from bot.secret import new_secret
from bot.store.connection_row import Damaged
from bot.store.connections import Overtaken, SqlConnections
from bot.store.engine import Database
from bot.store.notes import TABLE as NOTES
from bot.store.operations import TABLE as OPERATIONS
from bot.store.operations import SqlOperations
from bot.store.vault import Vault
from tests.store.test_connections import CLOCK, FULL, PLAIN
from tests.store.test_operations import FIRST, SECOND

REST = replace(PLAIN, client_id="client1", current=new_secret())
ROTATED = replace(REST, pending=new_secret())


@pytest.fixture
async def connections(database: Database, vault: Vault) -> SqlConnections:
    for one in (FIRST, SECOND):
        await SqlOperations(database, CLOCK).accept(one)
    return SqlConnections(database, vault, CLOCK)


async def test_an_operation_that_committed_nothing_has_no_before(connections: SqlConnections) -> None:
    await connections.save(REST)
    assert await connections.before(FIRST.id) is None
    await connections.revert(FIRST.id)
    assert await connections.get() == REST


async def test_what_was_new_is_gone(connections: SqlConnections) -> None:
    await connections.save(PLAIN, operation_id=FIRST.id)
    assert await connections.before(FIRST.id) == Previous(None)
    await connections.revert(FIRST.id)
    assert await connections.get() is None
    assert await connections.before(FIRST.id) is None
    await connections.save(REST, operation_id=FIRST.id)
    assert await connections.get() == REST


async def test_every_field_of_what_was_there_comes_back(connections: SqlConnections) -> None:
    await connections.save(FULL)
    await connections.save(replace(PLAIN, id=FULL.id), operation_id=FIRST.id)
    assert await connections.before(FIRST.id) == Previous(FULL)
    await connections.revert(FIRST.id)
    assert await connections.get() == FULL
    await connections.save(ROTATED, operation_id=FIRST.id)
    assert await connections.before(FIRST.id) == Previous(FULL)


@pytest.mark.parametrize("value", ["", "{", "5", "[]", "{}", '{"id": "x"}'])
async def test_what_was_there_and_cannot_be_read_is_said_to_be_damaged(
    connections: SqlConnections, database: Database, value: str
) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    async with database.writing() as transaction:
        await transaction.execute(update(NOTES).values(value=value))
    for ask in (connections.before, connections.revert):
        with pytest.raises(Damaged):
            await ask(FIRST.id)
    assert await connections.get() == ROTATED


async def test_the_first_wish_of_an_operation_counts(connections: SqlConnections) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    await connections.save(replace(ROTATED, undoing=True), operation_id=FIRST.id)
    assert await connections.before(FIRST.id) == Previous(REST)


async def test_what_was_kept_before_the_time_of_the_proof_was_is_read_all_the_same(
    connections: SqlConnections, database: Database
) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    async with database.writing() as transaction:
        row = json.loads(await transaction.scalar(select(NOTES.c.value)) or "")
        del row["proved_at"]
        await transaction.execute(update(NOTES).values(value=json.dumps(row)))
    assert await connections.before(FIRST.id) == Previous(REST)


async def test_after_a_restart_it_is_taken_back_as_well(
    connections: SqlConnections, database: Database, vault: Vault
) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    await SqlConnections(database, vault, CLOCK).revert(FIRST.id)
    assert await SqlConnections(database, vault, CLOCK).get() == REST


async def test_a_connection_that_is_gone_does_not_come_back(connections: SqlConnections) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    await connections.delete(REST.id)
    await connections.revert(FIRST.id)
    assert await connections.get() is None


async def test_the_receipt_outlives_the_connection_and_so_does_what_was_before(
    connections: SqlConnections, database: Database
) -> None:
    operations = SqlOperations(database, CLOCK)
    await connections.save(REST)
    await connections.save(replace(REST, absent=True), operation_id=FIRST.id)
    await connections.delete(REST.id, operation_id=FIRST.id, receipt={"outcome": "done"})
    assert await connections.get() is None
    assert [found.receipt for found in await operations.unfinished()] == [{"outcome": "done"}, None]
    assert await connections.before(FIRST.id) == Previous(REST)


async def test_a_receipt_is_not_kept_if_the_connection_is_not_deleted(
    connections: SqlConnections, database: Database, vault: Vault
) -> None:
    await connections.save(REST)
    await connections.save(replace(REST, absent=True), operation_id=FIRST.id)
    other = SqlConnections(database, vault, CLOCK)
    await other.get()
    await other.save(ROTATED)
    with pytest.raises(Overtaken):
        await connections.delete(REST.id, operation_id=FIRST.id, receipt={"outcome": "done"})
    assert [found.receipt for found in await SqlOperations(database, CLOCK).unfinished()] == [None, None]
    assert await other.get() == ROTATED


async def test_what_an_older_version_did_not_keep_is_assumed(connections: SqlConnections, database: Database) -> None:
    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    async with database.writing() as transaction:
        await transaction.execute(delete(NOTES))
    assert await connections.before(FIRST.id) == Previous(REST)
    await connections.revert(FIRST.id)
    assert await connections.get() == REST


async def test_it_is_kept_encrypted_and_forgotten_at_the_end(connections: SqlConnections, database: Database) -> None:
    async def notes() -> list[str]:
        async with database.reading() as transaction:
            return list(await transaction.scalars(select(NOTES.c.value)))

    await connections.save(REST)
    await connections.save(ROTATED, operation_id=FIRST.id)
    [kept] = await notes()
    assert REST.current is not None
    assert REST.current.reveal() not in kept
    await SqlOperations(database, CLOCK).finish(FIRST.id, OperationState.FAILED, "the answer")
    assert await notes() == []


async def test_a_state_of_another_version_is_odd(connections: SqlConnections, database: Database) -> None:
    async with database.writing() as transaction:
        await transaction.execute(update(OPERATIONS).where(OPERATIONS.c.id == FIRST.id).values(state="paused"))
    found = {o.id: o.state for o in await SqlOperations(database, CLOCK).unfinished()}
    assert found == {FIRST.id: OperationState.ODD, SECOND.id: OperationState.ACCEPTED}


@pytest.mark.parametrize(("column", "value"), [("receipt", "{"), ("created_at", "yesterday")])
async def test_a_row_that_cannot_be_read_hides_no_other(sqlite: Database, column: str, value: str) -> None:
    """As somebody may have written it by hand; PostgreSQL lets nobody do that."""
    operations = SqlOperations(sqlite, CLOCK)
    for one in (FIRST, SECOND):
        await operations.accept(one)
    async with sqlite.writing() as transaction:
        await transaction.exec_driver_sql(f"UPDATE operations SET {column} = ? WHERE id = ?", (value, FIRST.id))
    found = {o.id: (o.state, o.words) for o in await operations.unfinished()}
    assert found == {
        FIRST.id: (OperationState.ODD, FIRST.words),
        SECOND.id: (OperationState.ACCEPTED, SECOND.words),
    }
