"""How long operations are kept: old ones are deleted, a few at a time, so that nothing waits for the deletion."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.store.engine import Database
from bot.store.operations import ENDS, TABLE

KEPT = 50
"""The newest operations of each command stay, however old: with them the last 50 of all commands, and `status`, which
every member may type, cannot push out the record of what was changed."""
BATCH = 100
"""Rows that are deleted in one transaction."""
INTERVAL = timedelta(days=1)
"""Between two deletions."""

_AT_REST = TABLE.c.delivered & TABLE.c.state.in_([state.value for state in ENDS])
_log = structlog.get_logger()


@dataclass(frozen=True)
class Retention:
    """Deletes operations that are older than `days` and at rest: ended, and their answer delivered.

    The row of an operation keeps its message from being carried out twice. Without the row its message cannot come back
    as a command either: the inbox refuses a message that is older than ten minutes, or than the start of the bot
    (`bot.chatops.inbox.consider`), and `days` is at least 1.
    """

    database: Database
    days: int

    async def run(self, clock: Clock) -> None:
        """At once, and then once in each `INTERVAL`. Without the database it is left to the next time."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                if gone := await self.prune(clock.now()):
                    _log.info("old operations deleted", count=gone, days=self.days)
            await clock.sleep(INTERVAL.total_seconds())

    async def prune(self, now: datetime) -> int:
        """How many it deleted. Several instances may do it at the same time. Raises StoreUnavailable."""
        gone = 0
        while batch := await self._old(now - timedelta(days=self.days)):
            gone += await self._delete(batch)
        return gone

    async def _old(self, before: datetime) -> Sequence[str]:
        newest_first = (TABLE.c.created_at.desc(), TABLE.c.id.desc())
        place = func.row_number().over(partition_by=TABLE.c.kind, order_by=newest_first)
        ranked = select(TABLE.c.id, TABLE.c.created_at, _AT_REST.label("at_rest"), place.label("place")).subquery()
        old = select(ranked.c.id).where(ranked.c.created_at < before, ranked.c.at_rest, ranked.c.place > KEPT)
        async with self.database.reading() as transaction:
            found = await transaction.scalars(old.order_by(ranked.c.created_at, ranked.c.id).limit(BATCH))
            return found.all()

    async def _delete(self, ids: Sequence[str]) -> int:
        # In one order, so that two instances never wait for each other in a circle. SQLite has one writer anyway.
        locked = select(TABLE.c.id).where(TABLE.c.id.in_(ids), _AT_REST).order_by(TABLE.c.id).with_for_update()
        async with self.database.writing() as transaction:
            there = (await transaction.scalars(locked)).all()
            await transaction.execute(delete(TABLE).where(TABLE.c.id.in_(there)))
        return len(there)
