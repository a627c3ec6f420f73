"""The bot at servers as they really are: their own timing, several instances, the limit that holds for everybody."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from aiohttp import web

from bot.clock import steady
from bot.rocketchat.rate_budget import RateBudget
from bot.secret import Secret
from bot.signin.walk import sign_in
from sandbox.faults import Fault, FaultEffect, When
from sandbox.gaps import gaps
from sandbox.rocketchat.instances import Sticky
from sandbox.rocketchat.standin import Switches
from tests.support.world import REAL_SETTLE, SERVICE, SETTINGS, World, world_at
from tools.bench_rotation import BOUNDS

SOON = 0.6
"""Seconds beyond the settling within which a command that only switches has answered."""
MINUTE = 12.0
"""Seconds of the limit on a server that is to be waited for; the commands of the test use it up in less."""
WORST = BOUNDS["silent"][1]
"""Seconds for which sign-ins may fail while a secret is exchanged."""


async def whole(world: World) -> None:
    """Both sides agree, people come through, and nothing else is said."""
    state = world.state()
    assert state.accepted == state.stored == state.live is not None
    assert "✗" not in await world.ask("test")
    assert "Everything is in sync" in await world.ask("status")
    person = world.encvoy.introduction.account("person")
    await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))


async def test_at_the_usual_timing_a_life_is_short_waits(tmp_path: Path) -> None:
    async with world_at(tmp_path, settle=REAL_SETTLE) as world, world.play.bot():
        assert "✗" not in await world.ask("setup")
        before = len(gaps(world.rocketchat.ledger, world.encvoy.ledger))
        assert "Rotated" in await world.ask("rotate")
        [gap] = gaps(world.rocketchat.ledger, world.encvoy.ledger)[before:]
        assert gap.seconds < WORST
        assert "It is off." in await world.ask("disable", timeout=REAL_SETTLE + SOON)
        assert world.state().live is None
        assert "✓ On: " in await world.ask("enable", timeout=REAL_SETTLE + SOON)
        await whole(world)


async def test_a_setting_that_somebody_saves_meanwhile_is_waited_out(tmp_path: Path) -> None:
    """Rocket.Chat tells the bot of it, and starts its timers anew: written at once, the secret would come too early."""
    async with world_at(tmp_path, settle=1.0) as world, world.play.bot():
        await world.ask("setup")
        await world.ask("rotate")
        saved: list[float] = []

        def save(_: web.Request) -> None:
            saved.append(steady())
            world.rocketchat.settings.write(f"{SETTINGS}-button_color", "#00FF00")

        proving = Fault("PUT", "/api/v1/clients/", FaultEffect.PASS, When.AFTER, times=1, call=save)
        world.encvoy.faults.add(proving)
        before = len(gaps(world.rocketchat.ledger, world.encvoy.ledger))
        assert "Rotated" in await world.ask("rotate")
        [gap] = gaps(world.rocketchat.ledger, world.encvoy.ledger)[before:]
        requests = world.rocketchat.ledger.requests("POST", f"/api/v1/settings/{SETTINGS}-secret")
        [written, *_] = [entry.began for entry in requests if entry.began > saved[0]]
        assert written - saved[0] >= 1.0
        assert gap.seconds < WORST


@pytest.mark.parametrize(
    ("broadcasts", "sticky"),
    [
        (True, Sticky.NOTHING),
        (False, Sticky.NOTHING),
        (False, Sticky.CONNECTION),
        pytest.param(True, Sticky.CONNECTION, marks=pytest.mark.slow),
        pytest.param(True, Sticky.ADDRESS, marks=pytest.mark.slow),
        pytest.param(False, Sticky.ADDRESS, marks=pytest.mark.slow),
    ],
)
async def test_on_three_instances_every_command_ends_right(tmp_path: Path, broadcasts: bool, sticky: Sticky) -> None:
    switches = Switches(instances=3, broadcasts=broadcasts, sticky=sticky)
    async with world_at(tmp_path, settle=0.3, switches=switches) as world, world.play.bot():
        assert "✗" not in await world.ask("setup")
        await whole(world)
        for _ in range(2):
            before = world.state().accepted
            answer = await world.ask("rotate")
            assert "Rotated" in answer
            assert "ALARM" not in answer
            assert world.state().accepted != before
            await whole(world)
        assert "It is off." in await world.ask("disable")
        assert world.state().live is None
        assert "✓ On: " in await world.ask("enable")
        await whole(world)


async def test_where_the_limit_holds_for_the_bot_too_nothing_false_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server whose minute is short, and the bot knows: otherwise one of the commands waits for a whole one."""
    monkeypatch.setattr("bot.rocketchat.client.RateBudget", functools.partial(RateBudget, window=MINUTE))
    switches = Switches(open_routes_know_user=False)
    async with world_at(tmp_path, settle=0.5, switches=switches) as world, world.play.bot():
        world.rocketchat.settings.find("API_Enable_Rate_Limiter_Limit_Time_Default").value = int(MINUTE * 1000)
        said = [await world.ask(words) for words in ("setup", "rotate", "rotate", "rotate")]
        said += [await world.ask("disable")]
        assert world.state().live is None
        said += [await world.ask(words) for words in ("enable", "status", "test")]
        assert not any("does not respond" in answer or "✗" in answer for answer in said)
        state = world.state()
        assert state.accepted == state.stored == state.live is not None
        assert not any(entry.status == 429 for entry in world.rocketchat.ledger)
