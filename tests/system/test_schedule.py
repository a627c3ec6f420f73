"""What is scheduled, over the real stand-ins: a rotation with its announcement, and an incident, in the report room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.unattended_scene import UnattendedScene, unattended_scene
from tests.support.world import world_at


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[UnattendedScene]:
    async with unattended_scene(tmp_path) as scene:
        await scene.world.ask("setup")
        yield scene


async def test_a_rotation_is_announced_done_and_reported_without_anybody_asking(scene: UnattendedScene) -> None:
    world = scene.world
    await world.ask("schedule rotate every 1 day between 02:00 and 05:00 UTC")
    before, slot = world.state(), await scene.slot()
    scene.to(slot.at - timedelta(minutes=50))
    await scene.heard("I replace the client secret, as scheduled.")
    assert world.state().accepted == before.accepted
    scene.to(slot.at)
    await scene.heard("✓ Rotated")
    _, progress, result = await scene.room()
    assert progress.endswith(" s.")
    assert result.startswith("✓ Rotated: both sides have the new secret")
    assert result.endswith("This was scheduled; `!sso schedule` shows by whom.\nType commands in the admin room.")
    after = world.state()
    assert after.accepted == after.stored == after.live != before.accepted
    assert (await scene.next_slot(slot)).begins - slot.begins == timedelta(days=1)
    assert "the schedule of `admin`" in await world.ask("history")


async def test_an_incident_is_posted_once_and_says_when_it_is_over(scene: UnattendedScene) -> None:
    await scene.world.ask("schedule test every 15 minutes")
    await scene.until(lambda state: state.sight)
    await scene.world.encvoy.stop()
    await scene.fails()
    failure = await scene.heard("✗ failed:")
    assert "Fix:" in failure
    assert "✓ Acknowledged" in await scene.world.ask("ack")
    await scene.world.encvoy.start()
    scene.later(timedelta(hours=2))
    recovered = await scene.heard("✓ Recovered")
    assert recovered.startswith("✓ Recovered: everything works again after 2 h")
    assert len(await scene.room()) == 2


async def test_what_is_scheduled_survives_a_restart(tmp_path: Path) -> None:
    async with world_at(tmp_path) as world:
        async with world.play.bot():
            await world.ask("setup")
            await world.ask("schedule rotate every 30 days")
            before = await world.ask("schedule")
        async with world.play.bot():
            assert await world.ask("schedule") == before
    assert "Rotation every 30 days between 02:00 and 05:00 (UTC)" in before
