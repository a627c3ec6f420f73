"""What an operation came from: until now always a message, whose columns another origin leaves empty."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_OF_A_MESSAGE = ("message_id", "room_id", "user_id", "username")


def upgrade() -> None:
    """Adds the column; what is there came from a message."""
    with op.batch_alter_table("operations") as table:
        table.add_column(sa.Column("origin", sa.String(16), nullable=False, server_default="message"))
        for name in _OF_A_MESSAGE:
            table.alter_column(name, existing_type=sa.String(255), nullable=True)
    with op.batch_alter_table("operations") as table:
        table.alter_column("origin", existing_type=sa.String(16), server_default=None)


def downgrade() -> None:
    """Drops it, with the operations that an older version could not read."""
    op.execute("DELETE FROM operations WHERE origin <> 'message'")
    with op.batch_alter_table("operations") as table:
        for name in _OF_A_MESSAGE:
            table.alter_column(name, existing_type=sa.String(255), nullable=False)
        table.drop_column("origin")
