"""One key of the fingerprints for a database, whatever becomes of SSOBOT_KEYS."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.clock import SystemClock
from bot.secret import Secret, new_secret
from bot.store.engine import Database
from bot.store.fingerprints import COLUMN, NOTE, kept_fingerprints
from bot.store.notes import SqlNotes
from bot.store.vault import Vault

SECRET = new_secret()


def a_key() -> Secret:
    return Secret(Fernet.generate_key().decode())


@pytest.fixture
def notes(database: Database) -> SqlNotes:
    return SqlNotes(database, SystemClock())


async def sealed(notes: SqlNotes) -> str:
    found = await notes.get(NOTE)
    assert found is not None
    return found


async def test_it_is_made_once_and_kept_encrypted(notes: SqlNotes, vault: Vault) -> None:
    first = await kept_fingerprints(notes, vault)
    assert first.key.decode() not in await sealed(notes)
    assert await kept_fingerprints(notes, vault) == first


async def test_each_database_has_its_own(notes: SqlNotes, vault: Vault) -> None:
    first = await kept_fingerprints(notes, vault)
    await notes.replace(NOTE, await sealed(notes), vault.seal(new_secret(), NOTE, COLUMN))
    assert (await kept_fingerprints(notes, vault)).key != first.key


async def test_several_that_start_at_once_get_the_same(notes: SqlNotes, vault: Vault) -> None:
    found = await asyncio.gather(*(kept_fingerprints(notes, vault) for _ in range(5)))
    assert len({one.key for one in found}) == 1


async def test_a_new_key_in_front_encrypts_it_anew_and_the_old_one_can_go(notes: SqlNotes) -> None:
    old, new = a_key(), a_key()
    before = await kept_fingerprints(notes, Vault([old]))
    assert await kept_fingerprints(notes, Vault([new, old])) == before
    with capture_logs() as logged:
        assert (await kept_fingerprints(notes, Vault([new]))).of(SECRET) == before.of(SECRET)
    assert logged == []


async def test_what_the_first_key_encrypted_is_not_written_again(notes: SqlNotes, vault: Vault) -> None:
    await kept_fingerprints(notes, vault)
    before = await sealed(notes)
    await kept_fingerprints(notes, vault)
    assert await sealed(notes) == before


async def test_if_no_key_decrypts_it_there_is_a_new_one_and_the_log_says_so(notes: SqlNotes, vault: Vault) -> None:
    before = await kept_fingerprints(notes, Vault([a_key()]))
    with capture_logs() as logged:
        found = await asyncio.gather(*(kept_fingerprints(notes, vault) for _ in range(5)))
    assert {one.key for one in found} == {(await kept_fingerprints(notes, vault)).key} != {before.key}
    [warning] = logged
    assert warning["log_level"] == "warning"
    assert before.key.decode() not in str(warning)


async def test_since_when_there_is_a_new_one_is_known_at_every_start(notes: SqlNotes) -> None:
    assert (await kept_fingerprints(notes, Vault([a_key()]))).since is None
    key, began = a_key(), notes.clock.now()
    anew = await kept_fingerprints(notes, Vault([key]))
    assert anew.since is not None
    assert began <= anew.since <= notes.clock.now()
    assert await kept_fingerprints(notes, Vault([a_key(), key])) == anew
