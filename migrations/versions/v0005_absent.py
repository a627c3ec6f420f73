"""That nothing of a connection shall be left can be desired, too."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the column; until now everything that was desired was to be there."""
    with op.batch_alter_table("connections") as table:
        table.add_column(sa.Column("absent", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("connections") as table:
        table.alter_column("absent", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Drops it: an older version would set up again what was to go, so that goes on as it was."""
    with op.batch_alter_table("connections") as table:
        table.drop_column("absent")
