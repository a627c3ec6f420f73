"""What is said once, under a key of its own, with a text that is made only when it is needed: of slash commands, where
nothing is switched, and of a public admin room, while a private one is as it should be."""

from __future__ import annotations

from dataclasses import replace

from bot.chatops.notices import (
    ENCRYPTED_ROOM,
    PUBLIC_ROOM,
    SAID,
    Announcer,
    slash_explanation,
    tell_of_slash,
    warn_of_public_room,
)
from bot.chatops.ports import Room
from bot.chatops.reply import Outbox
from bot.errors import Forbidden, Unreachable
from tests.support.chat import ADMIN_ROOM, MemoryChat, MemoryNotes, MemorySlash, remote, typed
from tests.support.clocks import SteppedClock
from tests.support.desk import Desk

OPEN = replace(ADMIN_ROOM, type="c")


class Composer:
    """Makes a text as often as it is asked, and counts."""

    def __init__(self, text: str | None = "text") -> None:
        self.text = text
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        return self.text


def announcer(chat: MemoryChat, notes: MemoryNotes, room_id: str = ADMIN_ROOM.id) -> Announcer:
    return Announcer(Outbox(chat, SteppedClock()), notes, room_id)


async def test_it_is_composed_and_said_once_in_whichever_room(chat: MemoryChat) -> None:
    notes, composer = MemoryNotes(), Composer()
    assert await announcer(chat, notes).tell("key", composer)
    assert await announcer(chat, notes, "room2").tell("key", composer)
    assert (chat.said(), composer.asked, notes.values) == (["text"], 1, {"key": SAID})


async def test_what_was_noted_as_said_is_not_composed(chat: MemoryChat) -> None:
    composer = Composer()
    assert await announcer(chat, MemoryNotes({"key": SAID})).tell("key", composer)
    assert (chat.said(), composer.asked) == ([], 0)


async def test_nothing_to_say_is_asked_again_the_next_time(chat: MemoryChat) -> None:
    notes = MemoryNotes()
    assert await announcer(chat, notes).tell("key", Composer(None))
    assert notes.values == {}
    assert await announcer(chat, notes).tell("key", Composer())
    assert chat.said() == ["text"]


async def test_what_is_refused_is_not_said(chat: MemoryChat) -> None:
    notes = MemoryNotes()
    chat.fail("post", Forbidden)
    assert not await announcer(chat, notes).tell("key", Composer())
    assert notes.values["key"] != SAID


async def start_without_slash(
    chat: MemoryChat, notes: MemoryNotes, slash: MemorySlash, room_id: str = ADMIN_ROOM.id
) -> None:
    await tell_of_slash(room=announcer(chat, notes, room_id), setting=slash, bot_username="ssobot")


def test_the_explanation_is_complete() -> None:
    text = slash_explanation("ssobot")
    for needed in (
        "Message_AllowUnrecognizedSlashCommand",
        "`!sso …`",
        "`@ssobot sso …`",
        "direct message",
        "`!sso slash on`",
        "applies to everyone",
    ):
        assert needed in text


async def test_said_once_over_all_starts(chat: MemoryChat, notes: MemoryNotes) -> None:
    slash = MemorySlash(on=False)
    for _ in range(3):
        await start_without_slash(chat, notes, slash)
    [message] = chat.posted.values()
    assert (message.room_id, message.thread_id, message.text) == (ADMIN_ROOM.id, None, slash_explanation("ssobot"))
    assert not slash.on
    assert chat.calls == ["post"]


async def test_nothing_is_said_where_it_is_on(chat: MemoryChat, notes: MemoryNotes) -> None:
    await start_without_slash(chat, notes, MemorySlash(on=True))
    assert (chat.calls, notes.values) == ([], {})


async def test_another_admin_room_is_told_too(chat: MemoryChat, notes: MemoryNotes) -> None:
    await start_without_slash(chat, notes, MemorySlash())
    await start_without_slash(chat, notes, MemorySlash(), room_id="room2")
    assert [message.room_id for message in chat.posted.values()] == [ADMIN_ROOM.id, "room2"]


async def test_what_cannot_be_read_is_asked_at_the_next_start(chat: MemoryChat, notes: MemoryNotes) -> None:
    await start_without_slash(chat, notes, MemorySlash(error=remote(Unreachable, "GET /api/v1/settings.public")))
    assert chat.calls == []
    await start_without_slash(chat, notes, MemorySlash())
    assert len(chat.posted) == 1


async def test_what_could_not_be_said_is_said_at_the_next_start(chat: MemoryChat, notes: MemoryNotes) -> None:
    chat.fail("post", Forbidden)
    await start_without_slash(chat, notes, MemorySlash())
    await start_without_slash(chat, notes, MemorySlash())
    assert len(chat.posted) == 1


async def test_a_post_carried_out_without_our_knowing_is_not_said_twice(chat: MemoryChat, notes: MemoryNotes) -> None:
    chat.fail("post", Forbidden, after=True)
    await start_without_slash(chat, notes, MemorySlash())
    await start_without_slash(chat, notes, MemorySlash())
    assert len(chat.posted) == 1


async def test_a_crash_after_the_post_does_not_say_it_twice(chat: MemoryChat, notes: MemoryNotes) -> None:
    await start_without_slash(chat, notes, MemorySlash())
    [(key, _)] = notes.values.items()
    [message_id] = chat.posted
    notes.values[key] = message_id
    await start_without_slash(chat, notes, MemorySlash())
    assert list(chat.posted) == [message_id]


async def start_in(chat: MemoryChat, notes: MemoryNotes, room: Room) -> None:
    await warn_of_public_room(room=announcer(chat, notes, room.id), found=room)


async def test_a_public_room_is_warned_once_over_all_starts() -> None:
    chat, notes = MemoryChat(), MemoryNotes()
    for _ in range(3):
        await start_in(chat, notes, OPEN)
    assert chat.said() == [PUBLIC_ROOM]


async def test_a_private_room_hears_nothing() -> None:
    chat = MemoryChat()
    await start_in(chat, MemoryNotes(), ADMIN_ROOM)
    assert chat.said() == []


async def test_a_room_that_was_encrypted_meanwhile_is_told_once(desk: Desk) -> None:
    for number in range(3):
        message = replace(typed("U2FsdGVkX1", message_id=f"m{number}"), system_type="e2e")
        await desk.type(message)
    assert desk.chat.said() == [ENCRYPTED_ROOM]
