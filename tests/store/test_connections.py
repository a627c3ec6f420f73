"""Desired states: kept whole, encrypted, and never overwritten silently."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation
from bot.clock import SystemClock
from bot.connection.lost_key import LostKey
from bot.connection.ports import Connections
from bot.connection.state import Connection, Marker, ServiceName
from bot.errors import StoreUnavailable, UserError
from bot.secret import Secret, new_secret
from bot.store.connections import Overtaken, SqlConnections
from bot.store.engine import Database
from bot.store.operations import SqlOperations
from bot.store.vault import Vault
from tests.support.chat import message_id_of

CLOCK = SystemClock()
PLAIN = Connection(
    id="7f3c0001",
    name=ServiceName("Encvoy ID", "Encvoyid"),
    site_url="https://chat.example.org",
    application_name="Rocket.Chat (chat.example.org)",
    settings={"token_path": "/oidc/token", "merge_users": True, "a_last": ""},
)
FULL = replace(
    PLAIN,
    enabled=False,
    absent=True,
    client_id="cvkMymB3jni2ZW8EKfrhHg",
    current=new_secret(),
    pending=new_secret(),
    marker=Marker("button_label_color", "#fffFFF"),
    rules=frozenset({"login"}),
    undoing=True,
    settle=2.53,
    proved_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    label="Войти через Encvoy ID",
    adopted=True,
    kept={"login_style": "popup", "merge_users": False},
    former=("https://old.example.org/_oauth/encvoyid",),
)


def test_full_leaves_no_field_as_it_is_by_default() -> None:
    """So that a column which is not kept shows."""
    assert [field.name for field in fields(Connection) if getattr(FULL, field.name) in (field.default, {})] == []


@pytest.fixture
def connections(database: Database, vault: Vault) -> SqlConnections:
    return SqlConnections(database, vault, CLOCK)


@pytest.mark.parametrize("connection", [PLAIN, FULL], ids=["plain", "full"])
async def test_every_field_comes_back(connection: Connection, connections: SqlConnections) -> None:
    port: Connections = connections
    await port.save(connection)
    found = await port.get()
    assert found == connection
    assert list(found.settings) == list(connection.settings)


async def test_a_look_that_ends_after_a_write_is_not_taken_for_a_newer_one(
    connections: SqlConnections, database: Database
) -> None:
    """`status` looks while `setup` writes."""
    await connections.save(PLAIN)
    reading = database.reading

    @contextlib.asynccontextmanager
    async def overtaken() -> AsyncIterator[AsyncConnection]:
        async with reading() as transaction:
            yield transaction
        await connections.save(FULL)

    object.__setattr__(database, "reading", overtaken)
    assert await connections.get() == PLAIN
    object.__setattr__(database, "reading", reading)

    await connections.save(replace(FULL, enabled=True))
    assert await connections.get() == replace(FULL, enabled=True)


DAMAGES = [("settings", '{"scope"'), ("settings", "[]"), ("settings", "null"), ("settings", '{"scope": 5}')]
DAMAGES += [("rules", "{"), ("rules", "5"), ("rules", "[[]]"), ("rules", "null")]


async def damage(database: Database, column: str, value: str) -> None:
    async with database.writing() as transaction:
        cast = "CAST(:value AS JSON)" if database.is_postgresql else ":value"
        await transaction.execute(text(f"UPDATE connections SET {column} = {cast}"), {"value": value})


@pytest.mark.parametrize(("column", "value"), DAMAGES)
async def test_a_row_that_cannot_be_read_is_said_to_be_damaged(
    connections: SqlConnections, database: Database, column: str, value: str
) -> None:
    await connections.save(FULL)
    if database.is_postgresql and value[-1] in '{"':  # it keeps only what is JSON
        with pytest.raises(StoreUnavailable, match="database"):
            await damage(database, column, value)
        return
    await damage(database, column, value)
    with pytest.raises(UserError, match="record of the connection is damaged") as caught:
        await connections.get()
    assert "backup" in caught.value.fix


async def test_saving_again_replaces_every_field(connections: SqlConnections) -> None:
    await connections.save(FULL)
    await connections.save(PLAIN)
    assert await connections.get("encvoyid") == PLAIN


async def test_nothing_is_there_at_first_nor_under_another_name(connections: SqlConnections) -> None:
    assert await connections.get() is None
    await connections.save(PLAIN)
    assert await connections.get("another") is None


async def test_one_of_several_must_be_named(connections: SqlConnections) -> None:
    other = replace(PLAIN, id="7f3c0002", name=ServiceName("Other", "Other"))
    await connections.save(PLAIN)
    await connections.save(other)
    assert await connections.get("other") == other
    with pytest.raises(UserError, match="encvoyid, other"):
        await connections.get()


async def test_a_service_belongs_to_one_connection(connections: SqlConnections) -> None:
    await connections.save(PLAIN)
    with pytest.raises(UserError, match="encvoyid already"):
        await connections.save(replace(PLAIN, id="7f3c0002"))


async def test_delete_forgets_and_is_harmless_twice(connections: SqlConnections) -> None:
    await connections.save(PLAIN)
    await connections.delete(PLAIN.id)
    await connections.delete(PLAIN.id)
    assert await connections.get() is None
    await connections.save(PLAIN)
    assert await connections.get() == PLAIN


async def test_a_writer_that_was_overtaken_is_told_and_changes_nothing(database: Database, vault: Vault) -> None:
    first, second = (SqlConnections(database, vault, CLOCK) for _ in range(2))
    await first.save(PLAIN)
    await second.get()
    await second.save(FULL)
    with pytest.raises(Overtaken):
        await first.save(replace(PLAIN, enabled=False))
    with pytest.raises(Overtaken):
        await first.delete(PLAIN.id)
    assert await first.get() == FULL
    await first.save(PLAIN)
    assert await second.get() == PLAIN


async def test_a_writer_that_never_read_the_row_does_not_replace_it(database: Database, vault: Vault) -> None:
    await SqlConnections(database, vault, CLOCK).save(FULL)
    with pytest.raises(Overtaken):
        await SqlConnections(database, vault, CLOCK).save(PLAIN)


async def test_a_receipt_is_saved_with_the_connection_or_not_at_all(database: Database, vault: Vault) -> None:
    operations = SqlOperations(database, CLOCK)
    operation = Operation("a" * 32, FromMessage("m", "r", None, "u", "ada"), "rotate", "6fuGEEsEZbht2QAgt", CLOCK.now())
    await operations.accept(operation)
    connections, overtaken = (SqlConnections(database, vault, CLOCK) for _ in range(2))
    await connections.save(PLAIN, operation_id=operation.id)
    assert await operations.of_message(message_id_of(operation)) == operation
    with pytest.raises(Overtaken):
        await overtaken.save(FULL, operation_id=operation.id, receipt={"gap_ms": 1})
    assert await operations.of_message(message_id_of(operation)) == operation
    await connections.save(FULL, operation_id=operation.id, receipt={"gap_ms": 2})
    assert await operations.of_message(message_id_of(operation)) == replace(operation, receipt={"gap_ms": 2})


async def test_no_secret_is_in_the_files(sqlite: Database, vault: Vault, key: Secret) -> None:
    await SqlConnections(sqlite, vault, CLOCK).save(FULL)
    await sqlite.close()
    folder = Path(str(sqlite.engine.url.database)).parent
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert FULL.id.encode() in content
    for secret in (FULL.current, FULL.pending, key):
        assert secret is not None
        assert secret.reveal().encode() not in content


async def test_without_the_right_key_the_fix_is_named(database: Database, vault: Vault) -> None:
    await SqlConnections(database, vault, CLOCK).save(FULL)
    stranger = Vault([Secret(Fernet.generate_key().decode())])
    with pytest.raises(LostKey, match="SSOBOT_KEYS"):
        await SqlConnections(database, stranger, CLOCK).get()
