"""Killed before anything was written: a month later, its author demoted and deactivated, nothing is carried out."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.store.engine import open_database
from bot.store.operations import TABLE as OPERATIONS
from bot.store.operations import SqlOperations
from sandbox.faults import When
from sandbox.rocketchat.oauth_settings import add_service
from sandbox.stage import config_from
from sandbox.visitor import is_result
from tests.support.clocks import ShiftedClock
from tests.support.crashes import SCENARIOS, Moment, Scenario, answered, died, is_settings_write, records, scene
from tests.support.programs import run
from tests.support.snapshot import snapshot
from tests.support.world import World

A_MONTH = 30 * 24 * 3600.0
SLASH = Scenario("slash", "slash on", on=False)
TRIED = (*(s for s in SCENARIOS if s.name in ("setup", "rotate", "disable", "enable", "remove")), SLASH)


async def killed(world: World, folder: Path, words: str) -> str:
    """A bot is killed before the first write of this command; the id of the message."""
    bot = world.forked()
    bot.start(run)
    await bot.listening()
    Moment("before the first write", is_settings_write, 1, When.BEFORE).lay(world, bot)
    message = await world.admin.send(f"!sso {words}")
    await died(world, bot)
    return message


async def desired(world: World) -> Connection | None:
    there = (world.play.folder / "ssobot.sqlite").exists()
    return (await records(world)).connection if there else None


def told(world: World, message: str) -> str:
    texts = [str(m.msg) for m in world.rocketchat.chat.messages.values() if m.tmid == message]
    [result] = [text for text in texts if is_result(text)]
    return result


LATER = [pytest.param(scenario, A_MONTH, id=scenario.name) for scenario in TRIED]
LATER.append(pytest.param(TRIED[2], -A_MONTH, id="disable, by a clock that was set back"))


@pytest.mark.parametrize(("scenario", "shift"), LATER)
async def test_a_month_later_it_is_not_carried_out(tmp_path: Path, scenario: Scenario, shift: float) -> None:
    async with scene(tmp_path, scenario) as world:
        wish = await desired(world)
        message = await killed(world, tmp_path, scenario.words)
        [left] = (await records(world, message)).unfinished
        assert left.state.value == "running"
        assert wish is None or (await desired(world)) != wish or scenario is SLASH
        before = snapshot(world)
        if shift > 0:
            admin = world.rocketchat.person("admin")
            admin.roles = ["user"]
            world.rocketchat.people.deactivate(admin)
        clock = ShiftedClock()
        clock.shift = shift
        async with world.play.bot(clock):
            await answered(world, message)
        assert snapshot(world) == before
        assert await desired(world) == wish
        assert "I was interrupted before anything was written." in told(world, message)


@pytest.mark.parametrize("scenario", TRIED, ids=lambda scenario: scenario.name)
async def test_at_once_it_is_carried_out_for_whoever_still_may_and_for_nobody_else(
    tmp_path: Path, scenario: Scenario
) -> None:
    async with scene(tmp_path, scenario) as world:
        wish = await desired(world)
        message = await killed(world, tmp_path, scenario.words)
        before = snapshot(world)
        world.rocketchat.person("admin").roles = ["user"]
        async with world.play.bot():
            await answered(world, message)
        assert snapshot(world) == before
        assert await desired(world) == wish
        assert "Only an administrator may do this." in told(world, message)
        world.rocketchat.person("admin").roles = ["user", "admin"]
        again = await killed(world, tmp_path, scenario.words)
        async with world.play.bot():
            await answered(world, again)
        assert snapshot(world) != before
        assert "Not done" not in told(world, again)


@pytest.mark.parametrize("later", [0.0, A_MONTH], ids=["at once", "a month later"])
async def test_a_blank_service_that_somebody_made_meanwhile_is_no_part_of_it(tmp_path: Path, later: float) -> None:
    """As an administrator adds one in the panel who got no answer."""
    async with scene(tmp_path, SCENARIOS[0]) as world:
        message = await killed(world, tmp_path, "setup")
        add_service(world.rocketchat.settings, "Encvoyid", gated=False)
        before = snapshot(world)
        world.rocketchat.person("admin").roles = ["user"]
        clock = ShiftedClock()
        clock.shift = later
        async with world.play.bot(clock):
            await answered(world, message)
        assert snapshot(world) == before
        assert await desired(world) is None
        assert "I cannot tell what I had done by then" in told(world, message)


async def test_a_row_that_nobody_understands_does_not_prevent_the_start(tmp_path: Path) -> None:
    async with scene(tmp_path, SCENARIOS[0]) as world:
        message = await killed(world, tmp_path, "setup")
        database = await open_database(config_from(world.play.env).database_url)
        [left] = await SqlOperations(database, SystemClock()).unfinished()
        async with database.writing() as transaction:
            here = OPERATIONS.c.id == left.id
            await transaction.execute(update(OPERATIONS).where(here).values(state="paused", words="setup My Name"))
        await database.close()
        before = snapshot(world)
        for _ in range(2):
            async with world.play.bot():
                await answered(world, message)
                assert "rotate" in await world.ask("help")
        assert snapshot(world) == before
        assert "I was restarted and no longer" in told(world, message)


async def test_secrets_that_cannot_be_read_any_more_are_said(tmp_path: Path) -> None:
    async with scene(tmp_path, SCENARIOS[2]) as world:
        message = await killed(world, tmp_path, "rotate")
        before = snapshot(world)
        world.play.keys = "h8uM1oB8NWwXQ3kF4oYH1xq8L3mV3i2mBz3U9k4Wc5Y="
        async with world.play.bot():
            await answered(world, message)
        assert snapshot(world) == before
        assert "SSOBOT_KEYS" in told(world, message)
