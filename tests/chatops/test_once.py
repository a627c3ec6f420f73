"""What is said once, under a key of its own, with a text that is made only when it is needed."""

from __future__ import annotations

import pytest

from bot.chatops.once import SAID, Once
from bot.chatops.reply import Outbox
from bot.errors import Forbidden
from tests.support.chat import ADMIN_ROOM, MemoryChat, MemoryNotices
from tests.support.clocks import SteppedClock


class Composer:
    """Makes a text as often as it is asked, and counts."""

    def __init__(self, text: str | None = "text") -> None:
        self.text = text
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        return self.text


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


def once(chat: MemoryChat, notices: MemoryNotices, room_id: str = ADMIN_ROOM.id) -> Once:
    return Once(Outbox(chat, SteppedClock()), notices, room_id)


async def test_it_is_composed_and_said_once_in_whichever_room(chat: MemoryChat) -> None:
    notices, composer = MemoryNotices(), Composer()
    assert await once(chat, notices).tell("key", composer)
    assert await once(chat, notices, "room2").tell("key", composer)
    assert (chat.said(), composer.asked, notices.values) == (["text"], 1, {"key": SAID})


async def test_what_was_noted_as_said_is_not_composed(chat: MemoryChat) -> None:
    composer = Composer()
    assert await once(chat, MemoryNotices({"key": SAID})).tell("key", composer)
    assert (chat.said(), composer.asked) == ([], 0)


async def test_nothing_to_say_is_asked_again_the_next_time(chat: MemoryChat) -> None:
    notices = MemoryNotices()
    assert await once(chat, notices).tell("key", Composer(None))
    assert notices.values == {}
    assert await once(chat, notices).tell("key", Composer())
    assert chat.said() == ["text"]


async def test_what_is_refused_is_not_said(chat: MemoryChat) -> None:
    notices = MemoryNotices()
    chat.fail("post", Forbidden)
    assert not await once(chat, notices).tell("key", Composer())
    assert notices.values["key"] != SAID
