"""What the runner does with what an earlier process left."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chatops.inbox import AWAY
from bot.chatops.ports import OperationState
from bot.chatops.registry import Trace
from bot.errors import BadAnswer, StoreUnavailable, Uncertain, Unfinished, Unreachable, UserError
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, MARC, Fault, typed
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


# Told that it is not done, it is not done later


@pytest.mark.parametrize("caught_up", [True, False])
async def test_a_command_that_was_denied_is_not_carried_out_when_it_is_heard_again(desk: Desk, caught_up: bool) -> None:
    message = replace(typed("!sso setup"), caught_up=caught_up)
    desk.operations.away = True
    denied = await desk.type(message)
    assert "✗ Not done: " in denied[0]
    desk.operations.away = False
    later = await crashed(desk)
    assert await later.type(replace(message, caught_up=True)) == denied
    assert later.script.effects == []


async def test_a_command_that_was_accepted_after_all_is_not_carried_out_either(desk: Desk) -> None:
    desk.operations.answer_lost = 1_000
    denied = await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    assert row.state is OperationState.ACCEPTED
    later = await crashed(desk)
    desk.operations.answer_lost = desk.operations.away_for = 0
    await later.runner.recover()
    await later.clock.advance(2)
    assert (later.script.effects, desk.chat.said()) == ([], denied)
    [row] = desk.operations.rows.values()
    assert (row.state, row.delivered) == (OperationState.FAILED, True)
    assert row.reply_text
    assert row.reply_text in denied[0]


async def test_its_row_ends_as_soon_as_the_database_is_back(desk: Desk) -> None:
    desk.operations.answer_lost = 2
    await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    assert (row.state, row.delivered, desk.script.effects) == (OperationState.FAILED, True, [])


async def test_whoever_may_ask_in_a_direct_room_hears_that_the_database_is_away(desk: Desk) -> None:
    desk.operations.away = True
    [said] = await desk.type(typed("setup", room=DIRECT))
    assert said.startswith("✗ Not done: The bot's own database cannot be used right now.")


async def denied_and_restarted(desk: Desk) -> Desk:
    desk.operations.away = True
    await desk.type(typed("!sso setup"))
    desk.operations.away = False
    return await crashed(desk)


async def test_whether_it_was_denied_is_asked_until_rocketchat_answers(desk: Desk) -> None:
    later = await denied_and_restarted(desk)
    desk.chat.faults["text_of"] = Fault(Unreachable("Rocket.Chat", "GET /api/v1/chat.getMessage"), 3, after=False)
    await later.type(replace(typed("!sso setup"), caught_up=True))
    assert later.script.effects == []


async def test_a_server_that_cannot_say_it_does_not_end_the_listening(desk: Desk) -> None:
    desk.chat.faults["text_of"] = Fault(BadAnswer("Rocket.Chat", "GET /api/v1/chat.getMessage"), 3, after=False)
    await desk.type(replace(typed("!sso setup"), caught_up=True))
    assert desk.script.effects == ["effect"]


async def test_what_was_done_is_not_called_undone_while_the_database_is_away(desk: Desk) -> None:
    message = typed("!sso setup")
    said = await desk.type(message)
    later = await crashed(desk)
    desk.operations.away_for = 3
    assert await later.type(replace(message, caught_up=True)) == said


async def test_what_comes_after_the_start_is_not_asked_about(desk: Desk) -> None:
    await desk.clock.advance(60)
    await desk.type(replace(typed("!sso status"), ts=desk.time.now()))
    assert "text_of" not in desk.chat.calls


async def test_a_denial_in_another_place_counts_as_well(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM)
    later = await denied_and_restarted(desk)
    [place] = {message.room_id for message in desk.chat.posted.values()}
    assert place != ADMIN_ROOM.id
    await later.type(replace(typed("!sso setup"), caught_up=True))
    assert later.script.effects == []


async def test_what_was_answered_and_could_not_be_stored_is_not_begun_later(desk: Desk) -> None:
    desk.script.before_authorize = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.operations.away = True
    desk.script.before_authorize.set()
    await desk.clock.advance(2)
    said = desk.chat.said()
    assert said[0].startswith("✗ Not done: The bot's own database cannot be used right now.")
    later = await crashed(desk)
    desk.operations.away = False
    await later.runner.recover()
    await later.clock.advance(2)
    assert (later.script.effects, later.script.calls) == ([], [])
    assert desk.chat.said() == said
    [row] = desk.operations.rows.values()
    assert (row.state, row.delivered) == (OperationState.FAILED, True)


async def called_undone(desk: Desk) -> None:
    """The database went away behind the first effect, and its author was told so."""
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.operations.away = True
    desk.script.error = StoreUnavailable()
    desk.script.after_effect.set()
    await desk.clock.advance(2)


async def test_what_has_left_a_trace_is_finished_whatever_was_answered(desk: Desk) -> None:
    await called_undone(desk)
    later = await crashed(desk)
    desk.operations.away = False
    await later.runner.recover()
    await later.clock.advance(2)
    assert later.script.effects == ["effect"]
    assert desk.chat.said()[0].startswith("✓ Changed.")


@pytest.mark.parametrize("error", [Unfinished("A part is done."), Uncertain("It may be done.")])
async def test_what_was_called_unfinished_stays_so_and_is_not_answered_twice(desk: Desk, error: UserError) -> None:
    """Without the outage it would have ended as well, and nobody would have gone on with it."""
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.script.error = error
    desk.operations.away = True
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    said = desk.chat.said()
    later = await crashed(desk)
    later.script.trace = Trace.PART
    desk.operations.away = False
    await later.runner.recover()
    await later.clock.advance(2)
    [row] = desk.operations.rows.values()
    assert (later.script.calls, later.script.taken_back) == ([], []), "it stays desired"
    assert (row.state, row.delivered, desk.chat.said()) == (OperationState.FAILED, True, said)


async def test_what_was_begun_and_called_undone_ends_so_if_nothing_is_seen_of_it(desk: Desk) -> None:
    await called_undone(desk)
    said = desk.chat.said()
    later = await crashed(desk)
    later.script.trace = Trace.NOTHING
    desk.operations.away = False
    await later.runner.recover()
    await later.clock.advance(2)
    [row] = desk.operations.rows.values()
    assert (later.script.calls, later.script.taken_back) == ([], [row.id])
    assert (row.state, row.delivered, desk.chat.said()) == (OperationState.FAILED, True, said)


@pytest.mark.parametrize("trace", [Trace.NOTHING, Trace.UNCLEAR])
@pytest.mark.parametrize("after", [60, 3600])
async def test_what_was_done_said_and_not_stored_stays_said(desk: Desk, trace: Trace, after: float) -> None:
    desk.operations.failing = frozenset({"finish"})
    said = await desk.type(typed("!sso setup"))
    assert said[0].startswith("✓ Changed.")
    later = await crashed(desk)
    later.script.trace = trace
    await later.clock.advance(after)
    desk.operations.failing = frozenset()
    await later.runner.recover()
    await later.clock.advance(2)
    [row] = desk.operations.rows.values()
    assert (row.state, row.delivered, desk.chat.said()) == (OperationState.DONE, True, said)
    assert (later.script.calls, later.script.taken_back) == ([], [])
