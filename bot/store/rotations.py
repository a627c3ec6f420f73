"""The last rotation that succeeded, out of the operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.chatops.ports import OperationState
from bot.connection.receipt import LastRotation, Outcome
from bot.store.engine import Database
from bot.store.operations import TABLE

MOST_READ = 20
"""Rotations that are looked at, from the newest on; nearly always the first one is it."""


@dataclass(frozen=True)
class SqlRotations:
    """Reads the table of operations, and writes nothing."""

    database: Database

    async def last(self) -> LastRotation | None:
        """None if none is found. StoreUnavailable."""
        query = (
            select(TABLE.c.finished_at, TABLE.c.receipt)
            .where(TABLE.c.kind == "rotate", TABLE.c.state == OperationState.DONE.value)
            .where(TABLE.c.receipt.is_not(None), TABLE.c.finished_at.is_not(None))
            .order_by(TABLE.c.finished_at.desc())
            .limit(MOST_READ)
        )
        async with self.database.reading() as transaction:
            rows = (await transaction.execute(query)).all()
        for finished_at, receipt in rows:
            if _exchanged(receipt):
                return LastRotation(finished_at, _seconds(receipt.get("gap")))
        return None


def _exchanged(receipt: Any) -> bool:
    """A damaged receipt, or one of another version, must not hide the rotation before it."""
    return isinstance(receipt, dict) and receipt.get("outcome") == Outcome.DONE.value


def _seconds(gap: Any) -> float | None:
    return float(gap) if isinstance(gap, int | float) else None
