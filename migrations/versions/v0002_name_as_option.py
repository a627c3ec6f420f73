"""The name in `setup My Name` becomes an option: `setup --name "My Name"`.

A command that was begun is read again after a crash, by a grammar that takes no free words any more. What was not begun
is left as it was typed: it is refused, as it would be if it were typed now.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DOUBLE, _SINGLE = '"“”„‟«»＂', "'‘’‚‛‹›"
_DASHES = "-‐‑‒–—―−﹣－"
_WORD = re.compile(
    rf"[{_DOUBLE}](?P<double>[^{_DOUBLE}]*)[{_DOUBLE}](?=\s|$)"
    rf"|[{_SINGLE}](?P<single>[^{_SINGLE}]*)[{_SINGLE}](?=\s|$)"
    rf"|(?P<option>[{_DASHES}]+[^\W\d_]\S*)"
    rf"|(?P<plain>\S+)"
)
"""A word as the grammar of that time read it; quoted ones are never options."""


def upgrade() -> None:
    """Rewrites what was begun and not ended; there is hardly ever more than one."""
    operations = sa.table("operations", sa.column("id"), sa.column("kind"), sa.column("words"), sa.column("state"))
    begun = sa.and_(operations.c.kind == "setup", operations.c.state == "running")
    connection = op.get_bind()
    for row in connection.execute(sa.select(operations.c.id, operations.c.words).where(begun)).all():
        connection.execute(operations.update().where(operations.c.id == row.id).values(words=named(row.words)))


def downgrade() -> None:
    """Nothing: a grammar that takes free words refuses the option, and says so to whoever typed it."""


def named(words: str) -> str:
    """`setup My Name --disabled` → `setup --name "My Name" --disabled`; without a name nothing changes."""
    command, _, rest = words.partition(" ")
    found = list(_WORD.finditer(rest))
    options = [word["option"] for word in found if word["option"]]
    inside = (word["double"] or word["single"] or word["plain"] or "" for word in found)
    name = " ".join(" ".join(inside).split())
    if not name:
        return words
    # A double mark inside would end it. Rocket.Chat drops every mark when it makes an id of a name.
    name = re.sub(f"[{_DOUBLE}″〝〞〟]", "'", name)
    return " ".join((command, f'--name "{name}"', *options))
