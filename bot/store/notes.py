"""Notes for later starts, such as what the bot has said once and must not say again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.store.engine import Database
from bot.store.tables import Base, NoteRow

TABLE = Base.metadata.tables[NoteRow.__tablename__]


def before_key(operation_id: str) -> str:
    """The key for what was desired before an operation; kept until it ends."""
    return f"before {operation_id}"


@dataclass
class SqlNotes:
    """See `bot.chatops.ports.Notes`. Keys are ours, such as `slash:<room id>`."""

    database: Database
    clock: Clock

    async def are_there(self) -> bool:
        """False in a database with which the bot has never run."""
        async with self.database.reading() as transaction:
            return await transaction.run_sync(lambda connection: inspect(connection).has_table(TABLE.name))

    async def get(self, key: str) -> str | None:
        """What was noted, or None."""
        async with self.database.reading() as transaction:
            value: str | None = await transaction.scalar(select(TABLE.c.value).where(TABLE.c.key == key))
            return value

    async def first_time(self, key: str, value: str = "") -> bool:
        """Notes it; True for exactly one of several callers at the same time."""
        try:
            async with self.database.writing() as transaction:
                await transaction.execute(insert(TABLE).values(key=key, value=value, created_at=self.clock.now()))
        except IntegrityError:
            return False
        return True

    async def replace(self, key: str, old: str, new: str) -> bool:
        """Stores `new` if the value is still `old`; False if another caller was faster."""
        async with self.database.writing() as transaction:
            changed = update(TABLE).where(TABLE.c.key == key, TABLE.c.value == old)
            done = await transaction.execute(changed.values(value=new, created_at=self.clock.now()))
            return done.rowcount == 1

    async def put(self, key: str, value: str) -> None:
        """Stores it and replaces the old value; two callers at the same time do not fail."""
        while not await self._replaced(key, value) and not await self.first_time(key, value):
            pass  # another caller inserted it in between

    async def _replaced(self, key: str, value: str) -> bool:
        async with self.database.writing() as transaction:
            changed = update(TABLE).where(TABLE.c.key == key).values(value=value, created_at=self.clock.now())
            return (await transaction.execute(changed)).rowcount == 1
