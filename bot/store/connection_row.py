"""A row of the connections, read: all of it but its secrets, which `bot.store.connections` decrypts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.connection.state import LABEL, Connection, Marker, ServiceName, SettingValue
from bot.errors import UserError

Row = RowMapping | Mapping[str, Any]
"""A row of the table, or one that was stored as JSON."""


class Damaged(UserError):
    """The bot's own record of the connection is damaged."""


@contextlib.contextmanager
def damage_named() -> Iterator[None]:
    """A damaged row is reported as such: nobody could fix an internal error."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Damaged(
            why="A row of its database contains something that this version of ssobot cannot read.",
            fix="Restore the latest backup of the database.",
        ) from None


async def fetched(transaction: AsyncConnection, query: Select[Any]) -> Sequence[RowMapping]:
    """Raises Damaged if a column holds no JSON."""
    found = await transaction.execute(query)
    with damage_named():
        rows: Sequence[RowMapping] = found.mappings().all()
        return rows


def without_secrets(row: Row) -> Connection:
    """All but its secrets. Raises what `damage_named` names."""
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
        marker=None if row["marker_setting"] is None else Marker(row["marker_setting"], row["marker_spelling"]),
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


def _settings(value: object) -> dict[str, SettingValue]:
    if not isinstance(value, dict) or not all(isinstance(one, SettingValue) for one in value.values()):
        raise TypeError
    return dict(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError
    return tuple(value)


def as_text(value: object) -> str:
    """For JSON, which has no times."""
    if not isinstance(value, datetime):
        raise TypeError
    return value.isoformat()


def _moment(value: object) -> datetime | None:
    """Also as `as_text` wrote it, or of a row that was stored before the column was there."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise TypeError
    return datetime.fromisoformat(value)
