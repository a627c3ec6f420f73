"""What is scheduled, and operations that a schedule began."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing was scheduled until now."""
    op.create_table(
        "schedules",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_schedules")),
    )
    with op.batch_alter_table("operations") as table:
        table.add_column(sa.Column("due", sa.String(64), nullable=True))
        table.add_column(sa.Column("until", sa.DateTime(timezone=True), nullable=True))
        table.create_unique_constraint(op.f("uq_operations_due"), ["due"])


def downgrade() -> None:
    """Drops both, with the operations that an older version could not read."""
    op.execute("DELETE FROM operations WHERE origin = 'schedule'")
    with op.batch_alter_table("operations") as table:
        table.drop_constraint(op.f("uq_operations_due"), type_="unique")
        table.drop_column("until")
        table.drop_column("due")
    op.drop_table("schedules")
