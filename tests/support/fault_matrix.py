"""The fault matrix: one remote call of `rotate`, `setup` or `remove` fails in one way, and what must be true then.

All seconds run faster, by one parameter (`PACE`): those of the clock, and the time-outs of single requests.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.http import TOTAL_SECONDS
from bot.secret import Secret
from tests.support.crash_matrix import made
from tests.support.crashes import fingerprints_of, records
from tests.support.failing_calls import FAILURES, OWN, Call, Case, applies, injected, shape
from tests.support.hurried import HurriedClock, short_time_outs
from tests.support.world import REAL_SETTLE, SERVICE, SETTINGS, World, world_at

PACE = 8.0
"""Seconds of the bot and of both stand-ins in a real one."""
ANSWERED_WITHIN = 60.0
"""Real seconds."""


@contextlib.asynccontextmanager
async def hurried_world(folder: Path, command: str) -> AsyncIterator[World]:
    """A world in which the command can be typed, with a bot that listens; all in a hurry from then on."""
    made(folder)
    clock = HurriedClock()
    async with world_at(folder, clock=clock, settle=REAL_SETTLE) as world:
        with pytest.MonkeyPatch.context() as patch:
            short_time_outs(patch, world, TOTAL_SECONDS / PACE)
            patch.setattr("sandbox.visitor.LOOK_EVERY", 0.05)
            async with world.play.bot(clock):
                clock.hurry(PACE)
                if command != "setup":
                    await world.ask("setup", ANSWERED_WITHIN)
                yield world


async def calls_of(folder: Path, command: str) -> tuple[Call, ...]:
    """Every kind of call that the command makes, without its messages in the chat."""
    async with hurried_world(folder, command) as world:
        began = {name: len(getattr(world, name).ledger.entries) for name in ("rocketchat", "encvoy")}
        await world.ask(command, ANSWERED_WITHIN)
        bot = world.play.env["SSOBOT_ROCKETCHAT_USER_ID"]
        found = {
            Call(name, entry.method, shape(entry.path))
            for name, before in began.items()
            for entry in getattr(world, name).ledger.entries[before:]
            if entry.kind == "request" and (name == "encvoy" or entry.who in (None, bot))
        }
    return tuple(sorted(call for call in found if "/chat." not in call.path and "websocket" not in call.path))


def cases_of(command: str, calls: tuple[Call, ...]) -> list[Case]:
    """Each call, each way, once; each write also three times in a row."""
    return [
        Case(command, call, failure, times)
        for call in calls
        for failure in FAILURES
        for times in (1, 3)
        if applies(call, failure) and (times == 1 or (call.writes and failure not in OWN))
    ]


async def verdict_of(folder: Path, case: Case) -> str:
    """Plays it. The kind of end: `new`, `old`, `all there`, `nothing`, `part, then all there`, `nothing left`, `part,
    then nothing left`;
    AssertionError if it is none of these, or if what is said is not true."""
    async with hurried_world(folder, case.command) as world:
        before = world.state()
        with injected(world, case):
            message = await world.admin.send(f"!sso {case.command}")
            said = ""
            async for text in world.admin.answers(message, ANSWERED_WITHIN):
                said = text
        for standin in (world.rocketchat, world.encvoy):
            standin.faults.clear()
        [result] = await world.admin.results(message)
        if case.command == "rotate":
            return await _rotated(world, before.accepted, result)
        if case.command == "remove":
            return await _removed(world, result)
        return await _set_up(world, result, said)


async def _rotated(world: World, old: str | None, result: str) -> str:
    state, head = world.state(), result.splitlines()[0]
    truth = f"accepted {state.accepted != old}, stored {state.stored != old}, live {state.live != old} (new)"
    assert state.accepted == state.stored == state.live, f"the sides differ ({truth}); said: {head}"
    fingerprint = f"fingerprint {(await fingerprints_of(world)).of(Secret(state.accepted or ''))}"
    assert (await _pending(world)) is None, f"an exchange is still desired ({truth}); said: {head}"
    if state.accepted != old:
        assert "Rotated" in head, f"both new; said: {head}"
        assert fingerprint in head, f"both new; said: {head}"
        return "new"
    assert "Not rotated" in head or "Not done" in head, f"both old; said: {head}"
    assert "Not done" in head or fingerprint in head, f"both old; said: {head}"
    return "old"


async def _pending(world: World) -> Secret | None:
    connection = (await records(world)).connection
    return None if connection is None else connection.pending


async def _set_up(world: World, result: str, said: str) -> str:
    head = result.splitlines()[0]
    if _is_whole(world):
        assert "Not done" not in head, f"all there; said: {head}"
        if "✗" not in head:
            return "all there"
        return await _finished_later(world, head)
    connection = (await records(world)).connection
    ours = any(setting.id.startswith(SETTINGS) for setting in world.rocketchat.settings)
    if world.state().applications == 0 and not ours and connection is None:
        assert "Not done" in head, f"nothing of ours; said: {head}"
        return "nothing"
    assert "Not finished" in head or "Result unknown" in head, f"a part; said: {head}"
    return await _finished_later(world, head)


async def _removed(world: World, result: str) -> str:
    head = result.splitlines()[0]
    connection = (await records(world)).connection
    if _is_bare(world) and connection is None:
        doubted = "✓ Removed." in head and "but could not see for certain that it is gone" in result
        assert "✓ Removed: nothing of it is left" in head or doubted, f"nothing is left; said: {head}"
        return "nothing left"
    if _is_whole(world) and connection is not None and not connection.absent:
        assert "Not done" in head, f"all there; said: {head}"
        return "all there"
    assert "Not finished" in head or "Result unknown" in head, f"a part; said: {head}"
    for part in ("In Rocket.Chat: ", "At Encvoy ID: "):
        assert part in head, f"a part is not named; said: {head}"
    await world.ask("remove", ANSWERED_WITHIN)
    assert _is_bare(world), f"the second `remove` does not end it; said first: {head}"
    return "part, then nothing left"


def _is_bare(world: World) -> bool:
    ours = any(setting.id.startswith(SETTINGS) for setting in world.rocketchat.settings)
    return not ours and world.state().applications == 0 and world.rocketchat.login_services.get(SERVICE) is None


async def _finished_later(world: World, head: str) -> str:
    """A part is there, and it was said: the same command makes it whole."""
    await world.ask("setup", ANSWERED_WITHIN)
    assert _is_whole(world), f"the second `setup` does not end it; said first: {head}"
    return "part, then all there"


def _is_whole(world: World) -> bool:
    state = world.state()
    return state.applications == 1 and state.accepted == state.stored == state.live is not None
