"""The operations of the past: the port `bot.chatops.history.PastOperations` on SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Text, cast, select

from bot.chatops.history import PastOperation
from bot.store.engine import Database
from bot.store.operations import TABLE, operation_of

_RECEIPT = TABLE.c.receipt.name
_QUERY = select(
    *(column for column in TABLE.c if column.name != _RECEIPT),
    # As text: one that is damaged must not hide the others.
    cast(TABLE.c.receipt, Text).label(_RECEIPT),
)


@dataclass
class SqlHistory:
    """See `bot.chatops.history.PastOperations`."""

    database: Database

    async def latest(self, count: int, *, without: Collection[str] = ()) -> tuple[PastOperation, ...]:
        """See the port."""
        newest = _QUERY.where(TABLE.c.kind.not_in(without)).order_by(TABLE.c.created_at.desc(), TABLE.c.id.desc())
        async with self.database.reading() as transaction:
            found = await transaction.execute(newest.limit(count))
            return tuple(_past(row) for row in found.mappings())

    async def find(self, operation_id: str) -> PastOperation | None:
        """See the port."""
        async with self.database.reading() as transaction:
            found = await transaction.execute(_QUERY.where(TABLE.c.id == operation_id))
            row = found.mappings().one_or_none()
        return None if row is None else _past(row)


def _past(row: RowMapping) -> PastOperation:
    return PastOperation(operation_of({**row, _RECEIPT: _receipt(row[_RECEIPT])}), row["finished_at"])


def _receipt(text: str | None) -> Mapping[str, Any] | None:
    """One that cannot be read is an empty one: something was done, and nobody knows what."""
    if text is None:
        return None
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
