"""What the runner refuses, what it does not hear as a command, and what it does once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chatops.ports import OperationState, Person
from bot.errors import Busy, Forbidden, NoAnswer, Rejected, RemoteError, Unreachable
from tests.support.chat import ANNA, DIRECT, GROUP_DIRECT, MARC, OTHER_ROOM, typed
from tests.support.clocks import START, settle
from tests.support.desk import Desk

COMMAND = typed("!sso setup")
ROLELESS = Person("nobody1", "nobody", None, active=True, type="user")
BOT = Person("robot1", "robot", frozenset({"admin"}), active=True, type="bot")
GONE = Person("gone1", "gone", frozenset({"admin"}), active=False, type="user")
REFUSALS = {
    "an ordinary member": (typed("!sso setup", who=MARC), ["Only an administrator may do this."]),
    "an ordinary member, mentioning": (typed("@ssobot sso setup", who=MARC), ["Only an administrator may do this."]),
    "a stranger by direct message": (typed("setup", who=MARC, room=DIRECT), ["Only an administrator may do this."]),
    "an administrator in another room": (typed("!sso setup", room=OTHER_ROOM), ["I listen in the admin room"]),
    "an administrator in a group's direct room": (
        typed("/sso setup", room=GROUP_DIRECT),
        ["I listen in the admin room"],
    ),
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
    assert "I could not ask Rocket.Chat who else can read this room" in said
    assert (desk.script.effects, desk.script.calls, desk.operations.rows) == ([], [], {})


async def test_a_stranger_is_not_told_even_that(desk: Desk) -> None:
    desk.chat.fail("room", Busy)
    assert await desk.type(typed("setup", who=MARC, room=DIRECT)) == []


async def test_a_repeated_message_is_one_operation(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    await desk.type(typed("!sso setup"))
    assert (desk.script.effects, len(desk.chat.said())) == (["effect"], 1)


async def test_a_repeated_mistake_is_answered_once(desk: Desk) -> None:
    await desk.type(typed("!sso rotat"))
    assert len(await desk.type(typed("!sso rotat"))) == 1


async def test_a_message_repeated_after_a_restart_is_one_operation(desk: Desk) -> None:
    await desk.type(typed("!sso setup"))
    later = Desk(chat=desk.chat, operations=desk.operations)
    await later.type(typed("!sso setup"))
    assert (later.script.effects, len(desk.chat.said())) == ([], 1)


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
    assert said[1] == "`setup` takes no argument `dry-run`. Did you mean `setup --dry-run`?"
    assert desk.script.calls == []


async def test_the_answer_to_a_quoted_message_is_a_command(desk: Desk) -> None:
    await desk.type(typed("[ ](https://chat.example.org/group/sso-admins?msg=abc)\n!sso setup"))
    assert desk.script.effects == ["effect"]


@pytest.mark.parametrize("text", ["!sso chnge on", "!sso change on"], ids=["hint", "refusal"])
async def test_an_answer_without_an_operation_is_said_once_by_two_instances(desk: Desk, text: str) -> None:
    """By the next start, too: its id follows from the message."""
    other = Desk(chat=desk.chat, operations=desk.operations, notes=desk.notes, clock=desk.clock)
    message = typed(text, who=MARC)
    once = await desk.type(message)
    assert len(once) == 1
    assert await other.type(message) == once
