"""The record of what was done, over restarts, new keys and years."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, func, insert, select

from bot.clock import SystemClock
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.operations import TABLE
from bot.store.retention import KEPT
from sandbox.stage import config_from
from tests.support.world import World, world_at


async def test_fingerprints_stay_the_same_over_a_change_of_all_keys(tmp_path: Path, database_url: URL) -> None:
    async with world_at(tmp_path, database=database_url, settle=0.02) as world:
        old, new = world.play.keys, Fernet.generate_key().decode()
        async with world.play.bot():
            await world.ask("setup")
            first = shown(await world.ask("status"))
        world.play.keys = f"{new},{old}"
        async with world.play.bot():
            await world.ask("rotate")
            second = shown(await world.ask("status"))
        world.play.keys = new
        async with world.play.bot():
            assert shown(await world.ask("status")) == second
            assert f"fingerprint {first} → {second}" in await world.ask("history")


def shown(status: str) -> str:
    """The fingerprint that both sides have."""
    found: str
    [found] = set(re.findall(r"secret fingerprint ([0-9a-f]{4})", status))
    return found


async def test_members_cannot_read_it(world: World) -> None:
    member = await world.visitor("member")
    assert "✗" in await member.ask("!sso history")


async def count(database: Database) -> int:
    async with database.reading() as transaction:
        return int(await transaction.scalar(select(func.count()).select_from(TABLE)) or 0)


@pytest.mark.parametrize(("days", "left"), [("399", KEPT), ("500", 60)])
async def test_what_is_too_old_is_deleted_at_the_start(quiet_world: World, days: str, left: int) -> None:
    long_ago = SystemClock().now() - timedelta(days=400)
    old = [
        {"id": f"o{n}", "origin": "message", "message_id": f"m{n}", "kind": "rotate", "words": "rotate",
         "state": "done", "reply_id": "r", "delivered": True, "created_at": long_ago}
        for n in range(60)
    ]  # fmt: skip
    database = await open_database(config_from(quiet_world.play.env).database_url)
    await migrate.upgrade(database)
    async with database.writing() as transaction:
        await transaction.execute(insert(TABLE), old)
    quiet_world.play.extra["SSOBOT_HISTORY_DAYS"] = days
    async with quiet_world.play.bot():
        assert "`rotate`" in await quiet_world.ask("history")
        async with asyncio.timeout(10):
            while await count(database) != left + 1:  # noqa: ASYNC110 - it is done beside; `history` is one itself
                await asyncio.sleep(0.01)
    await database.close()
