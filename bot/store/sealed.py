"""Whether the keys of SSOBOT_KEYS open what is in the database. Reads two columns, and writes nothing."""

from __future__ import annotations

from sqlalchemy import inspect, select

from bot.doctor.own import Sealed
from bot.store.connections import CURRENT, PENDING, TABLE
from bot.store.engine import Database
from bot.store.vault import Undecipherable, Vault

_NAMES = {CURRENT: "current secret", PENDING: "pending secret"}


async def try_keys(database: Database, vault: Vault) -> Sealed:
    """Every secret, tried. Nothing is sealed in a database with which the bot has never run. StoreUnavailable."""
    query = select(TABLE.c.id, TABLE.c.service, TABLE.c[CURRENT], TABLE.c[PENDING]).order_by(TABLE.c.service)
    async with database.reading() as transaction:
        if not await transaction.run_sync(lambda connection: inspect(connection).has_table(TABLE.name)):
            return Sealed()
        rows = (await transaction.execute(query)).mappings().all()
    opened, closed = 0, {}
    for row in rows:
        for column in (c for c in (CURRENT, PENDING) if row[c] is not None):
            try:
                vault.open(row[column], row["id"], column)
                opened += 1
            except Undecipherable as error:
                closed[f"{row['service']}: {_NAMES[column]}"] = error.why
    return Sealed(opened, closed)
