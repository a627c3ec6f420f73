"""Connections, operations, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the three tables."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "connections",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(255), nullable=False),
        sa.Column("name_typed", sa.String(255), nullable=False),
        sa.Column("name_key", sa.String(255), nullable=False),
        sa.Column("site_url", sa.Text(), nullable=False),
        sa.Column("application_name", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("client_id", sa.String(255)),
        sa.Column("current_secret", sa.Text()),
        sa.Column("pending_secret", sa.Text()),
        sa.Column("marker_setting", sa.String(255)),
        sa.Column("marker_spelling", sa.Text()),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("undoing", sa.Boolean(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.UniqueConstraint("service", name="uq_connections_service"),
    )
    op.create_table(
        "operations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("connection_id", sa.String(32)),
        sa.Column("room_id", sa.String(255), nullable=False),
        sa.Column("thread_id", sa.String(255)),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reply_id", sa.String(32), nullable=False),
        sa.Column("reply_text", sa.Text()),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("receipt", sa.JSON()),
        sa.Column("created_at", time, nullable=False),
        sa.Column("finished_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        sa.UniqueConstraint("message_id", name="uq_operations_message_id"),
    )
    op.create_index("ix_operations_delivered", "operations", ["delivered"])
    op.create_index("ix_operations_kind_created_at", "operations", ["kind", "created_at"])
    op.create_table(
        "notes",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_notes"),
    )


def downgrade() -> None:
    """Drops them, and with them every connection."""
    for table in ("notes", "operations", "connections"):
        op.drop_table(table)
