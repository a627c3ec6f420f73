"""A copy of the bot's database, and the bot's world after it was put back."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from datetime import timedelta

from tests.support.world import World

LATER = timedelta(days=3)
"""Between the last command and the restored database: long enough that the bot does not look for missed messages."""


def back_up(world: World) -> None:
    """The bot may be running."""
    folder = world.play.folder
    with (
        contextlib.closing(sqlite3.connect(folder / "ssobot.sqlite")) as database,
        contextlib.closing(sqlite3.connect(folder / "backup.sqlite")) as copy,
    ):
        database.backup(copy)


def restore(world: World) -> None:
    """Days later, while no bot runs."""
    database = world.play.folder / "ssobot.sqlite"
    for suffix in ("-wal", "-shm"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
    shutil.copy(world.play.folder / "backup.sqlite", database)
    for message in world.rocketchat.chat.messages.values():
        message.ts -= LATER
