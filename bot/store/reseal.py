"""Encrypts everything in the database anew with the first key, so that the older keys can be removed.

Safe beside a running bot that has this key: other writers wait meanwhile, neither the desired state nor its revision is
changed, and all is one transaction, so a crash leaves everything as it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.retry import until_available
from bot.store.connections import TABLE
from bot.store.engine import Database
from bot.store.fingerprints import NOTE as FINGERPRINTS
from bot.store.notes import TABLE as NOTES
from bot.store.sealed import is_there, sealed_rows
from bot.store.vault import Undecipherable, Vault

PATIENCE = 10.0
"""Seconds for which it is tried while the bot writes something itself."""


@dataclass
class Resealed:
    """What was encrypted anew, or would be."""

    first: int = 0
    """Values that the first key had encrypted before."""
    older: Counter[int] = field(default_factory=Counter)
    """Those that are encrypted anew, by the position of the key that had encrypted them, from 2 on."""
    closed: dict[str, str] = field(default_factory=dict)
    """What no key decrypts, and why; it stays as it is."""

    @property
    def anew(self) -> int:
        """How many are encrypted anew."""
        return self.older.total()


async def reseal(database: Database, vault: Vault, *, dry_run: bool = False) -> Resealed:
    """All of them or none. Done twice, it changes nothing the second time. Raises StoreUnavailable."""
    if dry_run:
        async with database.reading() as transaction:
            return await _reseal(transaction, vault, dry_run=True)
    return await until_available(partial(_for_real, database, vault), patience=PATIENCE)


async def first_seals_fingerprints(database: Database, vault: Vault) -> bool:
    """Whether whoever started last with this database has the first key in front as well: each start encrypts the key
    of the fingerprints with its own first key."""
    async with database.reading() as transaction:
        rows = [row for row in await sealed_rows(transaction) if row.id == FINGERPRINTS]
    return any(vault.sealed_by_first(sealed) for row in rows for sealed in row.values.values())


async def _for_real(database: Database, vault: Vault) -> Resealed:
    async with database.writing() as transaction:
        if database.is_postgresql:
            await _keep_writers_out(transaction)
        return await _reseal(transaction, vault)


async def _keep_writers_out(transaction: AsyncConnection) -> None:
    """As SQLite does by itself: what is being written could hold an older ciphertext, and would not be seen. Never
    waits while it holds a lock, so that the bot's own write cannot be the one that is given up."""
    for table in (TABLE.name, NOTES.name):
        if await is_there(transaction, table):
            await transaction.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE NOWAIT")


async def _reseal(transaction: AsyncConnection, vault: Vault, *, dry_run: bool = False) -> Resealed:
    done = Resealed()
    for row in await sealed_rows(transaction):
        anew = {}
        for column, sealed in row.values.items():
            try:
                secret = vault.open(sealed, row.id, column)
            except Undecipherable as error:
                done.closed[row.names[column]] = error.why
                continue
            position = vault.position(sealed)
            if position in (1, None):
                done.first += 1
                continue
            done.older[position] += 1
            anew[column] = vault.seal(secret, row.id, column)
        if anew and not dry_run:
            await transaction.execute(row.written(anew))
    return done
