"""The key of the database is lost: all that is said names the fix, nothing is written, nothing dies or loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, update
from structlog.testing import capture_logs

from bot.secret import Secret, new_secret
from bot.store.connections import CURRENT, TABLE
from bot.store.vault import Vault
from tests.support.crashes import SCENARIOS, answered, scene
from tests.support.monitor import monitoring
from tests.support.realtime import until
from tests.support.snapshot import snapshot
from tests.support.unattended_scene import UnattendedScene, unattended_scene
from tests.support.world import World, world_at
from tests.system.test_interrupted import killed, told

COMMANDS = (
    "setup", "setup --dry-run", "setup --no-email", "status", "test", "test --all", "rotate", "rotate --dry-run",
    "enable", "disable", "schedule rotate every 30 days", "schedule maximum 90 days",
)  # fmt: skip
NEED_NONE = ("help", "history", "schedule", "schedule test every 15 minutes", "ack", "mute 2h", "slash off")


@pytest.fixture
async def connected(tmp_path: Path, database_url: URL) -> AsyncIterator[World]:
    """A connection whose key is no longer in SSOBOT_KEYS; no bot runs."""
    async with world_at(tmp_path, database=database_url, settle=0.02) as world:
        async with world.play.bot():
            assert "✗" not in await world.ask("setup")
        yield world


def lose(world: World) -> str:
    old, world.play.keys = world.play.keys, Fernet.generate_key().decode()
    return old


async def test_every_command_says_it_and_writes_nothing(connected: World) -> None:
    old = lose(connected)
    before = snapshot(connected)
    async with connected.play.bot():
        for words in COMMANDS:
            answer = await connected.ask(words)
            assert "cannot be decrypted" in answer or "cannot decrypt the client secret" in answer, words
            assert "back into SSOBOT_KEYS, behind the new one" in answer, words
            assert "`!sso adopt`" in answer, words
            assert "internal error" not in answer, words
        for words in NEED_NONE:
            assert "SSOBOT_KEYS" not in await connected.ask(words), words
    assert snapshot(connected) == before
    connected.play.keys = f"{connected.play.keys},{old}"
    async with connected.play.bot():
        assert "Everything is in sync" in await connected.ask("status")
        assert "Rotated" in await connected.ask("rotate")


def said_in_room(world: World, words: str) -> list[str]:
    messages = world.rocketchat.chat.messages.values()
    return [str(message.msg) for message in messages if words in str(message.msg) and not message.tmid]


async def test_a_start_says_it_once_a_day_and_fills_no_log(connected: World) -> None:
    """The correction of an earlier promise, and the scheduler, need the connection too."""
    async with connected.play.bot():
        await connected.ask("schedule test every 15 minutes")
    lose(connected)
    with capture_logs() as logged:
        for _ in range(2):
            async with connected.play.bot():
                await until(lambda: said_in_room(connected, "My copy of the client secret"))
                assert "setup" in await connected.ask("help")
                await asyncio.sleep(0.5)
    [said] = said_in_room(connected, "My copy of the client secret")
    assert "`!sso adopt`" in said
    assert "`/sso" not in said
    events = {line["event"] for line in logged}
    assert not events & {"not announced", "schedule.failed", "schedule.bug", "internal error"}
    assert "fingerprints start anew: they cannot be compared with earlier ones" in events


async def test_the_monitor_hears_that_somebody_is_needed(connected: World) -> None:
    lose(connected)
    async with monitoring() as monitor:
        connected.play.extra["SSOBOT_HEARTBEAT_URL"] = f"{monitor.url}/a-key-of-this-test"
        async with connected.play.bot():
            path, body = await monitor.next()
    assert path.endswith("/fail")
    assert isinstance(body, dict)
    assert body["reason"] == "The state of the secret is undecided: my copy of it cannot be decrypted."


@pytest.mark.parametrize("shift", ["rotate", "setup", "enable", "disable"])
async def test_what_was_interrupted_ends_and_says_it(tmp_path: Path, shift: str) -> None:
    """Once, in words, with the way on; the next start has nothing left to do."""
    scenario = next(one for one in SCENARIOS if one.name == shift)
    async with scene(tmp_path, scenario) as world:
        message = await killed(world, tmp_path, scenario.words)
        before = snapshot(world)
        lose(world)
        for _ in range(2):
            async with world.play.bot():
                await answered(world, message)
                assert "help" in await world.ask("help")
        assert snapshot(world) == before
        text = told(world, message)
        assert "could not check what I had done" in text
        assert "SSOBOT_KEYS" in text
        assert "internal error" not in text


async def lose_while_it_runs(here: UnattendedScene) -> None:
    """What it reads from now on, no key of its own decrypts."""
    other = Vault([Secret(Fernet.generate_key().decode())])
    async with here.bot.database.writing() as transaction:
        [row] = (await transaction.execute(TABLE.select())).mappings()
        sealed = other.seal(new_secret(), row["id"], CURRENT)
        await transaction.execute(update(TABLE).values(**{CURRENT: sealed}))


async def test_a_scheduled_test_reports_it_and_says_when_it_is_over(tmp_path: Path) -> None:
    async with unattended_scene(tmp_path) as here:
        await here.world.ask("setup")
        await here.world.ask("schedule test every 15 minutes")
        await here.until(lambda state: state.sight)
        async with here.bot.database.reading() as transaction:
            [row] = (await transaction.execute(TABLE.select())).mappings()
        await lose_while_it_runs(here)
        await here.fails()
        failure = await here.heard("✗ failed: Database keys")
        assert "SSOBOT_KEYS" in failure
        async with here.bot.database.writing() as transaction:
            await transaction.execute(update(TABLE).values(**{CURRENT: row[CURRENT]}))
        here.later(timedelta(hours=2))
        assert "✓ Recovered" in await here.heard("✓ Recovered")


async def test_a_scheduled_rotation_is_not_done_and_the_room_hears_why(tmp_path: Path) -> None:
    async with unattended_scene(tmp_path) as here:
        await here.world.ask("setup")
        await here.world.ask("schedule rotate every 1 day between 02:00 and 05:00 UTC")
        before = snapshot(here.world)
        await lose_while_it_runs(here)
        here.to((await here.slot()).at - timedelta(minutes=50))
        assert "`!sso adopt`" in await here.heard("SSOBOT_KEYS")
        slot = await here.slot()
        here.to(slot.at)
        here.to(slot.ends + timedelta(minutes=1))
        await here.next_slot(slot)
        assert snapshot(here.world) == before
