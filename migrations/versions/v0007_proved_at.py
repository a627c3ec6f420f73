"""When the secret in use was proved: its age counts from there.

For what is there, the receipts say it: the secret in use is that of the last rotation or setup that committed a proved
one. A rotation that was undone proved the old secret once more, which made it no younger.
"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TIME = sa.DateTime(timezone=True)
_OPERATIONS = sa.table(
    "operations",
    sa.column("connection_id"),
    sa.column("kind"),
    sa.column("receipt"),
    sa.column("created_at", _TIME),
    sa.column("finished_at", _TIME),
)
_COMMITTED = {"CommitSecret", "Settle"}
"""The change by which a proved secret becomes the current one; 0.1 used the second name."""
_CONNECTIONS = sa.table("connections", sa.column("id"), sa.column("proved_at", _TIME))


def upgrade() -> None:
    """Adds the column, and fills it where a receipt tells."""
    with op.batch_alter_table("connections") as table:
        table.add_column(sa.Column("proved_at", _TIME))
    connection, operations = op.get_bind(), _OPERATIONS.c
    query = (
        # As text: a receipt that is no JSON must not keep the bot from starting.
        sa.select(
            operations.connection_id,
            sa.cast(operations.receipt, sa.Text),
            operations.created_at,
            operations.finished_at,
        )
        .where(operations.kind.in_(("rotate", "setup")), operations.receipt.is_not(None))
        .order_by(operations.created_at)
    )
    latest: dict[str, datetime] = {}
    for connection_id, receipt, created_at, finished_at in connection.execute(query).all():
        if _proved(receipt):
            # One that has not ended yet was killed after its secret was committed.
            latest[connection_id] = finished_at or created_at
    for connection_id, moment in latest.items():
        here = _CONNECTIONS.c.id == connection_id
        connection.execute(_CONNECTIONS.update().where(here).values(proved_at=moment))


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("connections") as table:
        table.drop_column("proved_at")


def _proved(receipt: str) -> bool:
    """Whether this operation brought a new secret to both sides, with a proof."""
    try:
        read = json.loads(receipt)
        committed = not _COMMITTED.isdisjoint(read["changes"])
        return committed and read["outcome"] == "done" and read.get("proof") is not None
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
