"""PostgreSQL goes away and comes back while the bot runs: nothing half-done is lost, and nobody starts it anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.app import Bot
from bot.clock import SystemClock
from bot.store.engine import open_database
from bot.store.operations import SqlOperations
from sandbox.faults import Fault, FaultEffect
from tests.support.postgres import Postgres
from tests.support.world import World, world_at


@pytest.fixture
async def served(tmp_path: Path, postgres: Postgres) -> AsyncIterator[tuple[World, Bot]]:
    """A world whose bot keeps everything in PostgreSQL."""
    async with postgres.database() as url, world_at(tmp_path, database=url) as world, world.play.bot() as bot:
        yield world, bot


async def test_a_command_meanwhile_is_refused_and_works_afterwards(
    served: tuple[World, Bot], postgres: Postgres
) -> None:
    world, bot = served
    await world.ask("setup")
    writes = world.writes()
    postgres.stop()
    try:
        answer = await world.ask("rotate")
        sick = await bot.health()
    finally:
        postgres.start()
    assert answer.splitlines() == [
        "✗ Not done: The bot's own database cannot be used right now.",
        "Fix: Check that SSOBOT_DATABASE_URL leads to it and that its disk is not full, then type the command again.",
    ]
    assert world.writes() == writes
    assert sick["database"] == "The bot's own database cannot be used right now."
    assert "Rotated" in await world.ask("rotate")
    assert set((await bot.health()).values()) == {None}


async def test_a_rotation_that_loses_it_on_the_way_is_finished_by_typing_it_again(
    served: tuple[World, Bot], postgres: Postgres
) -> None:
    """Both secrets were written down before either system was told, so the next command finds them."""
    world, _ = served
    await world.ask("setup")
    before = world.state()
    switch = Fault(
        "PUT", "/api/v1/clients/", FaultEffect.PASS, call=lambda _: postgres.stop(), matches=lambda _, body: bool(body)
    )
    world.encvoy.faults.add(switch)
    try:
        answer = await world.ask("rotate")
    finally:
        world.encvoy.faults.remove(switch)
        postgres.start()
    assert "The bot's own database cannot be used right now." in answer
    assert "Not done" not in answer
    between = world.state()
    assert between.accepted == between.stored == between.live != before.accepted

    assert "Rotated: both sides have the new secret" in await world.ask("rotate")
    assert world.state() == between


async def test_what_was_answered_meanwhile_is_not_answered_anew_by_the_next_start(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with postgres.database() as url, world_at(tmp_path, database=url) as world:
        async with world.play.bot():
            await world.ask("setup")
            looked = Fault("GET", "/api/v1/clients", FaultEffect.PASS, call=lambda _: postgres.stop(), times=1)
            world.encvoy.faults.add(looked)
            message = await world.admin.send("!sso test")
            try:
                [*_, answer] = [text async for text in world.admin.answers(message)]
            finally:
                postgres.start()
            assert "checks passed" in answer
            await world.ask("help")
            await all_at_rest(url)
        async with world.play.bot():
            await world.ask("help")
        [only] = await world.admin.results(message)
        assert answer.endswith(only)


async def all_at_rest(url: URL) -> None:
    """Returns when there is nothing that the next start would take up."""
    database = await open_database(url)
    try:
        async with asyncio.timeout(10):
            while True:
                if not await SqlOperations(database, SystemClock()).unfinished():
                    return
                await asyncio.sleep(0.02)
    finally:
        await database.close()
