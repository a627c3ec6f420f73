"""Migrations one by one, while the program always migrates to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import migrations
from bot.store.engine import Database
from bot.store.tables import Base


def config() -> Config:
    """Alembic's configuration for the migrations of this project."""
    made = Config()
    made.set_main_option("script_location", str(Path(migrations.__file__).parent))
    made.set_main_option("path_separator", "os")
    return made


def revisions() -> tuple[str, ...]:
    """All, oldest first."""
    return tuple(reversed([script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]))


async def revision_of(database: Database) -> str | None:
    """The revision that the database has; None for an empty one."""

    def revision(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with database.reading() as transaction:
        return await transaction.run_sync(revision)


async def migrated(database: Database, revision: str) -> None:
    """Brings the database to that revision."""

    def upgrade(connection: Connection) -> None:
        made = config()
        made.attributes["connection"] = connection
        command.upgrade(made, revision)

    async with database.writing() as transaction:
        await transaction.run_sync(upgrade)


async def differences(database: Database) -> list[object]:
    """What the tables of the program and those of the database do not have in common."""

    def compared(connection: Connection) -> list[object]:
        return list(
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
        )

    async with database.reading() as transaction:
        return await transaction.run_sync(compared)
