"""The socket or a whole system goes away: the bot answers again, and no command runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.app import Bot
from bot.http import TOTAL_SECONDS
from sandbox.faults import Fault, FaultEffect, When
from tests.support.crashes import answered, records
from tests.support.hurried import HurriedClock, short_time_outs
from tests.support.programs import run
from tests.support.world import World, world_at

PACE = 20.0
"""Seconds of the bot and of both stand-ins in a real one, while something is away."""
DECIDED = 16.0
"""Seconds: decided within fifteen, and shown a moment later (a real tenth of a second is one here)."""
HANGING = 10.0
"""The same where eight seconds are the time-out of a request: too short in a hurry, and an answer is late."""
ROTATION = ["PUT", "POST", "POST", "PUT"]
"""The remote writes of a rotation: that it may write, the secret and its marker, the secret at Encvoy ID."""


@dataclass
class Scene:
    """A connection that is set up, a bot that listens, and the clock of all."""

    world: World
    bot: Bot
    clock: HurriedClock
    old: str | None
    writes_before: int

    @property
    def sockets(self) -> Any:
        """The switches of the websockets."""
        return self.world.rocketchat.sockets

    @property
    def connected(self) -> bool:
        """Whether messages are pushed to the bot, as far as it knows."""
        return self.bot.systems.realtime.state.connected

    def writes(self) -> list[str]:
        """Methods of the remote writes since the scene began."""
        return [method for method, _ in self.world.writes()[self.writes_before :]]

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Returns when it holds; `timeout` in real seconds."""
        async with asyncio.timeout(timeout):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.01)

    async def passes(self, seconds: float) -> None:
        """So much time goes by for the bot, in a hurry."""
        self.clock.hurry(PACE)
        await self.clock.sleep(seconds)

    async def back(self) -> None:
        """Returns when messages are pushed to the bot again; there is no hurry any more."""
        await self.until(lambda: self.connected)
        self.clock.hurry(1.0)

    async def text(self, message_id: str) -> str:
        """The one result in the thread."""
        results = await self.world.admin.results(message_id)
        assert len(results) == 1, f"{len(results)} answers"
        return results[0]

    async def rotated_once(self, message_id: str) -> None:
        """The command ran exactly once, was answered exactly once, and the bot still listens."""
        await answered(self.world, message_id)
        self.clock.hurry(1.0)
        assert "rotate" in await self.world.ask("help")  # it listens, and has worked off what came before
        text, state = await self.text(message_id), self.world.state()
        assert "Rotated" in text
        assert self.writes() == ROTATION
        assert state.accepted == state.stored == state.live != self.old
        assert len((await records(self.world, message_id)).operations) == 1


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = HurriedClock()
    async with world_at(tmp_path, clock=clock) as world, world.play.bot(clock) as bot:
        await world.ask("setup")
        yield Scene(world, bot, clock, world.state().accepted, len(world.writes()))


async def test_a_command_typed_while_the_socket_is_refused_runs_once(scene: Scene) -> None:
    scene.sockets.refuse(10)
    scene.sockets.cut()
    await scene.until(lambda: not scene.connected)
    message_id = await scene.world.admin.send("!sso rotate")
    await scene.passes(10)
    await scene.back()
    await scene.rotated_once(message_id)


async def test_a_socket_that_is_cut_in_the_middle_of_a_rotation_changes_nothing(scene: Scene) -> None:
    fault = Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=lambda _: scene.sockets.cut())
    scene.world.rocketchat.faults.add(fault)
    await scene.rotated_once(await scene.world.admin.send("!sso rotate"))


async def test_a_frozen_socket_is_noticed_and_the_command_runs_once(scene: Scene) -> None:
    scene.sockets.freeze()
    message_id = await scene.world.admin.send("!sso rotate")
    await scene.passes(5)
    assert scene.connected
    await scene.until(lambda: not scene.connected)
    scene.sockets.thaw()
    await scene.back()
    await scene.rotated_once(message_id)


async def test_a_socket_that_thaws_in_time_is_kept_and_the_command_runs_once(scene: Scene) -> None:
    opened = scene.sockets.opened
    scene.sockets.freeze()
    message_id = await scene.world.admin.send("!sso rotate")
    await scene.passes(10)
    scene.clock.hurry(1.0)
    scene.sockets.thaw()
    await scene.rotated_once(message_id)
    assert scene.sockets.opened == opened


async def test_rocketchat_is_away_for_half_a_minute(scene: Scene) -> None:
    scene.sockets.refuse()
    scene.sockets.cut()
    message_id = await scene.world.admin.send("!sso rotate")
    await scene.world.rocketchat.stop()
    scene.sockets.accept()
    await scene.passes(30)
    await scene.world.rocketchat.start()
    await scene.back()
    await scene.rotated_once(message_id)


async def test_a_command_of_three_minutes_ago_is_to_be_typed_again(scene: Scene) -> None:
    scene.sockets.refuse()
    scene.sockets.cut()
    message_id = await scene.world.admin.send("!sso rotate")
    scene.clock.hurry(10 * PACE)
    await scene.clock.sleep(180)
    scene.sockets.accept()
    await answered(scene.world, message_id)
    assert "I was offline" in await scene.text(message_id)
    assert scene.writes() == []


