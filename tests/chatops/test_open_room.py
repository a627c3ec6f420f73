"""A public admin room is warned of, once; a private one is as it should be."""

from __future__ import annotations

from dataclasses import replace

from bot.chatops.once import Once
from bot.chatops.open_room import ENCRYPTED, PUBLIC, warn
from bot.chatops.ports import Room
from bot.chatops.reply import Outbox
from tests.support.chat import ADMIN_ROOM, MemoryChat, MemoryNotices, typed
from tests.support.clocks import SteppedClock
from tests.support.desk import Desk

OPEN = replace(ADMIN_ROOM, type="c")


async def start(chat: MemoryChat, notices: MemoryNotices, room: Room) -> None:
    await warn(room=Once(Outbox(chat, SteppedClock()), notices, room.id), found=room)


async def test_a_public_room_is_warned_once_over_all_starts() -> None:
    chat, notices = MemoryChat(), MemoryNotices()
    for _ in range(3):
        await start(chat, notices, OPEN)
    assert chat.said() == [PUBLIC]


async def test_a_private_room_hears_nothing() -> None:
    chat = MemoryChat()
    await start(chat, MemoryNotices(), ADMIN_ROOM)
    assert chat.said() == []


async def test_a_room_that_was_encrypted_meanwhile_is_told_once(desk: Desk) -> None:
    for number in range(3):
        message = replace(typed("U2FsdGVkX1", message_id=f"m{number}"), system_type="e2e")
        await desk.type(message)
    assert desk.chat.said() == [ENCRYPTED]
