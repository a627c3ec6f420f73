"""What is scheduled, one row for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.errors import UserError
from bot.schedule.rules import Kind, MaximumAge, Rotation, Schedule, Verification
from bot.store.engine import Database
from bot.store.tables import Base, ScheduleRow

TABLE = Base.metadata.tables[ScheduleRow.__tablename__]
_SHAPES: Mapping[Kind, tuple[str, TypeAdapter[Any]]] = {
    Kind.ROTATE: ("rotation", TypeAdapter(Rotation)),
    Kind.TEST: ("verification", TypeAdapter(Verification)),
    Kind.MAXIMUM: ("maximum", TypeAdapter(MaximumAge)),
}
"""For each kind of row, the field of `Schedule` that it holds, and its shape."""


class UnreadableSchedule(UserError):
    """A row that this version cannot read."""


@dataclass
class SqlSchedules:
    """See `bot.schedule.ports.Schedules`."""

    database: Database
    clock: Clock

    async def get(self) -> Schedule:
        """Everything that is scheduled."""
        async with self.database.reading() as transaction:
            return await _read(transaction)

    async def change(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        """Reads, changes and writes in one transaction; what `change` raises is passed on, and nothing is written."""
        async with self.database.writing() as transaction:
            before = await _read(transaction, for_update=True)
            after = change(before)
            for kind, (name, shape) in _SHAPES.items():
                old, new = getattr(before, name), getattr(after, name)
                if old != new:
                    value = None if new is None else shape.dump_python(new, mode="json")
                    await self._write(transaction, kind, old, value)
            return after

    async def forget(self, kind: Kind) -> None:
        """Removes one row, also one that cannot be read."""
        async with self.database.writing() as transaction:
            await transaction.execute(delete(TABLE).where(TABLE.c.kind == kind.value))

    async def _write(self, transaction: AsyncConnection, kind: Kind, old: object, value: object) -> None:
        this = TABLE.c.kind == kind.value
        if value is None:
            await transaction.execute(delete(TABLE).where(this))
        elif old is None:
            await transaction.execute(insert(TABLE).values(kind=kind.value, value=value, updated_at=self.clock.now()))
        else:
            await transaction.execute(update(TABLE).where(this).values(value=value, updated_at=self.clock.now()))


async def _read(transaction: AsyncConnection, *, for_update: bool = False) -> Schedule:
    query = select(TABLE.c.kind, TABLE.c.value)
    rows = (await transaction.execute(query.with_for_update() if for_update else query)).mappings()
    values = {row["kind"]: row["value"] for row in rows}
    known = {name: _parsed(kind, shape, values.get(kind.value)) for kind, (name, shape) in _SHAPES.items()}
    return Schedule(**known)


def _parsed(kind: Kind, shape: TypeAdapter[Any], value: object) -> Any:
    if value is None:
        return None
    try:
        return shape.validate_python(value)
    except ValidationError:
        raise UnreadableSchedule(
            f"What is scheduled for `{kind.value}` cannot be read, so nothing is scheduled.",
            why="It was written by another version, or is damaged.",
            fix=f"`/sso schedule off {kind.value}` removes it; then set it again.",
        ) from None
