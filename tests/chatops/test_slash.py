"""Said once, and nothing is switched."""

from __future__ import annotations

import pytest

from bot.chatops.once import Once
from bot.chatops.reply import Outbox
from bot.chatops.slash import explanation, introduce
from bot.errors import Forbidden, Unreachable
from tests.support.chat import ADMIN_ROOM, MemoryChat, MemoryNotices, MemorySlash, remote
from tests.support.clocks import SteppedClock


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


@pytest.fixture
def notices() -> MemoryNotices:
    return MemoryNotices()


async def start(chat: MemoryChat, notices: MemoryNotices, slash: MemorySlash, room_id: str = ADMIN_ROOM.id) -> None:
    room = Once(Outbox(chat, SteppedClock()), notices, room_id)
    await introduce(room=room, setting=slash, bot_username="ssobot")


def test_the_explanation_is_complete() -> None:
    text = explanation("ssobot")
    for needed in (
        "Message_AllowUnrecognizedSlashCommand",
        "`!sso …`",
        "`@ssobot sso …`",
        "direct message",
        "`!sso slash on`",
        "applies to everyone",
    ):
        assert needed in text


async def test_said_once_over_all_starts(chat: MemoryChat, notices: MemoryNotices) -> None:
    slash = MemorySlash(on=False)
    for _ in range(3):
        await start(chat, notices, slash)
    [message] = chat.posted.values()
    assert (message.room_id, message.thread_id, message.text) == (ADMIN_ROOM.id, None, explanation("ssobot"))
    assert not slash.on
    assert chat.calls == ["post"]


async def test_nothing_is_said_where_it_is_on(chat: MemoryChat, notices: MemoryNotices) -> None:
    await start(chat, notices, MemorySlash(on=True))
    assert (chat.calls, notices.values) == ([], {})


async def test_another_admin_room_is_told_too(chat: MemoryChat, notices: MemoryNotices) -> None:
    await start(chat, notices, MemorySlash())
    await start(chat, notices, MemorySlash(), room_id="room2")
    assert [message.room_id for message in chat.posted.values()] == [ADMIN_ROOM.id, "room2"]


async def test_what_cannot_be_read_is_asked_at_the_next_start(chat: MemoryChat, notices: MemoryNotices) -> None:
    await start(chat, notices, MemorySlash(error=remote(Unreachable, "GET /api/v1/settings.public")))
    assert chat.calls == []
    await start(chat, notices, MemorySlash())
    assert len(chat.posted) == 1


async def test_what_could_not_be_said_is_said_at_the_next_start(chat: MemoryChat, notices: MemoryNotices) -> None:
    chat.fail("post", Forbidden)
    await start(chat, notices, MemorySlash())
    await start(chat, notices, MemorySlash())
    assert len(chat.posted) == 1


async def test_a_post_carried_out_without_our_knowing_is_not_said_twice(
    chat: MemoryChat, notices: MemoryNotices
) -> None:
    chat.fail("post", Forbidden, after=True)
    await start(chat, notices, MemorySlash())
    await start(chat, notices, MemorySlash())
    assert len(chat.posted) == 1


async def test_a_crash_after_the_post_does_not_say_it_twice(chat: MemoryChat, notices: MemoryNotices) -> None:
    await start(chat, notices, MemorySlash())
    [(key, _)] = notices.values.items()
    [message_id] = chat.posted
    notices.values[key] = message_id
    await start(chat, notices, MemorySlash())
    assert list(chat.posted) == [message_id]
