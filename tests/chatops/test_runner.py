"""From a message to one true answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog.testing

from bot.chatops.backlog import AGAIN_AFTER
from bot.chatops.inbox import AWAY
from bot.chatops.ports import Message, OperationState, Person, Room
from bot.errors import BadAnswer, Busy, Forbidden, NoAnswer, Rejected, RemoteError, Unreachable, UserError
from tests.support.chat import (
    ADMIN_ROOM,
    ANNA,
    DIRECT,
    GROUP_DIRECT,
    MARC,
    OTHER_ROOM,
    START,
    MemoryChat,
    remote,
    settle,
    typed,
)
from tests.support.desk import Desk

ASKS_AGAIN = "!sso rotate"


async def test_a_command_ends_in_one_message_in_its_thread(desk: Desk) -> None:
    await desk.type(typed('!sso setup --name "Encvoy ID"'))
    [message] = desk.chat.posted.values()
    assert message.thread_id == "m1"
    assert message.room_id == ADMIN_ROOM.id
    assert message.text == "✓ Looked\nChanged.\nNext: `!sso status`"
    assert desk.script.effects == ["Encvoy ID"]


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
    [message] = desk.chat.posted.values()
    assert message.thread_id is None
    assert message.text.endswith("Next: `status`")


async def test_a_dry_run_never_asks_for_leave(desk: Desk) -> None:
    await desk.type(typed("!sso rotate —dry-run"))
    assert desk.script.effects == []
    assert desk.chat.calls.count("person") == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("!sso rotat", "I don't know `rotat`. Did you mean `!sso rotate`?"),
        ("!sso slash", "`slash` needs `on` or `off`. Type `!sso slash on|off`."),
        ("!sso setup\nrotate", "That has several lines, and a command is one line. Nothing was done."),
    ],
)
async def test_a_mistake_is_answered_at_once(desk: Desk, text: str, answer: str) -> None:
    assert await desk.type(typed(text)) == [answer]
    assert desk.operations.rows == {}


# --- refusals, by effect -------------------------------------------------------------------------------------------

COMMAND = typed("!sso setup")
ROLELESS = Person("nobody1", "nobody", None, active=True, type="user")
BOT = Person("robot1", "robot", frozenset({"admin"}), active=True, type="bot")
GONE = Person("gone1", "gone", frozenset({"admin"}), active=False, type="user")
REFUSALS = {
    "an ordinary member": (typed("!sso setup", who=MARC), ["Only an administrator may do this."]),
    "an ordinary member, mentioning": (typed("@ssobot sso setup", who=MARC), ["Only an administrator may do this."]),
    "a stranger by direct message": (typed("setup", who=MARC, room=DIRECT), ["Only an administrator may do this."]),
    "an administrator in another room": (typed("!sso setup", room=OTHER_ROOM), ["I listen in #sso-admins"]),
    "an administrator in a group's direct room": (typed("/sso setup", room=GROUP_DIRECT), ["I listen in #sso-admins"]),
    "bare words in a group's direct room": (typed("setup", room=GROUP_DIRECT), []),
    "bare words in the admin room": (typed("setup"), []),
    "a stranger in another room": (typed("!sso setup", who=MARC, room=OTHER_ROOM), []),
    "a webhook posting as the administrator": (replace(COMMAND, from_integration=True), []),
    "an alias": (replace(COMMAND, alias="anna"), []),
    "an edited message": (replace(COMMAND, edited=True), []),
    "an old one": (replace(COMMAND, ts=START - timedelta(seconds=30)), []),
    "a system message": (replace(COMMAND, system_type="uj"), []),
    "an encrypted one": (replace(COMMAND, system_type="e2e"), ["This room is end-to-end encrypted now"]),
    "our own": (replace(COMMAND, user_id="bot1"), []),
    "without an author": (replace(COMMAND, user_id=""), []),
    "someone whose roles are not shown": (typed("!sso setup", who=ROLELESS), ["I cannot see who is an administrator"]),
    "a bot's account": (typed("!sso setup", who=BOT), ["Only people can give commands."]),
    "a deactivated account": (typed("!sso setup", who=GONE), ["Only active accounts can give commands."]),
    "the name of an administrator, another id": (
        replace(typed("!sso setup", who=MARC), username="anna"),
        ["Only an admin"],
    ),
    "nobody Rocket.Chat knows": (replace(COMMAND, user_id="ghost"), ["I could not ask Rocket.Chat who you are"]),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals_change_nothing(desk: Desk, case: str) -> None:
    message, answers = REFUSALS[case]
    for person in (ROLELESS, BOT, GONE):
        desk.chat.people[person.id] = person
    said = await desk.type(message)
    assert (desk.script.effects, desk.script.calls, desk.operations.rows) == ([], [], {})
    assert len(said) == len(answers)
    assert all(answer in text for answer, text in zip(answers, said, strict=True))


@pytest.mark.parametrize("words", ["setup", "!sso setup", "help"])
async def test_where_rocketchat_does_not_say_who_reads_along_nothing_is_done_and_that_is_said(
    desk: Desk, words: str
) -> None:
    desk.chat.fail("room", Busy)
    [said] = await desk.type(typed(words, room=DIRECT))
    assert "I could not ask Rocket.Chat who reads along" in said
    assert (desk.script.effects, desk.script.calls, desk.operations.rows) == ([], [], {})


async def test_a_stranger_is_not_told_even_that(desk: Desk) -> None:
    desk.chat.fail("room", Busy)
    assert await desk.type(typed("setup", who=MARC, room=DIRECT)) == []


async def test_a_repeated_message_is_one_operation(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    await desk.type(typed("!sso setup"))
    assert (desk.script.effects, len(desk.chat.posted)) == (["effect"], 1)


async def test_a_repeated_mistake_is_answered_once(desk: Desk) -> None:
    await desk.type(typed("!sso rotat"))
    assert len(await desk.type(typed("!sso rotat"))) == 1


async def test_a_message_repeated_after_a_restart_is_one_operation(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    later = Desk(chat=desk.chat, operations=desk.operations)
    await later.type(typed("!sso setup"))
    assert (later.script.effects, len(desk.chat.posted)) == ([], 1)


async def test_a_role_withdrawn_before_the_first_effect(desk: Desk) -> None:
    desk.script.before_authorize = asyncio.Event()
    await desk.runner.handle(typed("!sso setup"))
    await settle()
    desk.chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user"}))
    desk.script.before_authorize.set()
    await desk.clock.advance(2)
    assert desk.script.effects == []
    assert "✗ Not done: Only an administrator may do this." in desk.chat.said()[0]
    assert next(iter(desk.operations.rows.values())).state is OperationState.FAILED


@pytest.mark.parametrize("kind", [Forbidden, NoAnswer, Unreachable, Rejected])
async def test_whoever_cannot_be_asked_about_may_not(desk: Desk, kind: type[RemoteError]) -> None:
    desk.chat.fail("person", kind, times=9)
    [said] = await desk.type(typed("!sso setup"))
    assert said.startswith("✗ Not done: I could not ask Rocket.Chat who you are, so I did nothing.")
    assert desk.script.calls == []


async def test_a_place_that_cannot_be_asked_about_is_elsewhere(desk: Desk) -> None:
    desk.chat.fail("room", NoAnswer)
    await desk.type(typed("setup", room=DIRECT))
    assert desk.script.calls == []


@pytest.mark.parametrize("words", ["help", "status"])
async def test_members_may_look(desk: Desk, words: str) -> None:
    assert await desk.type(typed(f"!sso {words}", who=MARC)) == ["All is well."]


async def test_a_direct_room_is_refused_once_a_minute(desk: Desk) -> None:
    for number in range(5):
        await desk.type(typed("hello", message_id=f"m{number}", who=MARC, room=DIRECT))
    assert len(desk.chat.posted) == 1
    await desk.clock.advance(60)
    await desk.type(typed("hello", message_id="m9", who=MARC, room=DIRECT))
    assert len(desk.chat.posted) == 2


TALK = ("setup is broken, can you help?", "status of the new page, please", "good morning", "setup\nnow", "x" * 400)


@pytest.mark.parametrize("text", TALK)
async def test_a_sentence_in_a_direct_message_is_no_command_and_gets_a_hint_once_a_minute(
    desk: Desk, text: str
) -> None:
    for number in range(3):
        said = await desk.type(typed(text, message_id=f"m{number}", room=DIRECT))
    assert (desk.script.calls, desk.operations.rows, len(said)) == ([], {}, 1)
    await desk.clock.advance(60)
    assert len(await desk.type(typed(text, message_id="m9", room=DIRECT))) == 2


async def test_a_hint_does_not_keep_a_mistake_from_being_answered(desk: Desk) -> None:
    await desk.type(typed("good morning", message_id="m1", room=DIRECT))
    said = await desk.type(typed("setup dry-run", message_id="m2", room=DIRECT))
    assert said[1] == "I don't understand `dry-run` after `setup`. Did you mean `setup --dry-run`?"
    assert desk.script.calls == []


async def test_the_answer_to_a_quoted_message_is_a_command(desk: Desk) -> None:
    await desk.type(typed("[ ](https://chat.example.org/group/sso-admins?msg=abc)\n!sso setup"))
    assert desk.script.effects == ["effect"]


# --- catching up ----------------------------------------------------------------------------------------------------


async def test_a_young_command_found_by_catching_up_is_carried_out(desk: Desk) -> None:
    await desk.type(replace(typed("!sso setup"), caught_up=True, ts=START - timedelta(seconds=90)))
    assert desk.script.effects == ["effect"]


async def test_an_old_command_found_by_catching_up_is_answered_once(desk: Desk) -> None:
    message = replace(typed("!sso setup"), caught_up=True, ts=START - timedelta(minutes=3))
    await desk.type(message)
    later = Desk(chat=desk.chat, operations=desk.operations)
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
    assert "carries a time 60 minutes behind the clock of Rocket.Chat's address" in said
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
    assert "✓ Looked" in desk.chat.said()[1]


# --- what goes wrong -------------------------------------------------------------------------------------------------


async def test_a_user_error_has_three_parts_and_what_to_type_next(desk: Desk) -> None:
    desk.script.error = UserError("It is half done.", why="The other side is away.", mend="Type `repair`.")
    [said] = await desk.type(typed("!sso setup"))
    assert said.split("\n") == [
        "✓ Looked",
        "✗ Not done: It is half done.",
        "Why: The other side is away.",
        "Mend: Type `repair`.",
        "Next: `!sso status`",
    ]


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
    assert said == "✗ Not done: The bot's own database cannot be used just now."
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


# --- restarts --------------------------------------------------------------------------------------------------------


async def crashed(desk: Desk) -> Desk:
    """The same bot, started again; the old one is gone without a word."""
    for task in tuple(desk.runner._tasks):
        task.cancel()
    await settle()
    return Desk(chat=desk.chat, operations=desk.operations, clock=desk.clock)


async def test_what_had_begun_goes_on_in_the_same_message(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed('!sso setup --name "Encvoy ID" --disabled'))
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    [call] = later.script.calls
    assert call.operation.resumed
    assert (call.arguments, call.options) == ({"name": "Encvoy ID"}, frozenset({"disabled"}))
    [message] = desk.chat.posted.values()
    assert "• The bot was restarted meanwhile and goes on." in message.text
    assert message.text.endswith("Next: `!sso status`")
    assert "Changed." in message.text


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
    desk.chat.fail("edit", Unreachable, times=10_000)
    desk.script.after_effect.set()
    await settle()
    later = await crashed(desk)
    desk.chat.faults.clear()
    await later.runner.recover()
    await later.clock.advance(2)
    assert len(desk.chat.posted) == 1
    assert "Changed." in desk.chat.said()[0]
    assert later.script.calls == []


def silenced(desk: Desk, *rooms: Room) -> None:
    """Nothing can be written into these rooms."""
    ids = {room.id for room in rooms}
    desk.chat.refusing = lambda room_id, _: remote(Rejected) if room_id in ids else None


def without_threads(desk: Desk) -> None:
    desk.chat.refusing = lambda _, thread_id: remote(Forbidden) if thread_id else None


async def test_without_threads_the_answer_stands_in_the_room(desk: Desk) -> None:
    without_threads(desk)
    await desk.type(typed("!sso setup --name one"))
    [message] = desk.chat.posted.values()
    assert (message.room_id, message.thread_id) == (ADMIN_ROOM.id, None)
    assert message.texts[0] == 'To `setup --name "one"`, since I could not write below it:\n✓ Looked\n… working'
    assert "Changed." in message.text
    assert desk.script.effects == ["one"]


async def test_in_a_room_where_it_is_silenced_it_answers_by_direct_message(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM)
    await desk.type(typed("!sso setup --name one"))
    [message] = desk.chat.posted.values()
    assert message.room_id == "dm-anna"
    assert message.text.startswith('To `setup --name "one"`, since I could not write below it:\n✓ Looked\nChanged.')
    assert desk.script.effects == ["one"]
    assert await desk.operations.unfinished() == ()


async def test_who_cannot_be_told_anything_has_no_effect(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM, DIRECT)
    assert await desk.type(typed("!sso setup")) == []
    assert desk.script.effects == []
    [row] = await desk.operations.unfinished()
    assert row.state is OperationState.FAILED
    assert row.reply_text is not None
    assert "I did nothing, because I could not tell you about it" in row.reply_text


async def test_while_rocket_chat_takes_no_message_there_is_no_effect(desk: Desk) -> None:
    desk.chat.fail("post", BadAnswer, times=10_000)
    await desk.type(typed("!sso setup"))
    await desk.runner.idle()
    assert desk.script.effects == []


@pytest.mark.parametrize("how", ["a while", "a new socket", "another command", "a restart"])
async def test_what_could_not_be_said_is_said_at_the_next_opportunity_and_not_done_again(desk: Desk, how: str) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup --name one"))
    silenced(desk, ADMIN_ROOM, DIRECT)
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    [row] = await desk.operations.unfinished()
    assert (row.state, row.delivered) == (OperationState.DONE, False)
    desk.chat.refusing = lambda *_: None
    match how:
        case "a while":
            await desk.clock.advance(AGAIN_AFTER)
        case "a new socket":
            desk.runner.reconnected()
        case "another command":
            await desk.type(typed("!sso status", message_id="m2"))
        case "a restart":
            later = await crashed(desk)
            await later.runner.recover()
            await later.runner.idle()
            assert later.script.calls == []
    await settle()
    assert "Changed." in desk.chat.said()[0]
    assert await desk.operations.unfinished() == ()
    assert desk.script.effects == ["one"]


async def test_a_room_that_takes_nothing_holds_up_no_other(desk: Desk) -> None:
    async def post(message_id: str, room_id: str, text: str, thread_id: str | None = None) -> None:
        if room_id == ADMIN_ROOM.id:
            await asyncio.Event().wait()
        await MemoryChat.post(desk.chat, message_id, room_id, text, thread_id)

    desk.chat.post = post  # type: ignore[method-assign]
    await desk.type(typed("!sso status"))
    assert await desk.type(typed("status", message_id="m2", room=DIRECT)) == ["All is well."]
    stopping = asyncio.create_task(desk.runner.stop(grace=1))
    await desk.clock.advance(1)
    await stopping


async def test_after_a_restart_it_goes_on_where_it_had_got_to(desk: Desk) -> None:
    """By direct message, though the room could be written into again: there would be two answers, one without end."""
    silenced(desk, ADMIN_ROOM)
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.chat.refusing = lambda *_: None
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    [message] = desk.chat.posted.values()
    assert message.room_id == "dm-anna"
    assert "Changed." in message.text


async def test_stopping_does_not_wait_for_what_cannot_be_said(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM, DIRECT)
    await desk.type(typed("!sso setup"))
    await desk.runner.stop()
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}


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
    assert "do not know this command any more" in desk.chat.said()[0]


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
