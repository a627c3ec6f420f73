"""Whoever may not, changes nothing, on either login engine. Judged by effect: both stand-ins are compared before and
after, whole.

After each forbidden message the administrator types `!sso test`. Messages are taken up in their order, and `test` waits
its turn behind every operation accepted before it, so its answer proves that the forbidden one was seen, and that
whatever came of it is over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.faults import Fault, FaultEffect, When
from tests.support.snapshot import snapshot
from tests.support.ways import MAY, STRANGERS, Way, the_administrator, user
from tests.support.world import VERSIONS, World, as_people_run_it, world_at

STANDING = ("rotate", "disable", "slash on")
"""What would change something where there is a connection."""
USERS_INFO = "/api/v1/users.info"


@pytest.fixture(params=VERSIONS)
async def quiet_world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins of that version, and no bot yet."""
    async with world_at(tmp_path, **as_people_run_it(tmp_path, request.param)) as world:
        yield world


@pytest.fixture
async def world(quiet_world: World) -> AsyncIterator[World]:
    """The same with a bot that listens."""
    async with quiet_world.play.bot():
        yield quiet_world


async def all_is_over(world: World) -> None:
    """See above: every message before this moment was seen, and every operation begun by one has ended."""
    await world.ask("test")


def name(way: Way) -> str:
    return way.__name__


@pytest.mark.parametrize("way", MAY, ids=name)
async def test_an_administrators_setup_changes_both_sides(world: World, way: Way) -> None:
    before = snapshot(world)
    await way(world, "setup")
    await all_is_over(world)
    after = snapshot(world)
    assert before.settings != after.settings
    assert before.clients != after.clients
    assert before.writes != after.writes


def sampled(version: str, way: Way) -> object:
    """Each way on the legacy engine; of what needs a second and isn't refused, one way suffices on the modern one."""
    marks = pytest.mark.slow if version != VERSIONS[0] and way is not the_administrator else ()
    return pytest.param(version, way, id=f"{version}-{name(way)}", marks=marks)


@pytest.mark.parametrize(
    ("quiet_world", "way"), [sampled(version, way) for version in VERSIONS for way in MAY], indirect=["quiet_world"]
)
@pytest.mark.parametrize("words", STANDING)
async def test_an_administrators_commands_change_a_standing_connection(world: World, way: Way, words: str) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await way(world, words)
    await all_is_over(world)
    assert snapshot(world) != before


@pytest.mark.parametrize("way", STRANGERS, ids=name)
async def test_a_stranger_changes_nothing(world: World, way: Way) -> None:
    before = snapshot(world)
    await way(world, "setup")
    await all_is_over(world)
    assert snapshot(world) == before

    await world.ask("setup")
    before = snapshot(world)
    for words in STANDING:
        await way(world, words)
    await all_is_over(world)
    assert snapshot(world) == before


# One message, one operation.


async def test_a_message_that_is_sent_again_does_nothing_more(world: World) -> None:
    await world.ask("setup")
    message = await the_administrator(world, "disable")
    await world.ask("enable")
    before = snapshot(world)
    world.rocketchat.chat.resend(message)
    world.rocketchat.chat.react(user(world, "member").id, message, "eyes")
    await all_is_over(world)
    assert snapshot(world) == before


async def test_every_event_twice_is_still_one_rotation(world: World) -> None:
    await world.ask("setup")
    world.rocketchat.sockets.duplicate = True
    await the_administrator(world, "rotate")
    await all_is_over(world)
    switched = world.encvoy.ledger.of("switched")
    assert len(switched) == 2, "one by setup, one by the rotation"


async def test_a_message_that_is_sent_again_after_a_restart_does_nothing_more(quiet_world: World) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
        message = await the_administrator(quiet_world, "disable")
        await quiet_world.ask("enable")
    before = snapshot(quiet_world)
    async with quiet_world.play.bot():
        quiet_world.rocketchat.chat.resend(message)
        await all_is_over(quiet_world)
    assert snapshot(quiet_world) == before


# A role that is withdrawn between the command and its first effect.


