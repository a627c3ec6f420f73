"""What only the asker reads: one direct message, whatever happens, and nothing of it in the room or in the database."""

from __future__ import annotations

import asyncio

import pytest

from bot.chatops.answer import Answer
from bot.errors import Forbidden, NoAnswer, Rejected, Unreachable
from tests.support.chat import ADMIN_ROOM, DIRECT, Posted, remote, typed
from tests.support.desk import Desk, crashed

NAMES = Answer("The names:", ("• `ada`",), next=("test --page 2",))
TEXT = "The names:\n• `ada`\nNext: `!sso test --page 2`"
CLOSED = "I could not send you a direct message, and this is not for the room."


@pytest.fixture
def private(desk: Desk) -> Desk:
    """Its `test` sends names to the asker alone."""
    desk.script.private = NAMES
    return desk


def direct(desk: Desk) -> list[Posted]:
    return [message for message in desk.chat.posted.values() if message.room_id == DIRECT.id]


async def test_the_asker_reads_it_and_the_room_does_not(private: Desk) -> None:
    await private.type(typed("!sso test"))
    [message] = direct(private)
    assert (message.text, message.thread_id, message.buttons) == (TEXT, None, ("!sso test --page 2",))
    [result] = [posted for posted in private.chat.posted.values() if posted.room_id == ADMIN_ROOM.id]
    assert "All is well." in result.text
    assert "ada" not in result.text
    [row] = private.operations.rows.values()
    assert "ada" not in str(row.reply_text)


async def test_in_a_direct_message_it_stands_where_it_was_asked_for(private: Desk) -> None:
    private.chat.fail("direct_with", Forbidden, times=9)
    await private.type(typed("sso test", room=DIRECT))
    assert [message.text for message in direct(private)] == [TEXT, "All is well."]


async def test_whoever_cannot_be_written_to_reads_why_and_the_room_reads_nothing_of_it(private: Desk) -> None:
    private.chat.fail("direct_with", Forbidden)
    said = await private.type(typed("!sso test"))
    assert direct(private) == []
    assert said[-1].startswith(f"✗ Not done: {CLOSED}")
    assert "permission create-d" in said[-1]
    assert "ada" not in str(said)


async def test_a_direct_room_that_takes_nothing_counts_as_closed(private: Desk) -> None:
    private.chat.refusing = lambda room_id, _: remote(Rejected) if room_id == DIRECT.id else None
    said = await private.type(typed("!sso test"))
    assert CLOSED in said[-1]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["post", "direct_with"])
async def test_what_is_not_answered_is_tried_again_and_posted_once(private: Desk, call: str, after: bool) -> None:
    private.chat.fail(call, NoAnswer if after else Unreachable, times=2, after=after and call == "post")
    await private.type(typed("!sso test"))
    assert [message.text for message in direct(private)] == [TEXT]


async def test_a_run_that_continues_posts_nothing_twice(private: Desk) -> None:
    private.script.after_private = asyncio.Event()
    await private.type(typed("!sso test"))
    assert len(direct(private)) == 1
    later = await crashed(private)
    later.script.private = Answer("Other names by now.")
    await later.runner.recover()
    await later.clock.advance(2)
    assert [message.text for message in direct(later)] == [TEXT]
    assert "All is well." in later.chat.said()[-1]


async def test_a_run_that_sent_nothing_before_sends_it(private: Desk) -> None:
    hold = asyncio.Event()
    private.script.private, private.script.after_private = None, hold
    await private.type(typed("!sso test"))
    later = await crashed(private)
    later.script.private = NAMES
    await later.runner.recover()
    await later.clock.advance(2)
    assert [message.text for message in direct(later)] == [TEXT]
