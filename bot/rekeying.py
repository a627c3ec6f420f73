"""`ssobot keys rotate`: encrypts everything in the database anew with the first key of SSOBOT_KEYS, and says so.

It works while the bot runs, if the bot was started with the same first key; otherwise it refuses, because the bot could
no longer read what it needs. Keys are named by their position, and never shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import click

from bot import redaction
from bot.config import KeysConfig
from bot.errors import UserError
from bot.store.engine import Database, open_database
from bot.store.file_lock import alone_or_beside
from bot.store.lease import somebody_leads
from bot.store.migrate import check
from bot.store.reseal import Resealed, first_seals_fingerprints, reseal
from bot.store.vault import Vault


class BotHasOtherKeys(UserError):
    """A bot is running that does not have the first key of SSOBOT_KEYS in front; nothing was changed."""


def rotate(config: KeysConfig, dry_run: bool) -> int:
    """Prints what was done, or would be; 1 if something cannot be decrypted."""
    redaction.redact_values(config.secrets())
    done = asyncio.run(rotated(config, dry_run=dry_run))
    for line in said(done, keys=len(config.keys), dry_run=dry_run):
        click.echo(line)
    return 1 if done.closed else 0


async def rotated(config: KeysConfig, *, dry_run: bool) -> Resealed:
    """Raises BotHasOtherKeys, StoreUnavailable, and ConfigError if the database cannot be used."""
    vault = Vault(config.keys)
    async with alone_or_beside(config.database_url) as alone:
        database = await open_database(config.database_url)
        try:
            await check(database)
            if not dry_run:
                await _refuse_beside_other_keys(database, vault, alone=alone)
            return await reseal(database, vault, dry_run=dry_run)
        finally:
            await database.close()


async def _refuse_beside_other_keys(database: Database, vault: Vault, *, alone: bool) -> None:
    running = await somebody_leads(database) if database.is_postgresql else not alone
    if running and not await first_seals_fingerprints(database, vault):
        raise BotHasOtherKeys(
            why="It reads its keys when it starts, and could not read what is encrypted with a key that it does not "
            "have.",
            fix="Restart it with this SSOBOT_KEYS, wait until it is listening, then run `ssobot keys rotate` again.",
        )


def said(done: Resealed, *, keys: int, dry_run: bool) -> Iterator[str]:
    """What people read."""
    if done.anew:
        before = ", ".join(f"{count} with key {position}" for position, count in sorted(done.older.items()))
        would = "would be encrypted" if dry_run else "encrypted"
        yield f"✓ {_values(done.anew)} {would} anew with the first key of SSOBOT_KEYS (before: {before})."
    elif done.first:
        yield f"✓ There is nothing to do: the first key of SSOBOT_KEYS has encrypted {_all(done.first)}."
    elif not done.closed:
        yield "✓ There is nothing to do: nothing in the database is encrypted yet."
    if done.anew and done.first:
        yield f"  {_values(done.first)} had been encrypted with it before."
    for name, why in sorted(done.closed.items()):
        yield f"✗ `{name}` stays as it is. {why}"
    if done.closed:
        yield (
            "Fix: Put the key with which it was encrypted back into SSOBOT_KEYS, behind the new one, and run `ssobot "
            "keys rotate` again. If there is none, `!sso adopt` in the admin room restores what both systems still "
            "hold, and the bot replaces the key of the fingerprints when it starts."
        )
    elif keys > 1 and not dry_run:
        yield (
            "The other keys are no longer needed: remove them from SSOBOT_KEYS, and restart the bot. Keep them as long "
            "as you keep backups of the database from before."
        )


def _values(number: int) -> str:
    return "1 value" if number == 1 else f"{number} values"


def _all(number: int) -> str:
    return "the only value" if number == 1 else f"all {number} values"
