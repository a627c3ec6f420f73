"""Everything that is encrypted in the database: where it is, and which keys of SSOBOT_KEYS decrypt it.

Whatever encrypts something else has to add it here: `ssobot keys rotate` encrypts anew what is found here, and then
the older keys are removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Update, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.doctor.own import Sealed
from bot.store.connections import CURRENT, PENDING, TABLE
from bot.store.engine import Database
from bot.store.fingerprints import COLUMN as KEY
from bot.store.fingerprints import NOTE as FINGERPRINTS
from bot.store.notes import TABLE as NOTES
from bot.store.vault import Undecipherable, Vault

_COLUMNS = {CURRENT: "current secret", PENDING: "pending secret"}


@dataclass(frozen=True)
class SealedRow:
    """A row of the database, or one that a note keeps as JSON, with what is encrypted in it."""

    id: str
    """What the ciphertexts are bound to, besides their column."""
    values: Mapping[str, str]
    """The ciphertexts by column."""
    names: Mapping[str, str]
    """What people call them, by column: `encvoyid: current secret`."""
    written: Callable[[Mapping[str, str]], Update]
    """The statement that puts other ciphertexts in their place, and changes nothing else."""


async def sealed_rows(transaction: AsyncConnection) -> list[SealedRow]:
    """All of them: of the connections, of what was desired before an operation, and the key of the fingerprints. A new
    database has none. Reads only what it needs, so that the schema of any version will do."""
    return [
        *await _connections(transaction),
        *await _kept(transaction),
        *await _key_of_fingerprints(transaction),
    ]


async def try_keys(database: Database, vault: Vault) -> Sealed:
    """Tries every ciphertext. Raises StoreUnavailable."""
    async with database.reading() as transaction:
        rows = await sealed_rows(transaction)
    found = Sealed()
    for row in rows:
        for column, sealed in row.values.items():
            try:
                vault.open(sealed, row.id, column)
            except Undecipherable as error:
                found = replace(found, closed={**found.closed, row.names[column]: error.why})
            else:
                older = found.older + (not vault.sealed_by_first(sealed))
                found = replace(found, opened=found.opened + 1, older=older)
    return found


async def _connections(transaction: AsyncConnection) -> list[SealedRow]:
    if not await is_there(transaction, TABLE.name):
        return []
    query = select(TABLE.c.id, TABLE.c.service, TABLE.c[CURRENT], TABLE.c[PENDING]).order_by(TABLE.c.service)
    return [_of_connection(dict(row)) for row in (await transaction.execute(query)).mappings()]


def _of_connection(row: Mapping[str, Any]) -> SealedRow:
    # Neither the revision nor the time is changed: what is desired stays the same, and a running bot that has read the
    # row must not take it for another one.
    return _secrets(row, row["service"], lambda values: update(TABLE).where(TABLE.c.id == row["id"]).values(**values))


async def _kept(transaction: AsyncConnection) -> list[SealedRow]:
    """Notes that hold a row of that table as JSON."""
    if not await is_there(transaction, NOTES.name):
        return []
    query = select(NOTES.c.key, NOTES.c.value).where(NOTES.c.value.like("{%")).order_by(NOTES.c.key)
    found = []
    for key, value in await transaction.execute(query):
        try:
            row = json.loads(value)
        except ValueError:
            continue
        if {"id", "service", *_COLUMNS} <= row.keys():
            found.append(_of_note(key, row))
    return found


def _of_note(key: str, row: Mapping[str, Any]) -> SealedRow:
    def written(values: Mapping[str, str]) -> Update:
        return update(NOTES).where(NOTES.c.key == key).values(value=json.dumps({**row, **values}))

    return _secrets(row, f"{row['service']}, as it was", written)


def _secrets(row: Mapping[str, Any], label: str, written: Callable[[Mapping[str, str]], Update]) -> SealedRow:
    values = {column: str(row[column]) for column in _COLUMNS if row[column] is not None}
    return SealedRow(row["id"], values, {column: f"{label}: {words}" for column, words in _COLUMNS.items()}, written)


async def _key_of_fingerprints(transaction: AsyncConnection) -> list[SealedRow]:
    if not await is_there(transaction, NOTES.name):
        return []
    here = NOTES.c.key == FINGERPRINTS
    sealed: str | None = await transaction.scalar(select(NOTES.c.value).where(here))
    if sealed is None:
        return []
    return [
        SealedRow(
            FINGERPRINTS,
            {KEY: sealed},
            {KEY: "key of the fingerprints"},
            lambda values: update(NOTES).where(here).values(value=values[KEY]),
        )
    ]


async def is_there(transaction: AsyncConnection, table: str) -> bool:
    """Whether the database has such a table: not before the first start, or in an older version."""
    return await transaction.run_sync(lambda connection: inspect(connection).has_table(table))
