"""All that is encrypted is encrypted anew with the first key: all or nothing, once, also beside a running bot."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, select, text, update

from bot.clock import SystemClock
from bot.connection.previous import Previous
from bot.connection.state import Connection
from bot.errors import StoreUnavailable
from bot.secret import Secret, new_secret
from bot.store import reseal as module
from bot.store.connections import CURRENT, TABLE, SqlConnections
from bot.store.engine import Database, open_database
from bot.store.fingerprints import kept_fingerprints
from bot.store.notes import TABLE as NOTES
from bot.store.notes import SqlNotes
from bot.store.operations import SqlOperations
from bot.store.reseal import Resealed, first_seals_fingerprints, reseal
from bot.store.sealed import sealed_rows, try_keys
from bot.store.tables import Base
from bot.store.vault import Vault
from tests.store.test_connections import FULL
from tests.store.test_operations import FIRST

CLOCK = SystemClock()
NOW = replace(FULL, pending=None, undoing=False)
CIPHERTEXT = "gAAAA"
"""How each of them begins (the version of Fernet, and a time before 2242)."""


def a_key() -> Secret:
    return Secret(Fernet.generate_key().decode())


OLD, NEW = a_key(), a_key()
BOTH = Vault([NEW, OLD])


async def fill(database: Database, vault: Vault) -> None:
    """A connection in the middle of an exchange, what was desired before, and the key of the fingerprints."""
    connections = SqlConnections(database, vault, CLOCK)
    await SqlOperations(database, CLOCK).accept(FIRST)
    await connections.save(NOW)
    await connections.save(FULL, operation_id=FIRST.id)
    await kept_fingerprints(SqlNotes(database, CLOCK), vault)


async def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    async with database.reading() as transaction:
        return {
            table.name: [tuple(row) for row in await transaction.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


async def test_everything_is_encrypted_anew_and_the_old_key_can_go(database: Database) -> None:
    await fill(database, Vault([OLD]))
    before = await kept_fingerprints(SqlNotes(database, CLOCK), Vault([OLD]))
    assert await reseal(database, BOTH) == Resealed(older=Counter({2: 4}))
    connections = SqlConnections(database, Vault([NEW]), CLOCK)
    assert await connections.get() == FULL
    assert await connections.before(FIRST.id) == Previous(NOW)
    assert await kept_fingerprints(SqlNotes(database, CLOCK), Vault([NEW])) == before
    assert (await try_keys(database, Vault([OLD]))).opened == 0


async def test_nothing_else_is_changed(database: Database) -> None:
    """Neither the revision, by which the bot knows its row, nor any time."""
    await fill(database, Vault([OLD]))
    connections = SqlConnections(database, BOTH, CLOCK)
    await connections.get()
    before = await dump(database)
    await reseal(database, BOTH)
    plain = [[value for value in row if not str(value).startswith((CIPHERTEXT, "{"))]
             for tables in (before, await dump(database)) for rows in tables.values() for row in rows]  # fmt: skip
    assert plain[: len(plain) // 2] == plain[len(plain) // 2 :]
    await connections.save(replace(FULL, settle=1.0))


async def test_no_ciphertext_is_anywhere_else(database: Database) -> None:
    """What somebody encrypts in another place one day is to be encrypted anew as well."""
    await fill(database, Vault([OLD]))
    async with database.reading() as transaction:
        known = {value for row in await sealed_rows(transaction) for value in row.values.values()}
    assert len(known) == 4
    assert repr(await dump(database)).count(CIPHERTEXT) == 4
    assert {name for name in TABLE.c.keys() if "secret" in name} == {CURRENT, "pending_secret"}  # noqa: SIM118


async def test_a_second_time_nothing_is_written(database: Database) -> None:
    await fill(database, Vault([OLD]))
    await reseal(database, BOTH)
    before = await dump(database)
    assert await reseal(database, BOTH) == Resealed(first=4)
    assert await dump(database) == before


async def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(database, Vault([OLD]))
    before = await dump(database)
    with monkeypatch.context() as patch:
        patch.delattr(Database, "writing")
        assert await reseal(database, BOTH, dry_run=True) == Resealed(older=Counter({2: 4}))
    assert await dump(database) == before


async def test_each_key_is_named_by_its_position(database: Database) -> None:
    middle = a_key()
    await fill(database, Vault([OLD]))
    async with database.writing() as transaction:
        sealed = Vault([middle]).seal(new_secret(), FULL.id, CURRENT)
        await transaction.execute(update(TABLE).values(**{CURRENT: sealed}))
    assert await reseal(database, Vault([NEW, middle, OLD])) == Resealed(older=Counter({2: 1, 3: 3}))


async def test_what_no_key_opens_stays_and_the_rest_is_done(database: Database) -> None:
    await fill(database, Vault([OLD]))
    async with database.writing() as transaction:
        lost = Vault([a_key()]).seal(new_secret(), FULL.id, CURRENT)
        await transaction.execute(update(TABLE).values(**{CURRENT: lost}))
    done = await reseal(database, BOTH)
    assert (done.anew, list(done.closed)) == (3, ["encvoyid: current secret"])
    async with database.reading() as transaction:
        assert await transaction.scalar(select(TABLE.c[CURRENT])) == lost
    assert await reseal(database, BOTH) == Resealed(first=3, closed=done.closed)


async def test_of_a_note_only_the_secrets_are_changed(database: Database) -> None:
    row = {"id": "x", "service": "s", CURRENT: Vault([OLD]).seal(new_secret(), "x", CURRENT), "pending_secret": None}
    notes = SqlNotes(database, CLOCK)
    await notes.put("before o1", json.dumps({**row, "a column of a later version": [1, None]}))
    await notes.put("odd", "{no json")
    assert (await reseal(database, BOTH)).anew == 1
    kept = json.loads(await notes.get("before o1") or "")
    assert kept["a column of a later version"] == [1, None]
    assert kept["pending_secret"] is None
    assert await notes.get("odd") == "{no json"


async def test_a_crash_in_the_middle_leaves_everything_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database, Vault([OLD]))
    before = await dump(database)
    seal, seen = Vault.seal, []

    def dying(self: Vault, *arguments: str) -> str:
        seen.append(arguments)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return seal(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "seal", dying)
        with pytest.raises(KeyboardInterrupt):
            await reseal(database, BOTH)
    assert await dump(database) == before
    assert (await reseal(database, BOTH)).anew == 4


async def test_a_new_database_has_nothing_to_do(database_url: URL) -> None:
    database = await open_database(database_url)
    try:
        assert await reseal(database, BOTH) == Resealed()
        assert not await first_seals_fingerprints(database, BOTH)
    finally:
        await database.close()


async def test_what_the_bot_writes_at_the_same_time_is_neither_lost_nor_left_behind(database: Database) -> None:
    """The bot has the new key in front; what it committed last stays, whoever was first."""
    await fill(database, Vault([OLD]))
    connections = SqlConnections(database, BOTH, CLOCK)
    there = await connections.get()
    assert there is not None

    async def work() -> Connection:
        desired = there
        for number in range(40):
            desired = replace(desired, current=new_secret(), settle=float(number))
            await connections.save(desired)
        return desired

    working = asyncio.create_task(work())
    while not working.done():
        await reseal(database, BOTH)
        await asyncio.sleep(0)
    assert await SqlConnections(database, Vault([NEW]), CLOCK).get() == await working


async def test_a_write_under_way_is_waited_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has read with the older key, and not yet committed, would be left behind."""
    await fill(database, Vault([OLD]))
    monkeypatch.setattr(module, "PATIENCE", 20.0)
    note = {"id": "y", "service": "s", CURRENT: Vault([OLD]).seal(new_secret(), "y", CURRENT), "pending_secret": None}
    async with database.writing() as transaction:
        await transaction.execute(
            text("INSERT INTO notes (key, value, created_at) VALUES ('before o9', :value, '2026-01-01 00:00:00')"),
            {"value": json.dumps(note)},
        )
        rotating = asyncio.create_task(reseal(database, BOTH))
        await asyncio.sleep(0.3)
        assert not rotating.done()
    assert (await rotating).anew == 5


async def test_a_database_that_stays_busy_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(database, Vault([OLD]))
    before = await dump(database)
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    async with database.writing() as transaction:
        await transaction.execute(update(NOTES).values(value=NOTES.c.value))
        with pytest.raises(StoreUnavailable):
            await reseal(database, BOTH)
    assert await dump(database) == before


async def test_the_key_of_the_fingerprints_shows_with_which_keys_a_bot_was_started(database: Database) -> None:
    notes = SqlNotes(database, CLOCK)
    assert not await first_seals_fingerprints(database, BOTH)
    await kept_fingerprints(notes, Vault([OLD]))
    assert not await first_seals_fingerprints(database, BOTH)
    await kept_fingerprints(notes, BOTH)
    assert await first_seals_fingerprints(database, BOTH)
    assert not await first_seals_fingerprints(database, Vault([a_key(), NEW]))
