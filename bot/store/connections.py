"""The desired states: the port `bot.connection.ports.Connections` on SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.connection.lost_key import Locked, LostKey
from bot.connection.previous import Previous
from bot.connection.state import Connection
from bot.connection.trace import assumed_before
from bot.errors import UserError
from bot.secret import Secret
from bot.store.connection_row import Row, as_text, damage_named, fetched, without_secrets
from bot.store.engine import Database
from bot.store.notes import TABLE as NOTES
from bot.store.notes import before_key
from bot.store.tables import Base, ConnectionRow, OperationRow
from bot.store.vault import Undecipherable, Vault

TABLE = Base.metadata.tables[ConnectionRow.__tablename__]
OPERATIONS = Base.metadata.tables[OperationRow.__tablename__]

CURRENT = "current_secret"
PENDING = "pending_secret"


class Overtaken(UserError):
    """Another process changed the connection in the meantime; nothing was saved."""


@dataclass
class SqlConnections:
    """See `bot.connection.ports.Connections`.

    A write is refused with Overtaken if another process wrote the row since this object last read or wrote it. So two
    processes never overwrite each other silently; within one process operations on a connection run one after the
    other.
    """

    database: Database
    vault: Vault
    clock: Clock
    _seen: dict[str, int] = field(default_factory=dict, repr=False)
    """The revision last read or written, by id of the connection."""

    async def get(self, service: str | None = None) -> Connection | None:
        """The connection of that service, or the only one. UserError if there are several and none is named, LostKey if
        no key decrypts one of its secrets; saved with new ones after that, it replaces the row."""
        query = select(TABLE).order_by(TABLE.c.service)
        if service is not None:
            query = query.where(TABLE.c.service == service)
        async with self.database.reading() as transaction:
            rows = await fetched(transaction, query)
        if len(rows) > 1:
            names = ", ".join(row["service"] for row in rows)
            raise UserError(
                f"There are several connections: {names}.",
                why="This version of ssobot supports one.",
                fix="Start the version that created them.",
            )
        return self._connection(rows[0]) if rows else None

    async def save(
        self, connection: Connection, *, operation_id: str | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        """Commits it before it returns, together with what the operation must keep: which connection it works on, and
        its receipt. Raises Overtaken, and UserError if another connection has the service.
        """
        try:
            async with self.database.writing() as transaction:
                if operation_id is not None and await _connection_of(transaction, operation_id) is None:
                    await self._keep_before(transaction, operation_id, connection.id)
                revision = await self._write(transaction, connection.id, self._columns(connection))
                if operation_id is not None:
                    await _link(transaction, operation_id, connection.id, receipt)
        except IntegrityError:
            raise await self._refusal(connection) from None
        self._seen[connection.id] = revision

    async def before(self, operation_id: str) -> Previous | None:
        """See `bot.connection.previous`. An operation of an older version kept nothing: then the previous state is
        derived."""
        async with self.database.reading() as transaction:
            return await self._before(transaction, operation_id)

    async def revert(self, operation_id: str) -> None:
        """See `bot.connection.previous`. Raises Overtaken like `save`."""
        async with self.database.writing() as transaction:
            connection_id = await _connection_of(transaction, operation_id)
            if connection_id is None:
                return
            columns = await self._columns_before(transaction, operation_id)
            there = await transaction.scalar(select(TABLE.c.revision).where(TABLE.c.id == connection_id))
            if columns is None:
                await transaction.execute(delete(TABLE).where(TABLE.c.id == connection_id))
                self._seen.pop(connection_id, None)
            elif there is not None:
                self._seen.setdefault(connection_id, there)
                self._seen[connection_id] = await self._write(transaction, connection_id, columns)
            forgotten = update(OPERATIONS).where(OPERATIONS.c.id == operation_id).values(connection_id=None)
            await transaction.execute(forgotten)
            await transaction.execute(delete(NOTES).where(NOTES.c.key == before_key(operation_id)))

    async def _before(self, transaction: AsyncConnection, operation_id: str) -> Previous | None:
        connection_id = await _connection_of(transaction, operation_id)
        if connection_id is None:
            return None
        kept = await _kept(transaction, operation_id)
        if kept is not None:
            return Previous(None if kept.row is None else self._read(kept.row))
        there = await fetched(transaction, select(TABLE).where(TABLE.c.id == connection_id))
        return Previous(assumed_before(self._read(there[0])) if there else None)

    async def _columns_before(self, transaction: AsyncConnection, operation_id: str) -> dict[str, Any] | None:
        """What to write so that the row is as it was; None: there was none. Its secrets stay encrypted as they were,
        since a key that is lost may be found again."""
        kept = await _kept(transaction, operation_id)
        if kept is not None and kept.row is not None:
            with damage_named():
                sealed = {column: kept.row[column] for column in (CURRENT, PENDING)}
                return {**self._columns(without_secrets(kept.row)), **sealed}
        before = await self._before(transaction, operation_id)
        return None if before is None or before.connection is None else self._columns(before.connection)

    async def _keep_before(self, transaction: AsyncConnection, operation_id: str, connection_id: str) -> None:
        """The row as it is, its secrets encrypted as they are."""
        columns = [column for column in TABLE.c if column.name not in ("created_at", "updated_at")]
        rows = await fetched(transaction, select(*columns).where(TABLE.c.id == connection_id))
        kept = json.dumps(dict(rows[0]) if rows else None, default=as_text)
        await transaction.execute(
            insert(NOTES).values(key=before_key(operation_id), value=kept, created_at=self.clock.now())
        )

    async def delete(
        self, connection_id: str, *, operation_id: str | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        """Deletes it; does nothing if it is unknown. `operation_id` and `receipt` as for `save`. Raises Overtaken."""
        async with self.database.writing() as transaction:
            found = await transaction.scalar(select(TABLE.c.revision).where(TABLE.c.id == connection_id))
            if found is not None:
                seen = self._seen.get(connection_id, found)
                gone = await transaction.execute(
                    delete(TABLE).where(TABLE.c.id == connection_id, TABLE.c.revision == seen)
                )
                if gone.rowcount != 1:
                    raise Overtaken
            if operation_id is not None:
                await _link(transaction, operation_id, connection_id, receipt)
        self._seen.pop(connection_id, None)

    async def _write(self, transaction: AsyncConnection, connection_id: str, columns: Mapping[str, Any]) -> int:
        now = self.clock.now()
        seen = self._seen.get(connection_id)
        if seen is None:
            fresh = {"id": connection_id, "revision": 1, "created_at": now, "updated_at": now}
            await transaction.execute(insert(TABLE).values(**fresh, **columns))
            return 1
        written = await transaction.execute(
            update(TABLE)
            .where(TABLE.c.id == connection_id, TABLE.c.revision == seen)
            .values(revision=seen + 1, updated_at=now, **columns)
        )
        if written.rowcount != 1:
            raise Overtaken
        return seen + 1

    async def _refusal(self, connection: Connection) -> UserError:
        async with self.database.reading() as transaction:
            other = await transaction.scalar(select(TABLE.c.id).where(TABLE.c.service == connection.name.service))
        if other in (None, connection.id):
            return Overtaken()
        return UserError(
            f"There is a connection of the service {connection.name.service} already.",
            why="Another instance of the bot has saved it a moment ago.",
            fix="`/sso setup` continues with it.",
        )

    def _columns(self, connection: Connection) -> dict[str, Any]:
        marker = connection.marker
        return {
            "service": connection.name.service,
            "name_typed": connection.name.typed,
            "name_key": connection.name.key,
            "site_url": connection.site_url,
            "application_name": connection.application_name,
            "settings": dict(connection.settings),
            "enabled": connection.enabled,
            "client_id": connection.client_id,
            CURRENT: self._sealed(connection.current, connection.id, CURRENT),
            PENDING: self._sealed(connection.pending, connection.id, PENDING),
            "marker_setting": marker.setting if marker else None,
            "marker_spelling": marker.spelling if marker else None,
            "rules": sorted(connection.rules),
            "undoing": connection.undoing,
            "absent": connection.absent,
            "settle": connection.settle,
            "proved_at": connection.proved_at,
            "label": connection.label,
            "adopted": connection.adopted,
            "kept": dict(connection.kept),
            "former": list(connection.former),
        }

    def _sealed(self, secret: Secret | None, row: str, column: str) -> str | None:
        return None if secret is None else self.vault.seal(secret, row, column)

    def _connection(self, row: RowMapping) -> Connection:
        # A read that ends after our own write may have seen an older revision. Noted before the secrets are decrypted:
        # where that fails, the row may be saved with new ones.
        self._seen[row["id"]] = max(row["revision"], self._seen.get(row["id"], 0))
        return self._read(row)

    def _read(self, row: Row) -> Connection:
        """Raises Damaged and LostKey."""
        with damage_named():
            rest = without_secrets(row)
            exchanging = not rest.absent and row[CURRENT] is not None and row[PENDING] is not None
            current, pending = (self._opened(row, column) for column in (CURRENT, PENDING))
        closed = [secret for secret in (current, pending) if isinstance(secret, Undecipherable)]
        opened = [None if isinstance(secret, Undecipherable) else secret for secret in (current, pending)]
        connection = replace(rest, current=opened[0], pending=opened[1])
        if closed:
            raise LostKey(Locked(connection, exchanging, closed[0].why, closed[0].fix))
        return connection

    def _opened(self, row: Row, column: str) -> Secret | Undecipherable | None:
        try:
            return None if row[column] is None else self.vault.open(row[column], row["id"], column)
        except Undecipherable as error:
            return error


@dataclass(frozen=True)
class _Kept:
    """What a note says of the time before an operation."""

    row: Mapping[str, Any] | None
    """None: there was no connection."""


async def _kept(transaction: AsyncConnection, operation_id: str) -> _Kept | None:
    """None: nothing was kept. Raises Damaged."""
    value = await transaction.scalar(select(NOTES.c.value).where(NOTES.c.key == before_key(operation_id)))
    if value is None:
        return None
    with damage_named():
        return _Kept(json.loads(value))


async def _connection_of(transaction: AsyncConnection, operation_id: str) -> str | None:
    """The connection whose desired state an operation has saved."""
    return await transaction.scalar(select(OPERATIONS.c.connection_id).where(OPERATIONS.c.id == operation_id))


async def _link(
    transaction: AsyncConnection, operation_id: str, connection_id: str, receipt: Mapping[str, Any] | None
) -> None:
    values: dict[str, Any] = {"connection_id": connection_id}
    if receipt is not None:
        values["receipt"] = dict(receipt)
    await transaction.execute(update(OPERATIONS).where(OPERATIONS.c.id == operation_id).values(**values))
