"""Whether the keys of SSOBOT_KEYS decrypt the secrets in the database. Reads only encrypted columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.doctor.own import Sealed
from bot.store.connections import CURRENT, PENDING, TABLE
from bot.store.engine import Database
from bot.store.fingerprints import COLUMN as KEY
from bot.store.fingerprints import NOTE as FINGERPRINTS
from bot.store.notes import TABLE as NOTES
from bot.store.vault import Undecipherable, Vault

_COLUMNS = {CURRENT: "current secret", PENDING: "pending secret"}


async def try_keys(database: Database, vault: Vault) -> Sealed:
    """Tries every secret: of the connections, of previous rows in notes, and the key of the fingerprints. A new
    database has none. Raises StoreUnavailable."""
    async with database.reading() as transaction:
        rows = {row["service"]: row for row in await _connections(transaction)}
        rows |= {f"{row['service']}, as it was": row for row in await _kept(transaction)}
        fingerprints = await _key_of_fingerprints(transaction)
    found = [
        (f"{name}: {words}", row[column], row["id"], column)
        for name, row in sorted(rows.items())
        for column, words in _COLUMNS.items()
        if row[column] is not None
    ]
    if fingerprints is not None:
        found.append(("key of the fingerprints", fingerprints, FINGERPRINTS, KEY))
    opened, closed = 0, {}
    for name, sealed, row_id, column in found:
        try:
            vault.open(sealed, row_id, column)
            opened += 1
        except Undecipherable as error:
            closed[name] = error.why
    return Sealed(opened, closed)


async def _connections(transaction: AsyncConnection) -> list[Mapping[str, Any]]:
    if not await _is_there(transaction, TABLE.name):
        return []
    query = select(TABLE.c.id, TABLE.c.service, TABLE.c[CURRENT], TABLE.c[PENDING])
    return [dict(row) for row in (await transaction.execute(query)).mappings()]


async def _kept(transaction: AsyncConnection) -> list[Mapping[str, Any]]:
    """Notes that hold a row of that table as JSON."""
    if not await _is_there(transaction, NOTES.name):
        return []
    found = []
    for value in await transaction.scalars(select(NOTES.c.value).where(NOTES.c.value.like("{%"))):
        try:
            row = json.loads(value)
        except ValueError:
            continue
        if {"id", "service", *_COLUMNS} <= row.keys():
            found.append(row)
    return found


async def _key_of_fingerprints(transaction: AsyncConnection) -> str | None:
    if not await _is_there(transaction, NOTES.name):
        return None
    sealed: str | None = await transaction.scalar(select(NOTES.c.value).where(NOTES.c.key == FINGERPRINTS))
    return sealed


async def _is_there(transaction: AsyncConnection, table: str) -> bool:
    return await transaction.run_sync(lambda connection: inspect(connection).has_table(table))
