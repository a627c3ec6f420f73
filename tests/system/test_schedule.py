"""What is scheduled, over the real stand-ins: a rotation with its announcement, and an incident, in the report room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Bot
from bot.schedule.rules import Rotation
from sandbox.visitor import Visitor
from tests.support.clocks import ShiftedClock
from tests.support.world import World, world_at

REPORTS = "sso-reports"


@dataclass
class Unattended:
    """A world whose clock can be moved, with a room for what nobody asked for."""

    world: World
    clock: ShiftedClock
    bot: Bot
    reports: Visitor

    async def rotation(self) -> Rotation:
        """As it is scheduled now."""
        assert self.bot.unattended is not None
        found = (await self.bot.unattended.schedules.get()).rotation
        assert found is not None
        return found

    def jump(self, to: datetime) -> None:
        """It is that time now, and the scheduler notices."""
        self.clock.shift += (to - self.clock.now()).total_seconds()
        assert self.bot.unattended is not None
        self.bot.unattended.waker.wake()

    async def heard(self, number: int) -> list[str]:
        """What the bot said in the report room, once it is so many messages, oldest first."""
        for _ in range(300):
            page = await self.reports.call("GET", "groups.history", params={"roomId": self.reports.room_id})
            said = [m["msg"] for m in sorted(page["messages"], key=lambda m: str(m["ts"])) if not m.get("t")]
            if len(said) >= number:
                return said
            await asyncio.sleep(0.1)
        raise AssertionError(f"only {said}")


@pytest.fixture
async def unattended(tmp_path: Path) -> AsyncIterator[Unattended]:
    clock = ShiftedClock()
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(world_at(tmp_path, clock=clock))
        members = {"name": REPORTS, "members": ["ssobot"]}
        await world.admin.call("POST", "groups.create", json=members)
        world.play.extra["SSOBOT_REPORT_ROOM"] = REPORTS
        bot = await stack.enter_async_context(world.play.bot(clock))
        reports = await world.visitor("admin", REPORTS)
        yield Unattended(world, clock, bot, reports)


async def test_a_rotation_is_announced_done_and_reported_without_anybody_asking(unattended: Unattended) -> None:
    world = unattended.world
    await world.ask("setup")
    await world.ask("schedule rotate every 1 day between 02:00 and 05:00 UTC")
    before, slot = world.state(), (await unattended.rotation()).slot
    unattended.jump(slot.at - timedelta(minutes=50))
    [warning] = await unattended.heard(1)
    assert "I replace the client secret, as scheduled." in warning
    assert world.state().accepted == before.accepted
    unattended.jump(slot.at)
    _, progress, result = await unattended.heard(3)
    assert progress.endswith(" s.")
    assert result.startswith("✓ Rotated: both sides have the new secret")
    assert result.endswith("This was scheduled; `/sso schedule` shows by whom.")
    after = world.state()
    assert after.accepted == after.stored == after.live != before.accepted
    assert (await unattended.rotation()).slot.begins - slot.begins == timedelta(days=1)
    assert "the schedule of `admin`" in await world.ask("history")


async def test_an_incident_is_posted_once_and_says_when_it_is_over(unattended: Unattended) -> None:
    world = unattended.world
    await world.ask("setup")
    await world.ask("schedule test every 15 minutes")
    await world.encvoy.stop()
    unattended.jump(unattended.clock.now() + timedelta(minutes=16))
    await asyncio.sleep(3)
    unattended.jump(unattended.clock.now() + timedelta(seconds=31))
    [failure] = await unattended.heard(1)
    assert failure.startswith("✗ failed:")
    assert "Fix:" in failure
    assert "✓ Acknowledged" in await world.ask("ack")
    await world.encvoy.start()
    unattended.jump(unattended.clock.now() + timedelta(hours=2))
    _, recovered = await unattended.heard(2)
    assert recovered.startswith("✓ Recovered: everything works again after 2 h")


async def test_what_is_scheduled_survives_a_restart(tmp_path: Path) -> None:
    async with world_at(tmp_path) as world:
        async with world.play.bot():
            await world.ask("setup")
            await world.ask("schedule rotate every 30 days")
            before = await world.ask("schedule")
        async with world.play.bot():
            assert await world.ask("schedule") == before
    assert "Rotation every 30 days between 02:00 and 05:00 (UTC)" in before
