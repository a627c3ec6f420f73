"""The tables. Portable types only: what is written here means the same in SQLite and PostgreSQL.

A change here needs a migration; `tests/store/test_migrate.py` compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Float, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive time, which is ambiguous."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Naming rules for constraints and indexes, so that a later migration can find them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


class ConnectionRow(Base):
    """A desired state, `bot.connection.state.Connection`. The two secrets are ciphertexts bound to row and column."""

    __tablename__ = "connections"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    revision: Mapped[int]
    """Grows with every write; a writer that saw another revision is refused."""
    service: Mapped[str] = mapped_column(String(255), unique=True)
    name_typed: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255))
    site_url: Mapped[str] = mapped_column(Text)
    application_name: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    """JSON and not JSONB: the order of the keys is the order in which settings are written."""
    enabled: Mapped[bool]
    absent: Mapped[bool]
    client_id: Mapped[str | None] = mapped_column(String(255))
    current_secret: Mapped[str | None] = mapped_column(Text)
    pending_secret: Mapped[str | None] = mapped_column(Text)
    marker_setting: Mapped[str | None] = mapped_column(String(255))
    marker_spelling: Mapped[str | None] = mapped_column(Text)
    rules: Mapped[list[str]] = mapped_column(JSON)
    undoing: Mapped[bool]
    settle: Mapped[float | None] = mapped_column(Float)
    """Seconds; learned, not desired."""
    proved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Observed, not desired."""
    label: Mapped[str] = mapped_column(Text)
    adopted: Mapped[bool]
    kept: Mapped[dict[str, Any]] = mapped_column(JSON)
    former: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class OperationRow(Base):
    """An operation, `bot.chatops.ports.Operation`. It outlives its connection, so it does not refer to it by a key."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_kind_created_at", "kind", "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    origin: Mapped[str] = mapped_column(String(16))
    """The kind, `message` or `schedule`; see `bot.chatops.origin`. What the other kind has is empty."""
    message_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    """One operation for one message: the database itself refuses a second one."""
    due: Mapped[str | None] = mapped_column(String(64), unique=True)
    """One operation for one due time of a schedule, in the same way."""
    until: Mapped[datetime | None] = mapped_column(UtcTime)
    connection_id: Mapped[str | None] = mapped_column(String(32))
    room_id: Mapped[str | None] = mapped_column(String(255))
    thread_id: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[str | None] = mapped_column(String(255))
    username: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(64))
    """The first of `words`."""
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reply_id: Mapped[str] = mapped_column(String(32))
    reply_text: Mapped[str | None] = mapped_column(Text)
    delivered: Mapped[bool] = mapped_column(index=True)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ScheduleRow(Base):
    """One thing that is scheduled, a part of `bot.schedule.rules.Schedule`."""

    __tablename__ = "schedules"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """See `bot.schedule.rules.Kind`."""
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The rule, who set it, and how far the next run has come: `Rotation`, `Verification` or `MaximumAge`."""
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class NoteRow(Base):
    """Something that the bot notes for later starts, such as what it has said once."""

    __tablename__ = "notes"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class LeaseRow(Base):
    """Which instance works, `bot.store.lease.Lease`. Only PostgreSQL is shared by several."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(128))
    """None: it was given back."""
    fence: Mapped[int]
    """Grows whenever it is taken, so that a holder of before is known, also one of the same name."""
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    """By the database's clock, so that those of the hosts do not matter."""
