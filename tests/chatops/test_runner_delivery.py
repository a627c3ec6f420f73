"""Nobody can be told, or not in this way: other ways, no effect, and no other room is held up."""

from __future__ import annotations

import asyncio

import pytest

from bot.chatops.backlog import AGAIN_AFTER
from bot.chatops.ports import OperationState, Outgoing
from bot.errors import BadAnswer, Forbidden
from tests.support.chat import ADMIN_ROOM, DIRECT, MemoryChat, remote, typed
from tests.support.clocks import settle
from tests.support.desk import Desk, crashed, silenced

ASKS_AGAIN = "!sso rotate"


def without_threads(desk: Desk) -> None:
    desk.chat.refusing = lambda _, thread_id: remote(Forbidden) if thread_id else None


async def test_without_threads_the_answer_stands_in_the_room(desk: Desk) -> None:
    without_threads(desk)
    await desk.type(typed("!sso setup --name one"))
    progress, result = desk.chat.posted.values()
    for message in (progress, result):
        assert (message.room_id, message.thread_id) == (ADMIN_ROOM.id, None)
    lead = 'Progress of `setup --name "one"`; I could not post it below that message:\n'
    assert progress.texts[0] == f"{lead}✓ Looked\n… working"
    assert result.text == (
        "@anna ✓ Changed.\nNext: `!sso status`\n"
        'This is the reply to `setup --name "one"`; I could not post it below that message.'
    )
    assert result.buttons == ("!sso status",)
    assert desk.script.effects == ["one"]


async def test_in_a_room_where_it_is_silenced_it_answers_by_direct_message(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM)
    await desk.type(typed("!sso setup --name one"))
    _, result = desk.chat.posted.values()
    assert {message.room_id for message in desk.chat.posted.values()} == {"dm-anna"}
    assert result.text.startswith("✓ Changed.\n")
    assert result.text.endswith('the reply to `setup --name "one"`; I could not post it below that message.')
    assert desk.script.effects == ["one"]
    assert await desk.operations.unfinished() == ()


async def test_who_cannot_be_told_anything_has_no_effect(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM, DIRECT)
    assert await desk.type(typed("!sso setup")) == []
    assert desk.script.effects == []
    [row] = await desk.operations.unfinished()
    assert row.state is OperationState.FAILED
    assert row.reply_text is not None
    assert "I did nothing, because I could not reply" in row.reply_text


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
    assert any("Changed." in said for said in desk.chat.said())
    assert await desk.operations.unfinished() == ()
    assert desk.script.effects == ["one"]


async def test_a_room_that_takes_nothing_holds_up_no_other(desk: Desk) -> None:
    async def post(message: Outgoing) -> None:
        if message.room_id == ADMIN_ROOM.id:
            await asyncio.Event().wait()
        await MemoryChat.post(desk.chat, message)

    desk.chat.post = post  # type: ignore[method-assign]
    await desk.type(typed("!sso status"))
    assert await desk.type(typed("status", message_id="m2", room=DIRECT)) == ["All is well."]
    stopping = asyncio.create_task(desk.runner.stop(grace=1))
    await desk.clock.advance(1)
    await stopping


async def test_stopping_does_not_wait_for_what_cannot_be_said(desk: Desk) -> None:
    silenced(desk, ADMIN_ROOM, DIRECT)
    await desk.type(typed("!sso setup"))
    await desk.runner.stop()
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}
