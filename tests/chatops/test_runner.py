"""From a message to one true answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog.testing

from bot.chatops.answer import buttons
from bot.chatops.codes import CodeNeeded
from bot.chatops.inbox import AWAY
from bot.chatops.ports import Message, OperationState, Person
from bot.errors import UserError
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, MARC, OTHER_ROOM, typed
from tests.support.clocks import START, settle
from tests.support.desk import Desk

ASKS_AGAIN = "!sso rotate"


async def test_a_command_ends_in_a_progress_and_a_result_in_its_thread(desk: Desk) -> None:
    await desk.type(typed('!sso setup --name "Encvoy ID"'))
    progress, result = desk.chat.posted.values()
    assert progress.texts == ["✓ Looked\n… working", "✓ Looked\nEnded after 0.0 s."]
    assert result.texts == ["@anna ✓ Changed.\nNext: `!sso status`"]
    assert {(message.thread_id, message.room_id) for message in (progress, result)} == {("m1", ADMIN_ROOM.id)}
    assert result.buttons == ("!sso status",)
    assert desk.script.effects == ["Encvoy ID"]


async def test_what_only_looks_and_is_quick_is_one_message(desk: Desk) -> None:
    await desk.type(typed("!sso status"))
    [message] = desk.chat.posted.values()
    assert message.texts == ["@anna All is well."]


@pytest.mark.parametrize(("who", "said"), [(ANNA, "Next: `!sso setup`, `!sso status`"), (MARC, "Next: `!sso status`")])
async def test_a_member_is_told_to_type_only_what_a_member_may(desk: Desk, who: Person, said: str) -> None:
    desk.script.next = ("setup", "status")
    [answer] = await desk.type(typed("!sso status", who=who))
    assert answer.splitlines()[-1] == said


async def test_who_may_type_what_is_not_asked_where_everyone_may_type_it(desk: Desk) -> None:
    desk.script.next = ("status",)
    await desk.type(typed("!sso status", who=MARC))
    assert "person" not in desk.chat.calls


async def test_while_it_works_the_message_shows_how_far_it_is(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    assert await desk.type(typed("!sso setup")) == ["✓ Looked\n… working"]


async def test_the_row_holds_what_was_done(desk: Desk) -> None:
    await desk.type(typed('!sso setup --name "Encvoy ID"'))
    [row] = desk.operations.rows.values()
    assert (row.state, row.delivered, row.words) == (OperationState.DONE, True, 'setup --name "Encvoy ID"')
    assert row.receipt == {"changed": True}
    assert row.reply_text == desk.chat.said()[0]
    assert row.reply_id in desk.chat.posted


async def test_in_a_thread_the_answer_goes_there(desk: Desk) -> None:
    await desk.type(replace(typed("!sso status"), thread_id="t1"))
    [message] = desk.chat.posted.values()
    assert message.thread_id == "t1"


async def test_a_direct_message_needs_no_prefix_and_has_no_thread(desk: Desk) -> None:
    await desk.type(typed('setup --name "Encvoy ID"', room=DIRECT))
    assert {message.thread_id for message in desk.chat.posted.values()} == {None}
    assert desk.chat.said() == ["✓ Changed.\nNext: `status`"]


async def test_a_dry_run_never_asks_for_leave(desk: Desk) -> None:
    await desk.type(typed("!sso rotate —dry-run"))
    assert desk.script.effects == []
    assert desk.chat.calls.count("person") == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("!sso rotat", "I don't know `rotat`. Did you mean `!sso rotate`?"),
        ("!sso slash", "`slash` needs `on` or `off`. Type `!sso slash on|off`."),
        ("!sso setup\nrotate", "That has several lines, but a command must be a single line. Nothing was done."),
    ],
)
async def test_a_mistake_is_answered_at_once(desk: Desk, text: str, answer: str) -> None:
    assert await desk.type(typed(text)) == [answer]
    assert desk.operations.rows == {}


# --- refusals, by effect -------------------------------------------------------------------------------------------
# --- catching up ----------------------------------------------------------------------------------------------------


async def test_a_young_command_found_by_catching_up_is_carried_out(desk: Desk) -> None:
    await desk.type(replace(typed("!sso setup"), caught_up=True, ts=START - timedelta(seconds=90)))
    assert desk.script.effects == ["effect"]


async def test_an_old_command_found_by_catching_up_is_answered_once(desk: Desk) -> None:
    message = replace(typed("!sso setup"), caught_up=True)
    await desk.clock.advance(180)
    await desk.type(message)
    later = Desk(chat=desk.chat, operations=desk.operations, clock=desk.clock)
    assert await later.type(message) == [AWAY]
    assert desk.script.calls == later.script.calls == []


@pytest.mark.parametrize(
    "message", [typed("!sso setup", who=MARC), typed("!sso rotat"), typed("!sso setup", room=OTHER_ROOM)]
)
async def test_what_is_no_order_is_not_answered_when_it_is_old(desk: Desk, message: Message) -> None:
    assert await desk.type(replace(message, caught_up=True, ts=START - timedelta(minutes=3))) == []


async def test_the_server_s_clock_decides_what_is_old() -> None:
    desk = Desk(skew=timedelta(hours=1))
    await desk.type(typed("!sso setup"))
    assert desk.script.effects == []


async def test_a_clock_that_jumped_is_asked_before_anything_is_refused(desk: Desk) -> None:
    desk.time.skew, desk.time.told = timedelta(hours=1), [timedelta(0)]
    await desk.type(replace(typed("!sso setup"), updated_at=START + timedelta(seconds=1)))
    assert desk.script.effects == ["effect"]


async def test_clocks_that_stay_apart_are_named(desk: Desk) -> None:
    await desk.clock.advance(5)
    desk.time.skew = timedelta(hours=1)
    desk.time.told = [timedelta(hours=1)]
    [said] = await desk.type(replace(typed("!sso setup"), updated_at=START + timedelta(seconds=1)))
    assert "the timestamp of your message is 60 minutes behind the clock of Rocket.Chat's address" in said
    assert desk.script.effects == []


async def test_what_is_in_time_asks_for_no_clock(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    assert desk.time.doubts == 0


# --- one after the other ---------------------------------------------------------------------------------------------


async def test_operations_run_one_after_the_other_in_order(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup --name one", message_id="m1"))
    await desk.runner.handle(typed("!sso setup --name two", message_id="m2"))
    await desk.clock.advance(2)
    assert desk.script.effects == ["one"]
    assert "waiting for another operation" in desk.chat.said()[1]
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert desk.script.effects == ["one", "two"]


@pytest.mark.parametrize(("words", "waits"), [("status", False), ("help", False), ("test", True)])
async def test_who_waits(desk: Desk, words: str, waits: bool) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup", message_id="m1"))
    said = await desk.type(typed(f"!sso {words}", message_id="m2"))
    assert ("All is well." in said) is not waits
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert "All is well." in desk.chat.said()


async def test_the_wait_for_others_is_not_part_of_the_first_step(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup", message_id="m1"))
    await desk.runner.handle(typed("!sso rotate", message_id="m2"))
    await desk.clock.advance(10)
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert [message.text.split("\n")[0] for message in desk.chat.posted.values() if "Ended" in message.text] == [
        "✓ Looked",
        "✓ Looked",
    ]


# --- what goes wrong -------------------------------------------------------------------------------------------------


async def test_a_user_error_has_three_parts_and_what_to_type_next(desk: Desk) -> None:
    desk.script.error = UserError("It is half done.", why="The other side is away.", fix="Type `repair`.")
    [said] = await desk.type(typed("!sso setup"))
    assert said.split("\n") == [
        "✗ Not done: It is half done.",
        "Why: The other side is away.",
        "Fix: Type `repair`.",
        "Next: `!sso setup`, `!sso status`",
    ]


@pytest.mark.parametrize(
    ("fix", "following"),
    [
        ("`/sso setup` creates one.", ["setup"]),
        ("Type `/sso rotate`, or `/sso disable` first; then `/sso rotate`.", ["rotate"]),
        ("Restart it.", ['setup --name "one"', "status"]),
    ],
)
async def test_what_the_error_tells_to_type_comes_next_and_never_what_takes_sign_in_away(
    desk: Desk, fix: str, following: list[str]
) -> None:
    desk.script.error = UserError("It is half done.", fix=fix)
    [said] = await desk.type(typed("!sso setup --name one"))
    assert said.split("\n")[-1] == f"Next: {', '.join(f'`!sso {line}`' for line in following)}"


async def test_what_needs_a_code_is_offered_by_no_button(desk: Desk) -> None:
    desk.script.error = CodeNeeded("Nobody could sign in.", fix="Type `/sso disable --code 4F7K`.")
    [said] = await desk.type(typed("!sso setup"))
    assert buttons(said) == ("!sso status",)


async def test_any_other_error_shows_an_id_and_nothing_else(desk: Desk) -> None:
    desk.script.error = RuntimeError("hunter2-generated")
    with structlog.testing.capture_logs() as logs:
        [said] = await desk.type(typed("!sso setup"))
    [entry] = [entry for entry in logs if entry["event"] == "internal error"]
    assert f"internal error {entry['error_id']}" in said
    assert entry["kind"] == "RuntimeError"
    assert any("desk.py" in frame for frame in entry["frames"])
    assert "hunter2" not in said + str(logs)


async def test_after_an_error_the_next_one_runs(desk: Desk) -> None:
    desk.script.error = RuntimeError("bad")
    await desk.type(typed("!sso setup", message_id="m1"))
    desk.script.error = None
    said = await desk.type(typed("!sso setup", message_id="m2"))
    assert "Changed." in said[1]


async def test_a_store_that_fails_is_answered_and_nothing_is_done(desk: Desk) -> None:
    desk.operations.failing = frozenset({"accept"})
    [said] = await desk.type(typed("!sso setup"))
    assert "internal error" in said
    assert "hunter2" not in said
    assert desk.script.calls == []


async def test_a_store_that_fails_at_the_end_still_lets_the_answer_out(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup"))
    await settle()
    desk.operations.failing = frozenset({"finish"})
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert "Changed." in desk.chat.said()[0]
    assert len(await desk.operations.unfinished()) == 1


async def test_while_the_database_is_away_nothing_is_begun_and_it_is_said(desk: Desk) -> None:
    desk.operations.away = True
    [said] = await desk.type(typed("!sso setup"))
    assert said == "✗ Not done: The bot's own database cannot be used right now."
    assert desk.script.calls == []


async def test_an_end_that_could_not_be_committed_is_committed_once_the_database_is_back(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup"))
    await settle()
    desk.operations.away = True
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert "Changed." in desk.chat.said()[0]
    [row] = await desk.operations.unfinished()
    assert row.state is OperationState.RUNNING
    desk.operations.away = False
    await desk.runner.idle()
    assert await desk.operations.unfinished() == ()
    [row] = desk.operations.rows.values()
    assert (row.state, row.reply_text) == (OperationState.DONE, desk.chat.said()[0])


async def test_stopping_lets_the_running_one_finish_and_starts_no_other(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup --name one", message_id="m1"))
    await desk.runner.handle(typed("!sso setup --name two", message_id="m2"))
    await settle()
    stopping = asyncio.create_task(desk.runner.stop(grace=5))
    await settle()
    desk.script.after_effect.set()
    await stopping
    assert desk.script.effects == ["one"]
    assert "Changed." in desk.chat.said()[0]
    assert [row.words for row in await desk.operations.unfinished()] == ['setup --name "two"']


async def test_stopping_cancels_what_takes_too_long(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    stopping = asyncio.create_task(desk.runner.stop(grace=5))
    await desk.clock.advance(4.9)
    assert not stopping.done()
    await desk.clock.advance(0.2)
    await stopping
    [row] = await desk.operations.unfinished()
    assert row.state is OperationState.RUNNING
