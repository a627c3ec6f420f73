"""A row whose key is lost: the rest of it is read, new secrets replace the old ones, and what was there comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from bot.clock import SystemClock
from bot.connection.lost_key import Locked, LostKey, kept, without_secrets
from bot.connection.state import Connection
from bot.secret import Secret, new_secret
from bot.store.connections import CURRENT, PENDING, TABLE, Overtaken, SqlConnections
from bot.store.engine import Database
from bot.store.operations import SqlOperations
from bot.store.vault import Vault
from tests.store.test_connections import FULL
from tests.store.test_operations import FIRST

CLOCK = SystemClock()
EXCHANGING = replace(FULL, absent=False)
AT_REST = replace(EXCHANGING, pending=None, undoing=False)
WITHOUT = {"current": None, "pending": None}
NO_KEY = (
    "None of the keys in SSOBOT_KEYS can decrypt it.",
    "Put the key with which it was encrypted back into SSOBOT_KEYS, behind the new one, and restart me; then `ssobot "
    "keys rotate` encrypts everything with the new one.",
)


@pytest.fixture
def other() -> Vault:
    """Without the key that was used before."""
    return Vault([Secret(Fernet.generate_key().decode())])


async def locked(connections: SqlConnections) -> Locked:
    with pytest.raises(LostKey) as caught:
        await connections.get()
    return caught.value.locked


async def ciphertexts(database: Database) -> tuple[str | None, str | None]:
    async with database.reading() as transaction:
        row = (await transaction.execute(select(TABLE.c[CURRENT], TABLE.c[PENDING]))).one()
        return row[0], row[1]


@pytest.mark.parametrize("there", [AT_REST, EXCHANGING], ids=["at rest", "exchanging"])
async def test_everything_but_the_secrets_is_read(
    there: Connection, database: Database, vault: Vault, other: Vault
) -> None:
    await SqlConnections(database, vault, CLOCK).save(there)
    connections = SqlConnections(database, other, CLOCK)
    rest = replace(there, **WITHOUT)  # type: ignore[arg-type]
    assert await locked(connections) == Locked(rest, there.exchanging, *NO_KEY)
    assert await kept(connections.get) == Locked(rest, there.exchanging, *NO_KEY)
    assert await without_secrets(connections.get) == rest


async def test_a_secret_that_a_key_decrypts_is_part_of_it(database: Database, vault: Vault, other: Vault) -> None:
    await SqlConnections(database, vault, CLOCK).save(EXCHANGING)
    pending = new_secret()
    async with database.writing() as transaction:
        sealed = other.seal(pending, EXCHANGING.id, PENDING)
        await transaction.execute(text("UPDATE connections SET pending_secret = :sealed"), {"sealed": sealed})
    found = await locked(SqlConnections(database, other, CLOCK))
    assert found == Locked(replace(EXCHANGING, current=None, pending=pending), True, *NO_KEY)


async def test_a_secret_in_another_place_is_locked_too_and_the_reason_is_that(database: Database, vault: Vault) -> None:
    connections = SqlConnections(database, vault, CLOCK)
    await connections.save(EXCHANGING)
    async with database.writing() as transaction:
        await transaction.execute(text("UPDATE connections SET current_secret = pending_secret"))
    found = await locked(connections)
    assert found.rest == replace(EXCHANGING, current=None)
    assert "a different place in the database" in found.why
    assert "from a backup" in found.fix


async def test_saved_with_new_secrets_it_replaces_the_row(database: Database, vault: Vault, other: Vault) -> None:
    await SqlConnections(database, vault, CLOCK).save(EXCHANGING)
    connections = SqlConnections(database, other, CLOCK)
    found = await locked(connections)
    restored = replace(found.rest, current=new_secret(), undoing=False, marker=None)
    await connections.save(restored)
    assert await SqlConnections(database, other, CLOCK).get() == restored


async def test_not_over_what_another_process_wrote_since(database: Database, vault: Vault, other: Vault) -> None:
    first = SqlConnections(database, vault, CLOCK)
    await first.save(AT_REST)
    connections = SqlConnections(database, other, CLOCK)
    found = await locked(connections)
    await first.save(replace(AT_REST, enabled=True))
    with pytest.raises(Overtaken):
        await connections.save(replace(found.rest, current=new_secret()))


async def test_taken_back_it_is_encrypted_as_it_was(database: Database, vault: Vault, other: Vault) -> None:
    """So that it can still be read with the key, should that be found."""
    await SqlOperations(database, CLOCK).accept(FIRST)
    await SqlConnections(database, vault, CLOCK).save(EXCHANGING)
    before = await ciphertexts(database)
    connections = SqlConnections(database, other, CLOCK)
    found = await locked(connections)
    await connections.save(replace(found.rest, current=new_secret()), operation_id=FIRST.id)
    with pytest.raises(LostKey):
        await connections.before(FIRST.id)
    await SqlConnections(database, other, CLOCK).revert(FIRST.id)
    assert await ciphertexts(database) == before
    assert await SqlConnections(database, vault, CLOCK).get() == EXCHANGING


async def test_a_connection_that_is_not_there_is_not_locked(database: Database, vault: Vault) -> None:
    connections = SqlConnections(database, vault, CLOCK)
    assert await kept(connections.get) is None
    assert await without_secrets(connections.get) is None
    await connections.save(FULL)
    assert await kept(connections.get) == await without_secrets(connections.get) == FULL
