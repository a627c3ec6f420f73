"""Operations: at most one for each message, kept until its answer is delivered, also after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Operation, OperationState
from bot.clock import Clock
from bot.store.engine import Database
from bot.store.notes import TABLE as NOTES
from bot.store.notes import before_key
from bot.store.tables import Base, OperationRow

TABLE = Base.metadata.tables[OperationRow.__tablename__]

ENDS = (OperationState.DONE, OperationState.FAILED)
_TEXTS = ("id", "words", "reply_id")
_OF_A_MESSAGE = ("message_id", "room_id", "thread_id", "user_id", "username")
_OF_A_SCHEDULE = ("due", "until", "room_id", "user_id", "username")
_MESSAGE, _SCHEDULE = "message", "schedule"
_KNOWN = (_MESSAGE, _SCHEDULE)
_STATES = {state.value: state for state in OperationState}


@dataclass
class SqlOperations:
    """See `bot.chatops.ports.Operations`."""

    database: Database
    clock: Clock

    async def accept(self, operation: Operation) -> Operation | None:
        """Stores a new one; None if its message or due time has one already, also with several callers at
        the same time."""
        try:
            async with self.database.writing() as transaction:
                await transaction.execute(insert(TABLE).values(**_columns(operation)))
        except IntegrityError:
            if not await self._is_there(operation.origin):
                raise
            return None
        return operation

    async def _is_there(self, origin: Origin) -> bool:
        match origin:
            case FromMessage(message_id=message_id):
                return await self.of_message(message_id) is not None
            case FromSchedule(due=due):
                return await self.of_schedule(due) is not None
            case never:
                assert_never(never)

    async def of_message(self, message_id: str) -> Operation | None:
        """By the message that asked for it."""
        return _one(await self._rows(TABLE.c.message_id == message_id))

    async def of_schedule(self, due: str) -> Operation | None:
        """By the due time that it was begun for."""
        return _one(await self._rows(TABLE.c.due == due))

    async def unfinished(self) -> tuple[Operation, ...]:
        """Operations whose answer was not delivered, oldest first; a row that cannot be read has the state ODD."""
        left = TABLE.c.delivered.is_(False)
        try:
            return tuple(await self._rows(left))
        except (TypeError, ValueError):  # an unreadable one must not hide the others
            async with self.database.reading() as transaction:
                ids = (await transaction.scalars(select(TABLE.c.id).where(left).order_by(TABLE.c.id))).all()
            return tuple([await self._readable(operation_id) for operation_id in ids])

    async def _readable(self, operation_id: str) -> Operation:
        try:
            [operation] = await self._rows(TABLE.c.id == operation_id)
        except (TypeError, ValueError):
            columns = (TABLE.c[name] for name in dict.fromkeys(("origin", *_OF_A_MESSAGE, *_OF_A_SCHEDULE, *_TEXTS)))
            async with self.database.reading() as transaction:
                row = (await transaction.execute(select(*columns).where(TABLE.c.id == operation_id))).mappings().one()
            texts = {name: row[name] for name in _TEXTS}
            return Operation(**texts, origin=_origin(row), created_at=self.clock.now(), state=OperationState.ODD)
        return operation

    async def last(self, kind: str) -> Operation | None:
        """The newest one of this command (`rotate`) that ended."""
        rows = await self._rows(TABLE.c.kind == kind, TABLE.c.state.in_([state.value for state in ENDS]))
        return rows[-1] if rows else None

    async def note(self, operation_id: str, state: OperationState) -> None:
        """Changes the state alone."""
        await self._update(operation_id, state=state.value)

    async def finish(
        self, operation_id: str, state: OperationState, reply_text: str, receipt: Mapping[str, object] | None = None
    ) -> bool:
        """Stores the result. Without `receipt`, one that was saved with the connection stays. Returns whether there is
        one, without parsing it: a damaged one must not prevent the end of the operation."""
        if state not in ENDS:
            raise ValueError(f"{state} is no end")
        kept = {} if receipt is None else {"receipt": dict(receipt)}
        values = {"state": state.value, "reply_text": reply_text, "finished_at": self.clock.now(), **kept}
        async with self.database.writing() as transaction:
            await transaction.execute(update(TABLE).where(TABLE.c.id == operation_id).values(**values))
            # Not with RETURNING: SQLite 3.40 reports an empty column as not null there.
            there = await transaction.scalar(select(TABLE.c.receipt.is_not(None)).where(TABLE.c.id == operation_id))
            await transaction.execute(delete(NOTES).where(NOTES.c.key == before_key(operation_id)))
        return bool(there)

    async def delivered(self, operation_id: str) -> None:
        """The final answer is in the room."""
        await self._update(operation_id, delivered=True)

    async def _update(self, operation_id: str, **values: Any) -> None:
        async with self.database.writing() as transaction:
            await transaction.execute(update(TABLE).where(TABLE.c.id == operation_id).values(**values))

    async def _rows(self, *conditions: Any) -> list[Operation]:
        query = select(TABLE).where(*conditions).order_by(TABLE.c.created_at, TABLE.c.id)
        async with self.database.reading() as transaction:
            return [operation_of(row) for row in (await transaction.execute(query)).mappings()]


def _one(found: list[Operation]) -> Operation | None:
    return found[0] if found else None


def _origin_columns(origin: Origin) -> dict[str, Any]:
    match origin:
        case FromMessage():
            return {"origin": _MESSAGE, **{name: getattr(origin, name) for name in _OF_A_MESSAGE}}
        case FromSchedule():
            return {"origin": _SCHEDULE, **{name: getattr(origin, name) for name in _OF_A_SCHEDULE}}
        case never:
            assert_never(never)


def _origin(row: RowMapping | Mapping[str, Any]) -> Origin:
    """An origin that this version does not know is answered in its room, if it has one."""
    if row["origin"] == _SCHEDULE:
        return FromSchedule(**{name: row[name] for name in _OF_A_SCHEDULE})
    return FromMessage(
        message_id=row["message_id"] or row["id"],
        room_id=row["room_id"] or "",
        thread_id=row["thread_id"],
        user_id=row["user_id"] or "",
        username=row["username"] or "",
    )


def _columns(operation: Operation) -> dict[str, Any]:
    return _origin_columns(operation.origin) | {
        **{name: getattr(operation, name) for name in (*_TEXTS, "created_at")},
        "kind": (operation.words.split() or [""])[0][:64],
        "state": operation.state.value,
        "reply_text": operation.reply_text,
        "receipt": None if operation.receipt is None else dict(operation.receipt),
        "delivered": operation.delivered,
    }


def operation_of(row: RowMapping | Mapping[str, Any]) -> Operation:
    """A whole row of the table."""
    return Operation(
        id=row["id"],
        origin=_origin(row),
        words=row["words"],
        reply_id=row["reply_id"],
        created_at=row["created_at"],
        state=_STATES.get(row["state"], OperationState.ODD) if row["origin"] in _KNOWN else OperationState.ODD,
        reply_text=row["reply_text"],
        receipt=row["receipt"],
        delivered=row["delivered"],
    )
