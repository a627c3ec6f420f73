"""The keys of the database: replaced beside a running bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL

from bot.config import KeysConfig
from bot.rekeying import BotHasOtherKeys, rotated
from bot.store.reseal import Resealed
from tests.support.world import World, world_at


@pytest.fixture
async def connected(tmp_path: Path, database_url: URL) -> AsyncIterator[World]:
    """A connection in a database of either kind; no bot runs."""
    async with world_at(tmp_path, database=database_url, settle=0.02) as world:
        async with world.play.bot():
            assert "✗" not in await world.ask("setup")
        yield world


async def rotate(world: World, keys: str) -> Resealed:
    given = {"keys": keys, "database_url": world.play.env["SSOBOT_DATABASE_URL"]}
    return await rotated(KeysConfig(**given), dry_run=False)  # type: ignore[arg-type]


async def test_a_key_is_replaced_while_the_bot_runs_and_the_old_one_goes(connected: World) -> None:
    world, old, new = connected, connected.play.keys, Fernet.generate_key().decode()
    status = None
    async with world.play.bot():
        with pytest.raises(BotHasOtherKeys):
            await rotate(world, f"{new},{old}")
        status = await world.ask("status")
        assert "Everything is in sync" in status
    world.play.keys = f"{new},{old}"
    async with world.play.bot():
        assert (await rotate(world, world.play.keys)).anew == 1  # the bot itself does that of the fingerprints
        assert await rotate(world, world.play.keys) == Resealed(first=2)
        assert await world.ask("status") == status
        assert "Rotated" in await world.ask("rotate")
    world.play.keys = new
    async with world.play.bot():
        assert "Everything is in sync" in await world.ask("status")
        assert "✗" not in await world.ask("test")
        assert await rotate(world, new) == Resealed(first=2)


async def test_without_a_bot_no_restart_is_needed_in_between(connected: World) -> None:
    world, old, new = connected, connected.play.keys, Fernet.generate_key().decode()
    assert (await rotate(world, f"{new},{old}")).anew == 2
    world.play.keys = new
    async with world.play.bot():
        assert "Everything is in sync" in await world.ask("status")
