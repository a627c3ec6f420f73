"""Migrates the database to the schema that the program expects. The migrations are a package, so there is no
alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

import migrations
from bot.errors import ConfigError
from bot.store.engine import Database, unusable_named

_LOCK = 0x55B07
"""The advisory lock that lets only one instance migrate. Any number works, if it is the same everywhere."""

_LASTING = frozenset({"connections", "operations"})
"""Tables that every version has. Other programs that use alembic keep their revisions under the same name."""


class NotOurs(ConfigError):
    """This program must not touch the database: a newer ssobot or another program has written it."""


def head() -> str:
    """The revision that this program expects."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise LookupError("the package migrations holds no migration")
    return revision


async def check(database: Database) -> None:
    """Raises NotOurs. An older or an empty database is accepted, and not changed."""
    async with database.reading() as connection:
        await connection.run_sync(_ours)


async def upgrade(database: Database) -> bool:
    """Migrates to `head` in one transaction; several instances wait for each other. Returns whether there was anything
    to do. Raises NotOurs, and ConfigError for a read-only database."""
    with unusable_named():
        async with database.reading() as connection:
            if await connection.run_sync(_ours) == head():
                return False
        async with database.writing() as connection:
            if database.is_postgresql:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            return await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> bool:
    before = _ours(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before != head()


def _ours(connection: Connection) -> str | None:
    """Its revision; None if it is empty."""
    revisions, tables = _seen_together(connection)
    # A server may be shared, and has tables of extensions; a file belongs to one program.
    foreign = tables if connection.dialect.name == "sqlite" else tables & _LASTING
    if not revisions and not foreign:
        return None
    if len(revisions) != 1 or not tables >= _LASTING:
        raise NotOurs("SSOBOT_DATABASE_URL names a database of another program.", fix="Give the bot its own database.")
    if revisions[0] not in _known():
        raise NotOurs(
            "SSOBOT_DATABASE_URL names a database that a newer ssobot has written.",
            fix="Start that version, or restore a backup.",
        )
    return revisions[0]


def _seen_together(connection: Connection) -> tuple[tuple[str, ...], set[str]]:
    """Revisions and tables, read at one moment: another instance that starts at the same time may commit between two
    reads."""
    while True:
        revisions = MigrationContext.configure(connection).get_current_heads()
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        if MigrationContext.configure(connection).get_current_heads() == revisions:
            return revisions, tables


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    folder = Path(migrations.__file__).parent
    # A % would begin an interpolation.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
