"""Which secrets in the database the keys open: found by reading, in both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, text

from bot.clock import SystemClock
from bot.connection.state import Connection, ServiceName
from bot.doctor.own import Sealed
from bot.secret import Secret, new_secret
from bot.store.connections import CURRENT, SqlConnections
from bot.store.engine import Database, open_database
from bot.store.fingerprints import kept_fingerprints
from bot.store.notes import SqlNotes
from bot.store.sealed import try_keys
from bot.store.vault import Vault

CLOCK = SystemClock()
WHY = "None of the keys in SSOBOT_KEYS can decrypt it."
CONNECTION = Connection(
    id="7f3c0001",
    name=ServiceName("Encvoy ID", "Encvoyid"),
    site_url="https://chat.example.org",
    application_name="Rocket.Chat",
    settings={"scope": "openid"},
    current=new_secret(),
    pending=new_secret(),
)
CLOSED = {"encvoyid: current secret": WHY, "encvoyid: pending secret": WHY}


def a_key() -> Secret:
    return Secret(Fernet.generate_key().decode())


async def keep(database: Database, vault: Vault, connection: Connection = CONNECTION) -> None:
    await SqlConnections(database, vault, CLOCK).save(connection)


async def test_the_right_key_opens_everything(database: Database, vault: Vault) -> None:
    await keep(database, vault)
    assert await try_keys(database, vault) == Sealed(opened=2)


async def test_another_key_opens_nothing_and_each_secret_is_named(database: Database, vault: Vault) -> None:
    await keep(database, vault)
    assert await try_keys(database, Vault([a_key()])) == Sealed(opened=0, closed=CLOSED)


async def test_a_key_that_is_missing_from_the_middle_is_found_by_what_it_sealed(database: Database) -> None:
    oldest, middle, newest = a_key(), a_key(), a_key()
    await keep(database, Vault([oldest]), replace(CONNECTION, pending=None))
    connections = SqlConnections(database, Vault([middle, oldest]), CLOCK)
    found = await connections.get()
    assert found is not None
    await connections.save(replace(found, pending=new_secret()))
    async with database.writing() as transaction:
        sealed = Vault([oldest]).seal(new_secret(), CONNECTION.id, CURRENT)
        await transaction.execute(text("UPDATE connections SET current_secret = :sealed"), {"sealed": sealed})
    assert await try_keys(database, Vault([newest, middle, oldest])) == Sealed(opened=2, older=2)
    assert await try_keys(database, Vault([newest, oldest])) == Sealed(1, {"encvoyid: pending secret": WHY}, older=1)


async def test_a_secret_in_another_place_is_told_from_a_missing_key(database: Database, vault: Vault) -> None:
    await keep(database, vault)
    async with database.writing() as transaction:
        await transaction.execute(text("UPDATE connections SET current_secret = pending_secret"))
    ((name, why),) = (await try_keys(database, vault)).closed.items()
    assert name == "encvoyid: current secret"
    assert "a different place in the database" in why


async def test_what_a_note_keeps_of_a_connection_counts_too(database: Database, vault: Vault) -> None:
    row = {"id": "x1", "service": "encvoyid", CURRENT: vault.seal(new_secret(), "x1", CURRENT), "pending_secret": None}
    notes = SqlNotes(database, CLOCK)
    await notes.put("before o1", json.dumps(row))
    for key, value in {"slash:r1": "", "before o2": "null", "odd": "{no json", "odder": "{}"}.items():
        await notes.put(key, value)
    assert await try_keys(database, vault) == Sealed(opened=1)
    other = await try_keys(database, Vault([a_key()]))
    assert other == Sealed(0, {"encvoyid, as it was: current secret": WHY})


async def test_the_key_of_the_fingerprints_counts_too(database: Database, vault: Vault) -> None:
    await kept_fingerprints(SqlNotes(database, CLOCK), vault)
    assert await try_keys(database, vault) == Sealed(opened=1)
    assert await try_keys(database, Vault([a_key()])) == Sealed(0, {"key of the fingerprints": WHY})


async def test_there_is_nothing_in_a_database_that_is_new(database_url: URL, vault: Vault) -> None:
    database = await open_database(database_url)
    try:
        assert await try_keys(database, vault) == Sealed()
    finally:
        await database.close()


async def test_it_writes_nothing(database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    await keep(database, vault)
    monkeypatch.delattr(Database, "writing")
    assert (await try_keys(database, Vault([a_key()]))).closed == CLOSED
