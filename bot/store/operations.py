"""Operations: one for one message, whatever happens, and found again after a crash until it is answered."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.operation import Operation, Receipt, Request, State
from bot.store.engine import Database
from bot.store.tables import Base, OperationRow

TABLE = Base.metadata.tables[OperationRow.__tablename__]

COMMAND_LENGTH = 500
_ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 17


def new_message_id() -> str:
    """An `_id` like those that Rocket.Chat makes: 17 characters that are not mistaken for each other."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


@dataclass
class SqlOperations:
    """Every method has committed when it returns."""

    database: Database
    clock: Clock

    async def accept(self, request: Request) -> Operation | None:
        """A new operation, or None if the message has one already, however many ask at the same time."""
        values = asdict(request) | {
            "id": uuid.uuid4().hex,
            "command": request.command[:COMMAND_LENGTH],
            "state": State.ACCEPTED.value,
            "reply_id": new_message_id(),
            "created_at": self.clock.now(),
        }
        try:
            async with self.database.writing() as transaction:
                await transaction.execute(insert(TABLE).values(**values))
        except IntegrityError:
            if await self.of_message(request.message_id) is None:
                raise
            return None
        return await self.get(values["id"])

    async def get(self, operation_id: str) -> Operation | None:
        """By its id."""
        return _one(await self._rows(TABLE.c.id == operation_id))

    async def of_message(self, message_id: str) -> Operation | None:
        """By the message that asked for it."""
        return _one(await self._rows(TABLE.c.message_id == message_id))

    async def unfinished(self) -> tuple[Operation, ...]:
        """Those that nobody has answered, oldest first."""
        return tuple(await self._rows(TABLE.c.state.in_([State.ACCEPTED.value, State.RUNNING.value])))

    async def last(self, kind: str) -> Operation | None:
        """The newest finished one of that kind."""
        rows = await self._rows(TABLE.c.kind == kind, TABLE.c.state.in_([State.DONE.value, State.FAILED.value]))
        return rows[-1] if rows else None

    async def note(self, operation_id: str, reply_text: str) -> None:
        """It runs, and its answer says this now. Does nothing to one that is finished."""
        await self._update(operation_id, state=State.RUNNING.value, reply_text=reply_text)

    async def finish(self, operation_id: str, state: State, reply_text: str, receipt: Receipt | None = None) -> None:
        """Its last word. `state` is DONE or FAILED; None leaves a receipt that was saved before."""
        if state not in (State.DONE, State.FAILED):
            raise ValueError(f"{state} is no end")
        kept = {} if receipt is None else {"receipt": dict(receipt)}
        await self._update(operation_id, state=state.value, reply_text=reply_text, finished_at=self.clock.now(), **kept)

    async def _update(self, operation_id: str, **values: Any) -> None:
        async with self.database.writing() as transaction:
            await transaction.execute(
                update(TABLE).where(TABLE.c.id == operation_id, TABLE.c.finished_at.is_(None)).values(**values)
            )

    async def _rows(self, *conditions: Any) -> list[Operation]:
        query = select(TABLE).where(*conditions).order_by(TABLE.c.created_at, TABLE.c.id)
        async with self.database.reading() as transaction:
            return [_operation(row) for row in (await transaction.execute(query)).mappings()]


def _one(found: list[Operation]) -> Operation | None:
    return found[0] if found else None


def _operation(row: RowMapping) -> Operation:
    return Operation(
        id=row["id"],
        request=Request(
            message_id=row["message_id"],
            room_id=row["room_id"],
            thread_id=row["thread_id"],
            user_id=row["user_id"],
            username=row["username"],
            kind=row["kind"],
            command=row["command"],
        ),
        state=State(row["state"]),
        reply_id=row["reply_id"],
        reply_text=row["reply_text"],
        connection_id=row["connection_id"],
        receipt=row["receipt"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
