"""What belongs to people: the button's label, connections made by hand, and settings that somebody chose; and callback
addresses that were left behind.

The label was one of the desired settings, so that a label changed by people was drift.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_CONNECTIONS = sa.table("connections", sa.column("id"), sa.column("settings", sa.JSON), sa.column("label", sa.Text))
_LABEL = "button_label_text"
_COLUMNS = ("label", "adopted", "kept", "former")


def upgrade() -> None:
    """Adds the columns; the label leaves the settings."""
    with op.batch_alter_table("connections") as table:
        table.add_column(sa.Column("label", sa.Text, nullable=False, server_default=""))
        table.add_column(sa.Column("adopted", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("kept", sa.JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("former", sa.JSON, nullable=False, server_default="[]"))
    for connection_id, settings in _read():
        label = settings.pop(_LABEL, "")
        _write(connection_id, {"settings": settings, "label": label if isinstance(label, str) else ""})
    with op.batch_alter_table("connections") as table:
        for column in _COLUMNS:
            table.alter_column(column, server_default=None)


def downgrade() -> None:
    """Puts the label back among the settings, last but one, where it was."""
    connection = op.get_bind()
    labels = dict(connection.execute(sa.select(_CONNECTIONS.c.id, _CONNECTIONS.c.label)).tuples())
    for connection_id, settings in _read():
        shown = {"show_button": settings.pop("show_button")} if "show_button" in settings else {}
        _write(connection_id, {"settings": {**settings, _LABEL: labels[connection_id], **shown}})
    with op.batch_alter_table("connections") as table:
        for column in _COLUMNS:
            table.drop_column(column)


def _read() -> list[tuple[str, dict[str, object]]]:
    """As text: settings that are no JSON must not keep the bot from starting, and are left as they are."""
    columns = (_CONNECTIONS.c.id, sa.cast(_CONNECTIONS.c.settings, sa.Text))
    found = []
    for connection_id, text in op.get_bind().execute(sa.select(*columns)).all():
        try:
            settings = json.loads(text)
        except (TypeError, ValueError):
            continue
        if isinstance(settings, dict):
            found.append((connection_id, settings))
    return found


def _write(connection_id: str, values: dict[str, object]) -> None:
    op.get_bind().execute(_CONNECTIONS.update().where(_CONNECTIONS.c.id == connection_id).values(**values))
