"""How long Rocket.Chat took the last time until a write was live."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the column; nobody knows a value yet."""
    with op.batch_alter_table("connections") as table:
        table.add_column(sa.Column("settle", sa.Float()))


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("connections") as table:
        table.drop_column("settle")