def withdraw_the_role(world: World, times: int = 1) -> Fault:
    """The first question after the administrator's role is still answered with yes; then it is gone."""

    def withdraw(request: web.Request) -> None:
        user(world, "admin").roles = ["user"]

    return Fault("GET", USERS_INFO, effect=FaultEffect.PASS, when=When.AFTER, call=withdraw, times=times)


async def test_a_role_withdrawn_after_the_command_stops_setup(world: World) -> None:
    before = snapshot(world)
    world.rocketchat.faults.add(withdraw_the_role(world))
    answer = await world.ask("setup")
    assert "Only an administrator may do this" in answer
    assert len(world.rocketchat.ledger.requests("GET", USERS_INFO)) == 2, "it passed at first, and was asked again"
    assert snapshot(world) == before


@pytest.mark.parametrize("words", [*STANDING, "enable"])
async def test_a_role_withdrawn_after_the_command_stops_it(world: World, words: str) -> None:
    await world.ask("setup --disabled" if words == "enable" else "setup")
    before = snapshot(world)
    asked = len(world.rocketchat.ledger.requests("GET", USERS_INFO))
    world.rocketchat.faults.add(withdraw_the_role(world))
    answer = await world.ask(words)
    assert "Only an administrator may do this" in answer
    assert len(world.rocketchat.ledger.requests("GET", USERS_INFO)) == asked + 2
    assert snapshot(world) == before


@pytest.mark.parametrize("words", ["setup", "rotate"])
async def test_a_role_withdrawn_while_the_ground_is_looked_at_stops_it(world: World, words: str) -> None:
    if words == "rotate":
        await world.ask("setup")
    before = snapshot(world)

    def withdraw(request: web.Request) -> None:
        user(world, "admin").roles = ["user"]

    world.encvoy.faults.add(Fault("GET", "/api/v1/clients", effect=FaultEffect.PASS, call=withdraw, times=1))
    answer = await world.ask(words)
    assert "Only an administrator may do this" in answer
    assert snapshot(world) == before


# When it cannot be told who is an administrator, nobody is.


@pytest.mark.parametrize("words", ["setup", "slash on"])
async def test_roles_that_are_not_visible_count_as_none(world: World, words: str) -> None:
    before = snapshot(world)
    world.rocketchat.people.permissions["view-full-other-user-info"].clear()
    answer = await world.ask(words)
    assert "`view-full-other-user-info`" in answer
    assert snapshot(world) == before

    world.rocketchat.people.permissions["view-full-other-user-info"].add("admin")
    await world.ask(words)
    assert snapshot(world) != before


@pytest.mark.parametrize("effect", [FaultEffect.ANSWER, FaultEffect.HANG, FaultEffect.DROP])
@pytest.mark.parametrize("first", [True, False], ids=["at the command", "before the first effect"])
async def test_a_question_without_answer_is_a_no(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: FaultEffect, first: bool
) -> None:
    before = snapshot(world)
    fault = world.rocketchat.faults.add(Fault("GET", USERS_INFO, effect=effect, skip=0 if first else 1))
    with monkeypatch.context() as patch:
        patch.setattr("bot.rocketchat.session.READ_TIMEOUT", 0.2)
        answer = await world.ask("setup")
    assert "I could not ask Rocket.Chat who you are, so I did nothing." in answer
    assert snapshot(world) == before

    world.rocketchat.faults.remove(fault)
    await world.ask("setup")
    assert snapshot(world) != before


async def test_only_the_configured_role_counts(quiet_world: World) -> None:
    quiet_world.play.extra["SSOBOT_ADMIN_ROLES"] = "sso-operator"
    async with quiet_world.play.bot():
        before = snapshot(quiet_world)
        answer = await quiet_world.ask("slash on")
        assert "`sso-operator`" in answer
        assert snapshot(quiet_world) == before

        user(quiet_world, "admin").roles = ["user", "sso-operator"]
        await quiet_world.ask("slash on")
        assert snapshot(quiet_world) != before


@pytest.mark.parametrize("words", ["help", "status"])
async def test_members_of_the_room_may_look(world: World, words: str) -> None:
    before = snapshot(world)
    answer = await (await world.visitor("member")).ask(f"!sso {words}")
    assert "Not done" not in answer
    assert snapshot(world) == before
