"""An instance that sees a newer schema stops with one line, and leaves everything as it is."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

import bot.app
from bot.app import building
from bot.errors import StoreUnavailable
from bot.store.engine import Database as Open
from bot.store.engine import open_database
from bot.store.migrate import NotOurs, head
from sandbox.stage import config_from
from tests.support.snapshot import snapshot
from tests.support.subprocesses import ROOT, running, ssobot
from tests.support.world import World
from tests.upgrade.kept import databases, tried
from tests.upgrade.restore import Restored, restored

REST = [database for database in databases() if database.scene == "rest"]
LINE = "SSOBOT_DATABASE_URL names a database that a newer ssobot has written. Start that version, or restore a backup."
NEWER = "UPDATE alembic_version SET version_num = '9999'"


async def content(restored: Restored) -> list[str]:
    """Every row, but for what was heard last, which is noted all the time."""
    database = await open_database(restored.url)
    try:
        async with database.reading() as transaction:
            tables = ("alembic_version", "connections", "operations", "notes")
            found = [(await transaction.execute(text(f"SELECT * FROM {table}"))).all() for table in tables]
    finally:
        await database.close()
    return [str(row) for rows in found for row in rows if row[0] != "heard until"]


async def make_newer(restored: Restored) -> None:
    database = await open_database(restored.url)
    async with database.writing() as transaction:
        await transaction.execute(text(NEWER))
    await database.close()


@pytest.fixture(params=tried(REST), ids=lambda found: f"{found.revision}-{found.kind}")
async def world_at_rest(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Restored]:
    """What an older version left, with nothing to do."""
    async with restored(request.param, tmp_path, request) as scene:
        yield scene


@pytest.mark.parametrize("words", ["run", "doctor", "migrate"])
async def test_it_ends_with_one_line(world_at_rest: Restored, words: str, tmp_path: Path) -> None:
    scene = world_at_rest
    await make_newer(scene)
    before, seen = await content(scene), snapshot(scene.world)
    async with ssobot(tmp_path, words, env=scene.world.play.env) as program:
        assert await program.process.wait() == 2
        lines = [line for line in program.log.read_text().splitlines() if not line.startswith("{")]
    assert lines == [LINE]
    assert await content(scene) == before
    assert snapshot(scene.world) == seen


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks often."""
    monkeypatch.setattr(bot.app, "SCHEMA_SECONDS", 0.02)


async def test_one_that_runs_ends_when_another_one_migrates(quiet_world: World, soon: None) -> None:
    async with building(config_from(quiet_world.play.env)) as served:
        serving = asyncio.create_task(served.serve())
        await served.ready.wait()
        async with served.database.writing() as transaction:
            await transaction.execute(text(NEWER))
        with pytest.raises(NotOurs):
            await asyncio.wait_for(serving, 10)


HURRIED = "import bot.app; bot.app.SCHEMA_SECONDS = 0.1; from bot.__main__ import main; main()"


@pytest.mark.parametrize(
    "world_at_rest",
    [database for database in REST if database.revision == head()],  # whoever starts on an older one has things to say
    indirect=True,
    ids=lambda found: found.kind,
)
async def test_a_program_that_runs_ends_with_one_line_when_another_one_migrates(world_at_rest: Restored) -> None:
    scene = world_at_rest
    folder, env = scene.world.play.folder, {**os.environ, "PYTHONPATH": str(ROOT), **scene.world.play.env}
    async with running((sys.executable, "-c", HURRIED, "run"), folder / "run.log", cwd=folder, env=env) as program:
        await program.said('"listening"')
        await make_newer(scene)
        before, seen = await content(scene), snapshot(scene.world)
        async with asyncio.timeout(10):
            assert await program.process.wait() == 2
        lines = [line for line in program.log.read_text().splitlines() if not line.startswith("{")]
    assert lines == [LINE]
    assert await content(scene) == before
    assert snapshot(scene.world) == seen


async def test_a_database_that_is_away_is_not_taken_for_a_newer_one(
    quiet_world: World, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def check(database: Open) -> None:
        nonlocal looks
        looks += 1
        raise StoreUnavailable if looks < 3 else NotOurs

    monkeypatch.setattr(bot.app, "check", check)
    async with building(config_from(quiet_world.play.env)) as served:
        with pytest.raises(NotOurs):
            await asyncio.wait_for(served.serve(), 10)
    assert looks == 3
