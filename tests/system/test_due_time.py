"""What may happen at the due time of a rotation: it is done exactly once, in its window or in the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Bot
from tests.support.due import EVERY, agree, due_in, outcome_of, over, posted, rotation_of
from tests.support.postgres import Postgres
from tests.support.programs import run
from tests.support.several import pause, resume, several
from tests.support.world import World, world_at

SAID = "Rotated: both sides have the new secret"


async def scheduled(world: World) -> None:
    assert "checks passed" in await world.ask("setup")
    assert "Scheduled" in await world.ask(EVERY)


async def rotated_once(world: World, before: str | None) -> None:
    """One rotation and one message about it; nothing follows in the next seconds."""
    await asyncio.sleep(1.0)
    assert agree(world)
    assert world.state().accepted != before
    assert len(posted(world, SAID)) == 1
    assert (await rotation_of(world)).slot.at > (await rotation_of(world)).anchor + timedelta(days=20)


@pytest.fixture
async def postgresql(tmp_path: Path, postgres: Postgres) -> AsyncIterator[tuple[World, Bot]]:
    """A bot in this process that keeps everything in PostgreSQL."""
    async with postgres.database() as url, world_at(tmp_path, database=url) as world, world.play.bot() as bot:
        yield world, bot


async def test_the_loop_is_busy_for_two_seconds(tmp_path: Path) -> None:
    async with world_at(tmp_path) as world, world.play.bot() as bot:
        await scheduled(world)
        before = world.state().accepted
        slot = await due_in(world, 1.0)
        assert bot.unattended is not None
        bot.unattended.waker.wake()
        asyncio.get_running_loop().call_later(0.5, time.sleep, 2)
        assert (await over(world, slot)).once
        await rotated_once(world, before)


async def test_the_process_is_stopped(quiet_world: World) -> None:
    world, bot = quiet_world, quiet_world.forked()
    bot.start(run)
    try:
        await bot.listening()
        await scheduled(world)
        before = world.state().accepted
        slot = await due_in(world, 2.0)
        await world.ask("status")
        pause(bot)
        await asyncio.sleep(4.0)
        assert (await outcome_of(world, slot)).operations == ()
        resume(bot)
        assert (await over(world, slot)).once
        await rotated_once(world, before)
    finally:
        resume(bot)
        await bot.stop()


async def test_two_instances_are_there(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        await scheduled(made.world)
        before = made.world.state().accepted
        slot = await due_in(made.world, 1.5)
        await made.world.ask("status")
        assert (await over(made.world, slot)).once
        await rotated_once(made.world, before)


async def test_the_database_is_away(postgresql: tuple[World, Bot], postgres: Postgres) -> None:
    world, bot = postgresql
    await scheduled(world)
    before = world.state().accepted
    slot = await due_in(world, 2.0)
    assert bot.unattended is not None
    bot.unattended.waker.wake()
    await asyncio.sleep(1.0)
    postgres.stop()
    try:
        await asyncio.sleep(2.0)
    finally:
        postgres.start()
    assert (await over(world, slot)).once
    await rotated_once(world, before)


async def test_it_is_down_and_started_inside_the_window(quiet_world: World) -> None:
    world = quiet_world
    async with world.play.bot():
        await scheduled(world)
    before = world.state().accepted
    slot = await due_in(world, 0.5)
    await asyncio.sleep(1.0)
    async with world.play.bot():
        assert (await over(world, slot)).once
        await rotated_once(world, before)


async def test_it_is_down_and_started_after_the_window(quiet_world: World) -> None:
    """Missed, and said so: the next window is used, not the moment of the start."""
    world = quiet_world
    async with world.play.bot():
        await scheduled(world)
    before = world.state().accepted
    slot = await due_in(world, 0.2, window=timedelta(seconds=0.3))
    await asyncio.sleep(1.0)
    async with world.play.bot() as bot:
        assert (await over(world, slot)).operations == ()
        await asyncio.sleep(1.0)
        assert world.state().accepted == before
        assert len(posted(world, "did not happen")) == 1
        following = (await rotation_of(world)).slot
        assert timedelta(0) < following.begins - slot.ends < timedelta(days=1)
        # The next window has come.
        slot = await due_in(world, 0.5)
        assert bot.unattended is not None
        bot.unattended.waker.wake()
        assert (await over(world, slot)).once
        await rotated_once(world, before)
