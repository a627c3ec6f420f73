"""What `ssobot keys rotate` says, and with which status it ends."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from bot import rekeying
from bot.clock import SystemClock
from bot.config import KeysConfig
from bot.secret import Secret
from bot.store.engine import open_database
from bot.store.file_lock import alone
from bot.store.fingerprints import kept_fingerprints
from bot.store.migrate import NotOurs, upgrade
from bot.store.notes import SqlNotes
from bot.store.reseal import Resealed
from bot.store.vault import Vault

KEYS = [Fernet.generate_key().decode() for _ in range(3)]


def config(folder: Path, *keys: str) -> KeysConfig:
    url = f"sqlite:///{folder / 'ssobot.sqlite'}"
    return KeysConfig(keys=",".join(keys), database_url=url)  # type: ignore[arg-type]


def vault(*keys: str) -> Vault:
    return Vault([Secret(key) for key in keys])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a database in which one value is encrypted, with the first key."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def started_with(given: KeysConfig) -> None:
    """As a start of the bot does it."""
    database = await open_database(given.database_url)
    await upgrade(database)
    await kept_fingerprints(SqlNotes(database, SystemClock()), Vault(given.keys))
    await database.close()


async def test_it_is_done_and_done_only_once(folder: Path) -> None:
    old, new, _ = KEYS
    await started_with(config(folder, old))
    assert await rekeying.rotated(config(folder, new, old), dry_run=False) == Resealed(older=Counter({2: 1}))
    assert await rekeying.rotated(config(folder, new), dry_run=False) == Resealed(first=1)


async def test_a_bot_that_has_other_keys_is_not_cut_off(folder: Path) -> None:
    old, new, third = KEYS
    await started_with(config(folder, old))
    given = config(folder, new, old)
    async with alone(make_url(f"sqlite:///{folder / 'ssobot.sqlite'}"), SystemClock()):
        assert (await rekeying.rotated(given, dry_run=True)).anew == 1
        for keys in ((new, old), (new, third)):
            with pytest.raises(rekeying.BotHasOtherKeys, match="Restart it with this SSOBOT_KEYS"):
                await rekeying.rotated(config(folder, *keys), dry_run=False)
        await started_with(given)
        assert await rekeying.rotated(given, dry_run=False) == Resealed(first=1)


async def test_a_database_of_another_program_is_left_alone(folder: Path) -> None:
    database = await open_database(make_url(f"sqlite+aiosqlite:///{folder / 'ssobot.sqlite'}"))
    async with database.writing() as transaction:
        await transaction.exec_driver_sql("CREATE TABLE visits (url TEXT)")
    await database.close()
    with pytest.raises(NotOurs):
        await rekeying.rotated(config(folder, KEYS[0]), dry_run=False)


def said(done: Resealed, keys: int = 2, *, dry_run: bool = False) -> str:
    return "\n".join(rekeying.said(done, keys=keys, dry_run=dry_run))


def test_what_was_done_is_counted_by_the_position_of_the_keys() -> None:
    text = said(Resealed(first=1, older=Counter({3: 2, 2: 1})), keys=3)
    assert "✓ 3 values encrypted anew" in text
    assert "(before: 1 with key 2, 2 with key 3)" in text
    assert "1 value had been encrypted with it before" in text
    assert "remove them from SSOBOT_KEYS" in text


def test_a_single_key_leaves_nothing_to_remove() -> None:
    assert "remove" not in said(Resealed(first=4), keys=1)
    assert "all 4 values" in said(Resealed(first=4), keys=1)


def test_a_dry_run_speaks_of_what_would_be() -> None:
    text = said(Resealed(older=Counter({2: 1})), dry_run=True)
    assert "1 value would be encrypted anew" in text
    assert "remove" not in text


def test_what_stays_is_named_with_the_fix_and_nothing_is_to_be_removed() -> None:
    text = said(Resealed(closed={"encvoyid: current secret": "None of the keys fits."}))
    assert "✗ `encvoyid: current secret` stays as it is. None of the keys fits." in text
    assert "`!sso adopt`" in text
    assert "remove them" not in text
    assert "nothing in the database" not in text


def test_it_ends_with_1_where_something_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    asyncio.run(started_with(config(folder, KEYS[0])))
    assert rekeying.rotate(config(folder, KEYS[1]), False) == 1
    assert rekeying.rotate(config(folder, KEYS[1], KEYS[0]), False) == 0
    printed = capsys.readouterr().out
    assert "✗ `key of the fingerprints` stays as it is" in printed
    assert not [key for key in KEYS if key in printed]
