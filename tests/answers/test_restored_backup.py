"""What is said where the database was restored from a backup that is older than the last rotation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.answers.conftest import Heard
from tests.support.backups import back_up, restore
from tests.support.world import World, world_at

case = pytest.mark.case
OLDER = "The bot's database was restored from a backup that is older than the last rotation"


@pytest.fixture
async def restored(tmp_path: Path) -> AsyncIterator[World]:
    """The bot runs with a database that knows an older secret."""
    async with world_at(tmp_path) as world:
        async with world.play.bot():
            await world.ask("setup")
            back_up(world)
            await world.ask("rotate")
        restore(world)
        async with world.play.bot():
            yield world


@pytest.mark.parametrize(
    "words",
    [pytest.param(w, marks=case(w, OLDER)) for w in ("setup", "status", "test", "rotate", "enable", "disable")],
)
async def test_an_older_database(restored: World, hears: Heard, words: str) -> None:
    hears(await restored.ask(words), typed=f"!sso {words}")
