"""The desired states: the port `bot.connection.ports.Connections` on SQL."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.connection.previous import Previous
from bot.connection.state import LABEL, Connection, Marker, ServiceName, SettingValue
from bot.connection.trace import assumed_before
from bot.errors import UserError
from bot.secret import Secret
from bot.store.engine import Database
from bot.store.notes import TABLE as NOTES
from bot.store.notes import before_key
from bot.store.tables import Base, ConnectionRow, OperationRow
from bot.store.vault import Vault

TABLE = Base.metadata.tables[ConnectionRow.__tablename__]
OPERATIONS = Base.metadata.tables[OperationRow.__tablename__]

CURRENT = "current_secret"
PENDING = "pending_secret"

Row = RowMapping | Mapping[str, Any]
"""A row of the table, or one that was stored as JSON."""


class Overtaken(UserError):
    """Another process changed the connection in the meantime; nothing was saved."""


class Damaged(UserError):
    """The bot's own record of the connection is damaged."""


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
        """The connection of that service, or the only one. UserError if there are several and none is named."""
        query = select(TABLE).order_by(TABLE.c.service)
        if service is not None:
            query = query.where(TABLE.c.service == service)
        async with self.database.reading() as transaction:
            rows = await _fetched(transaction, query)
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
                revision = await self._write(transaction, connection)
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
            before = await self._before(transaction, operation_id)
            connection_id = await _connection_of(transaction, operation_id)
            if before is None or connection_id is None:
                return
            there = await transaction.scalar(select(TABLE.c.revision).where(TABLE.c.id == connection_id))
            if before.connection is None:
                await transaction.execute(delete(TABLE).where(TABLE.c.id == connection_id))
                self._seen.pop(connection_id, None)
            elif there is not None:
                self._seen.setdefault(connection_id, there)
                self._seen[connection_id] = await self._write(transaction, before.connection)
            forgotten = update(OPERATIONS).where(OPERATIONS.c.id == operation_id).values(connection_id=None)
            await transaction.execute(forgotten)
            await transaction.execute(delete(NOTES).where(NOTES.c.key == before_key(operation_id)))

    async def _before(self, transaction: AsyncConnection, operation_id: str) -> Previous | None:
        connection_id = await _connection_of(transaction, operation_id)
        if connection_id is None:
            return None
        kept = await transaction.scalar(select(NOTES.c.value).where(NOTES.c.key == before_key(operation_id)))
        if kept is not None:
            with _damage_named():
                row = json.loads(kept)
            return Previous(None if row is None else self._read(row))
        there = await _fetched(transaction, select(TABLE).where(TABLE.c.id == connection_id))
        return Previous(assumed_before(self._read(there[0])) if there else None)

    async def _keep_before(self, transaction: AsyncConnection, operation_id: str, connection_id: str) -> None:
        """The row as it is, its secrets encrypted as they are."""
        columns = [column for column in TABLE.c if column.name not in ("created_at", "updated_at")]
        rows = await _fetched(transaction, select(*columns).where(TABLE.c.id == connection_id))
        kept = json.dumps(dict(rows[0]) if rows else None, default=_as_text)
        await transaction.execute(
            insert(NOTES).values(key=before_key(operation_id), value=kept, created_at=self.clock.now())
        )

    async def delete(self, connection_id: str) -> None:
        """Deletes it; does nothing if it is unknown. Raises Overtaken like `save`."""
        async with self.database.writing() as transaction:
            found = await transaction.scalar(select(TABLE.c.revision).where(TABLE.c.id == connection_id))
            if found is not None:
                seen = self._seen.get(connection_id, found)
                gone = await transaction.execute(
                    delete(TABLE).where(TABLE.c.id == connection_id, TABLE.c.revision == seen)
                )
                if gone.rowcount != 1:
                    raise Overtaken
        self._seen.pop(connection_id, None)

    async def _write(self, transaction: AsyncConnection, connection: Connection) -> int:
        now = self.clock.now()
        seen = self._seen.get(connection.id)
        if seen is None:
            fresh = {"id": connection.id, "revision": 1, "created_at": now, "updated_at": now}
            await transaction.execute(insert(TABLE).values(**fresh, **self._columns(connection)))
            return 1
        written = await transaction.execute(
            update(TABLE)
            .where(TABLE.c.id == connection.id, TABLE.c.revision == seen)
            .values(revision=seen + 1, updated_at=now, **self._columns(connection))
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

    def _opened(self, row: Row, column: str) -> Secret | None:
        return None if row[column] is None else self.vault.open(row[column], row["id"], column)

    def _connection(self, row: RowMapping) -> Connection:
        connection = self._read(row)
        # A read that ends after our own write may have seen an older revision.
        self._seen[connection.id] = max(row["revision"], self._seen.get(connection.id, 0))
        return connection

    def _read(self, row: Row) -> Connection:
        """Raises Damaged."""
        with _damage_named():
            marker = None if row["marker_setting"] is None else Marker(row["marker_setting"], row["marker_spelling"])
            settings = _settings(row["settings"])
            # A row that was stored as JSON by an older version holds the label among its settings.
            label = settings.pop(LABEL, "")
            return Connection(
                id=row["id"],
                name=ServiceName(row["name_typed"], row["name_key"]),
                site_url=row["site_url"],
                application_name=row["application_name"],
                settings=settings,
                enabled=row["enabled"],
                client_id=row["client_id"],
                current=self._opened(row, CURRENT),
                pending=self._opened(row, PENDING),
                marker=marker,
                rules=frozenset(_texts(row["rules"])),
                undoing=row["undoing"],
                absent=row["absent"],
                settle=row["settle"],
                proved_at=_moment(row.get("proved_at")),
                label=str(row.get("label", label)),
                adopted=bool(row.get("adopted", False)),
                kept=_settings(row.get("kept", {})),
                former=_texts(row.get("former", [])),
            )


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    """A damaged row is reported as such: nobody could fix an internal error."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Damaged(
            why="A row of its database contains something that this version of ssobot cannot read.",
            fix="Restore the latest backup of the database.",
        ) from None


async def _fetched(transaction: AsyncConnection, query: Select[Any]) -> Sequence[RowMapping]:
    """Raises Damaged if a column holds no JSON."""
    found = await transaction.execute(query)
    with _damage_named():
        rows: Sequence[RowMapping] = found.mappings().all()
        return rows


def _settings(value: object) -> dict[str, SettingValue]:
    if not isinstance(value, dict) or not all(isinstance(one, SettingValue) for one in value.values()):
        raise TypeError
    return dict(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError
    return tuple(value)


def _as_text(value: object) -> str:
    """For JSON, which has no times."""
    if not isinstance(value, datetime):
        raise TypeError
    return value.isoformat()


def _moment(value: object) -> datetime | None:
    """Also as `_as_text` wrote it, or of a row that was stored before the column was there."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise TypeError
    return datetime.fromisoformat(value)


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
