"""What the runner does with what an earlier process left."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chatops.inbox import AWAY
from bot.errors import Unreachable
from tests.support.chat import ADMIN_ROOM, ANNA, MARC, typed
from tests.support.clocks import settle
from tests.support.desk import Desk, crashed, silenced

ASKS_AGAIN = "!sso rotate"


async def test_what_had_begun_goes_on_in_the_same_messages(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed('!sso setup --name "Encvoy ID" --disabled'))
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    [call] = later.script.calls
    assert call.operation.resumed
    assert (call.arguments, call.options) == ({"name": "Encvoy ID"}, frozenset({"disabled"}))
    progress, result = desk.chat.posted.values()
    assert progress.text == "• The bot was restarted and is continuing.\n✓ Looked\nEnded after 0.0 s."
    assert result.text == "@anna ✓ Changed.\nNext: `!sso status`"


@pytest.mark.parametrize("caught_up", [True, False])
async def test_what_had_begun_is_not_refused_when_its_message_comes_again(desk: Desk, caught_up: bool) -> None:
    desk.script.after_effect = asyncio.Event()
    message = typed("!sso setup")
    before = await desk.type(message)
    later = await crashed(desk)
    desk.chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user"}))
    assert await later.type(replace(message, caught_up=caught_up)) == before


async def test_what_had_begun_is_finished_however_late_and_whoever_lost_a_role(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    later = await crashed(desk)
    await later.clock.advance(3600)
    desk.chat.people[ANNA.id] = MARC
    await later.runner.recover()
    await later.clock.advance(2)
    assert "Changed." in desk.chat.said()[0]


async def test_what_had_not_begun_asks_for_leave_again(desk: Desk) -> None:
    desk.script.before_authorize = asyncio.Event()
    await desk.type(typed("!sso setup"))
    later = await crashed(desk)
    desk.chat.people[ANNA.id] = replace(ANNA, roles=frozenset())
    await later.runner.recover()
    await later.clock.advance(2)
    assert later.script.effects == []
    assert "Only an administrator" in desk.chat.said()[0]


async def test_what_had_not_begun_and_is_old_is_to_be_typed_again(desk: Desk) -> None:
    desk.script.before_authorize = asyncio.Event()
    await desk.type(typed("!sso setup"))
    later = await crashed(desk)
    await later.clock.advance(121)
    await later.runner.recover()
    await later.clock.advance(2)
    assert later.script.calls == []
    assert desk.chat.said() == [AWAY]


async def test_an_answer_that_was_not_delivered_is_delivered(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.chat.fail("post", Unreachable, times=10_000)
    desk.script.after_effect.set()
    await settle()
    later = await crashed(desk)
    desk.chat.faults.clear()
    await later.runner.recover()
    await later.clock.advance(2)
    assert desk.chat.said() == ["✓ Changed.\nNext: `!sso status`"]
    assert later.script.calls == []


async def test_after_a_restart_it_goes_on_where_it_had_got_to(desk: Desk) -> None:
    """By direct message, though the room could be written into again: there would be two answers, one without end."""
    silenced(desk, ADMIN_ROOM)
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.chat.refusing = lambda *_: None
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    assert {message.room_id for message in desk.chat.posted.values()} == {"dm-anna"}
    assert len(desk.chat.posted) == 2
    assert "✓ Changed." in desk.chat.said()[0]


async def test_an_operation_that_ended_is_left_alone(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    calls = list(desk.chat.calls)
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    assert desk.chat.calls == calls


async def test_a_command_that_is_gone_is_said_to_be(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    desk.operations.rows[row.id] = replace(row, words="vanished")
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    assert "no longer know this command" in desk.chat.said()[0]