async def test_events_that_come_twice_run_once(scene: Scene) -> None:
    scene.sockets.duplicate = True
    await scene.rotated_once(await scene.world.admin.send("!sso rotate"))


async def test_rocketchat_goes_away_in_the_middle_of_a_rotation(scene: Scene) -> None:
    async def go_away(_: web.Request) -> None:
        await scene.world.rocketchat.stop()

    scene.world.encvoy.faults.add(_at_the_switch(effect=FaultEffect.PASS, when=When.AFTER, call=go_away))
    message_id = await scene.world.admin.send("!sso rotate")
    await scene.until(lambda: len(scene.writes()) == len(ROTATION))
    await scene.passes(30)
    await scene.world.rocketchat.start()
    await scene.rotated_once(message_id)


@pytest.mark.parametrize(
    ("when", "effect"),
    [(When.BEFORE, FaultEffect.ANSWER), (When.AFTER, FaultEffect.DROP)],
    ids=["refused by a proxy", "posted and not answered"],
)
async def test_an_answer_that_is_not_taken_at_first_is_given_once(
    scene: Scene, when: When, effect: FaultEffect
) -> None:
    message_id = await scene.world.admin.send("!sso rotate")
    fault = Fault("POST", "/api/v1/chat.", effect, when, status=502, times=3)
    scene.world.rocketchat.faults.add(fault)
    await scene.until(lambda: fault.times == 0)
    await scene.rotated_once(message_id)


async def test_a_bot_that_starts_while_rocketchat_is_away_waits_for_it(quiet_world: World, tmp_path: Path) -> None:
    bot = quiet_world.forked()
    await quiet_world.rocketchat.stop()
    bot.start(run)
    try:
        await asyncio.sleep(0.7)
        await quiet_world.rocketchat.start()
        await bot.listening()
        assert "setup" in await quiet_world.ask("help")
    finally:
        await bot.stop()


def _at_the_switch(**how: Any) -> Fault:
    """A fault of the request that gives Encvoy ID a new secret."""
    return Fault("PUT", "/api/v1/clients/", matches=lambda _, body: "client_secret" in (body or {}), **how)


async def test_encvoy_id_goes_away_in_the_middle_of_a_rotation(scene: Scene) -> None:
    async def go_away(_: web.Request) -> None:
        await scene.world.encvoy.stop()

    scene.world.rocketchat.faults.add(
        Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=go_away)
    )
    message_id = await scene.world.admin.send("!sso rotate")
    await _told_and_undone(scene, message_id)
    await scene.world.encvoy.start()
    await _both_old(scene, message_id)


@pytest.mark.parametrize("everything", [False, True], ids=["the switch", "everything"])
async def test_encvoy_id_hangs_in_the_middle_of_a_rotation(
    scene: Scene, everything: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the write of the secret hangs, or every call from the moment in which Rocket.Chat stored it."""
    short_time_outs(monkeypatch, scene.world, TOTAL_SECONDS / HANGING)
    hang = Fault(effect=FaultEffect.HANG) if everything else _at_the_switch(effect=FaultEffect.HANG)

    def begin(_: web.Request) -> None:
        scene.world.encvoy.faults.add(hang)

    scene.world.rocketchat.faults.add(
        Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=begin)
    )
    message_id = await scene.world.admin.send("!sso rotate")
    await _told_and_undone(scene, message_id)
    scene.world.encvoy.faults.clear()
    await _both_old(scene, message_id)


async def _told_and_undone(scene: Scene, message_id: str) -> None:
    """Within 15 s of the new secret's going live the old one is on its way back, and the thread says so; within 30 s it
    is live."""
    ledger = scene.world.rocketchat.ledger
    lives = len(ledger.of("live"))
    await ledger.wait_for(lambda ledger: len(ledger.of("live")) > lives)
    since = scene.clock.monotonic()
    scene.clock.hurry(HANGING)
    async with asyncio.timeout(10):
        async for text in scene.world.admin.answers(message_id):
            if "gets the old secret again" in text:
                break
    assert scene.clock.monotonic() - since < DECIDED
    await scene.until(lambda: scene.world.state().live == scene.old)
    assert scene.clock.monotonic() - since < 30


async def _both_old(scene: Scene, message_id: str) -> None:
    await answered(scene.world, message_id)
    text, state = await scene.text(message_id), scene.world.state()
    assert "Not rotated. Both sides have the old secret again" in text
    assert state.accepted == state.stored == state.live == scene.old


@pytest.mark.parametrize("words", ["setup", "rotate"])
async def test_encvoy_id_is_down_from_the_start(world: World, words: str) -> None:
    if words == "rotate":
        await world.ask("setup")
    before = world.writes()
    await world.encvoy.stop()
    answer = await world.ask(words)
    assert "Not done: Encvoy ID cannot be reached" in answer
    assert "Fix:" in answer
    assert world.writes() == before
