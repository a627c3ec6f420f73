"""Answers that Rocket.Chat does not take where they belong: another way is tried, and nothing is done that nobody can
be told of. Over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import Fault, FaultEffect, When
from sandbox.visitor import is_result
from tests.support.world import World

TAIL = "This is the reply to `setup`; I could not post it below that message."
Trouble = Callable[[World], None]


def room(world: World, name: str = "sso-admins") -> Any:
    return world.rocketchat.chat.rooms.find(name)


def said(world: World) -> list[Any]:
    """The bot's own messages that answer something, oldest first."""
    bot = world.rocketchat.person("bot").id
    messages = [m for m in world.rocketchat.chat.messages.values() if m.author.id == bot and m.t is None]
    return [message for message in messages if "Hello. I connect" not in message.msg]


async def answer_in(world: World, room_id: str, part: str) -> Any:
    """The message of the bot in that room which says so."""
    async with asyncio.timeout(20):
        while True:
            for message in said(world):
                if message.rid == room_id and part in message.msg:
                    return message
            await asyncio.sleep(0.02)


def direct(world: World, role: str = "admin") -> str:
    """The id of the direct room of the bot and somebody."""
    return "".join(sorted((world.rocketchat.person("bot").id, world.rocketchat.person(role).id)))


def mute(world: World) -> None:
    admin, bot = (world.rocketchat.person(role).id for role in ("admin", "bot"))
    world.rocketchat.chat.mute(admin, room(world), bot)


def unmute(world: World) -> None:
    admin, bot = (world.rocketchat.person(role).id for role in ("admin", "bot"))
    world.rocketchat.chat.mute(admin, room(world), bot, muted=False)


def mute_on_an_old_server(world: World) -> None:
    world.rocketchat.chat.quiet_refusals = True
    mute(world)


def read_only(world: World) -> None:
    world.rocketchat.people.permissions["post-readonly"] = {"owner"}
    room(world).flags["ro"] = True


def threads_off(world: World) -> None:
    world.rocketchat.settings.find("Threads_enabled").value = False


def no_direct_messages(world: World) -> None:
    world.rocketchat.people.permissions["create-d"] = set()


async def refused(world: World, times: int) -> None:
    """Every way was refused so many times: the direct room is the last one."""

    def direct_rooms(ledger: Any) -> int:
        return sum(e.path.endswith("im.create") and e.status == 400 for e in ledger.of("request"))

    await world.rocketchat.ledger.wait_for(lambda ledger: direct_rooms(ledger) >= times, 20)


async def told(world: World) -> None:
    """The bot has said what it says unasked: nothing of it is still on its way."""
    await world.ask("help")


@pytest.mark.parametrize("trouble", [mute, mute_on_an_old_server, read_only])
async def test_where_it_is_silenced_it_answers_by_direct_message(world: World, trouble: Trouble) -> None:
    await told(world)
    trouble(world)
    await world.admin.send("!sso setup")
    message = await answer_in(world, direct(world), "On: the login page")
    assert message.msg.endswith(TAIL)
    assert world.state().live is not None


async def test_without_threads_it_answers_in_the_room(world: World) -> None:
    threads_off(world)
    await world.admin.send("!sso setup")
    message = await answer_in(world, room(world).id, "On: the login page")
    assert (message.tmid, message.msg.endswith(TAIL)) == (None, True)


@pytest.mark.parametrize("trouble", [mute, mute_on_an_old_server, read_only, threads_off])
async def test_silenced_in_the_middle_the_result_is_told_all_the_same(world: World, trouble: Trouble) -> None:
    await told(world)
    trouble_begins = Fault(
        "POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=lambda _: trouble(world)
    )
    world.rocketchat.faults.add(trouble_begins)
    await world.admin.send("!sso setup")
    place = room(world).id if trouble is threads_off else direct(world)
    message = await answer_in(world, place, "On: the login page")
    assert (message.tmid, message.msg.endswith(TAIL)) == (None, True)


@pytest.mark.parametrize("trouble", [mute, mute_on_an_old_server, read_only])
async def test_where_nothing_can_be_said_nothing_is_done_and_it_is_said_later(world: World, trouble: Trouble) -> None:
    await told(world)
    trouble(world)
    no_direct_messages(world)
    before = world.writes()
    await world.admin.send("!sso setup")
    await refused(world, 3)  # the first word twice, and the last one
    world.rocketchat.people.permissions["create-d"] = {"user", "bot"}
    room(world).flags |= {"ro": False, "muted": []}
    await world.ask("help")
    await answer_in(world, room(world).id, "I did nothing, because I could not reply")
    assert world.writes() == before
    assert world.state().stored is None


async def test_an_answer_that_nobody_takes_waits_for_the_next_start(quiet_world: World, tmp_path: Path) -> None:
    world = quiet_world
    async with world.play.bot():
        await told(world)

        def silence(_: Any) -> None:
            mute(world)
            no_direct_messages(world)

        world.rocketchat.faults.add(
            Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=silence)
        )
        message_id = await world.admin.send("!sso setup")
        await refused(world, 1)
    writes = world.writes()
    unmute(world)
    async with world.play.bot():
        message = await answer_in(world, room(world).id, "On: the login page")
        assert message.tmid == message_id
    assert world.writes() == writes
    assert len([m for m in said(world) if m.tmid == message_id and is_result(m.msg)]) == 1


async def test_a_room_whose_messages_are_not_answered_holds_up_no_other(world: World) -> None:
    await told(world)
    member = await world.visitor("admin2")
    rocketchat = world.rocketchat
    own = rocketchat.chat.direct(rocketchat.person("admin2").id, rocketchat.person("bot").id)
    stuck = Fault(
        "POST",
        "/api/v1/chat.sendMessage",
        FaultEffect.HANG,
        matches=lambda _, body: body["message"]["rid"] == room(world).id,
    )
    rocketchat.faults.add(stuck)
    message_id = await world.admin.send("!sso status")
    await asyncio.sleep(0.2)
    rocketchat.chat.post(own, rocketchat.person("admin2").id, "help")
    await answer_in(world, own.id, "rotate")
    rocketchat.faults.remove(stuck)
    assert member.room_id == room(world).id
    async with asyncio.timeout(20):
        assert [text async for text in world.admin.answers(message_id)]
