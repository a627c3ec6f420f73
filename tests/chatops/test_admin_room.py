"""Which room is the admin room."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.admin_room import AdminRoom, Found, tell_of_namesake
from bot.chatops.notices import Announcer
from bot.chatops.ports import Room
from bot.chatops.reply import Outbox
from bot.errors import ConfigError
from tests.support.chat import ADMIN_ROOM, MemoryChat, MemoryNotes
from tests.support.clocks import SteppedClock

NAME = ADMIN_ROOM.name
IMPOSTOR = Room("room9", NAME, "c", encrypted=False, members=40)


async def known(chat: MemoryChat, notes: MemoryNotes) -> AdminRoom:
    """It was found once."""
    room = AdminRoom(chat, notes, NAME)
    assert await room.find() == Found(ADMIN_ROOM)
    return AdminRoom(chat, notes, NAME)


@pytest.mark.parametrize("configured", [NAME, ADMIN_ROOM.id])
async def test_at_first_it_is_what_the_configuration_says(
    chat: MemoryChat, notes: MemoryNotes, configured: str
) -> None:
    room = AdminRoom(chat, notes, configured)
    assert await room.find() == Found(ADMIN_ROOM)
    assert list(notes.values.values()) == [ADMIN_ROOM.id]


async def test_renamed_it_is_the_same_room(chat: MemoryChat, notes: MemoryNotes) -> None:
    room = await known(chat, notes)
    renamed = chat.rooms[ADMIN_ROOM.id] = replace(ADMIN_ROOM, name="renamed")
    assert await room.find() == Found(renamed)


async def test_another_room_of_its_name_is_not_it(chat: MemoryChat, notes: MemoryNotes) -> None:
    room = await known(chat, notes)
    renamed = chat.rooms[ADMIN_ROOM.id] = replace(ADMIN_ROOM, name="renamed")
    chat.rooms[IMPOSTOR.id] = IMPOSTOR
    assert await room.find() == Found(renamed, IMPOSTOR)


async def test_another_room_of_its_name_does_not_come_after_it(chat: MemoryChat, notes: MemoryNotes) -> None:
    room = await known(chat, notes)
    del chat.rooms[ADMIN_ROOM.id]
    chat.rooms[IMPOSTOR.id] = IMPOSTOR
    with pytest.raises(ConfigError, match=r"another room has that name now.*the id of the new one, room9"):
        await room.find()
    assert await AdminRoom(chat, notes, IMPOSTOR.id).find() == Found(IMPOSTOR)


async def test_a_room_that_is_called_by_its_id_is_not_it(chat: MemoryChat, notes: MemoryNotes) -> None:
    room = await known(chat, notes)
    del chat.rooms[ADMIN_ROOM.id]
    chat.rooms[IMPOSTOR.id] = replace(IMPOSTOR, name=ADMIN_ROOM.id)
    with pytest.raises(ConfigError, match="a room that I cannot see"):
        await room.find()


async def test_another_configuration_is_looked_up_anew(chat: MemoryChat, notes: MemoryNotes) -> None:
    await known(chat, notes)
    assert await AdminRoom(chat, notes, "general").find() == Found(chat.rooms["room2"])


async def test_one_that_is_not_there_is_not_remembered(chat: MemoryChat, notes: MemoryNotes) -> None:
    encrypted = {ADMIN_ROOM.id: replace(ADMIN_ROOM, encrypted=True)}
    for kept, why in (({}, "a room that I cannot see"), (encrypted, "end-to-end encrypted")):
        chat.rooms = kept
        with pytest.raises(ConfigError, match=why):
            await AdminRoom(chat, notes, NAME).find()
    assert notes.values == {}


async def test_looking_remembers_nothing_and_refuses_nothing(chat: MemoryChat, notes: MemoryNotes) -> None:
    assert await AdminRoom(chat, notes, NAME).look() == (ADMIN_ROOM, None)
    assert notes.values == {}
    room = await known(chat, notes)
    del chat.rooms[ADMIN_ROOM.id]
    assert await room.look() == (None, None)
    chat.rooms[IMPOSTOR.id] = IMPOSTOR
    assert await room.look() == (None, IMPOSTOR)


async def test_a_namesake_is_told_of_once(chat: MemoryChat, notes: MemoryNotes, clock: SteppedClock) -> None:
    announcer = Announcer(Outbox(chat, clock), notes, ADMIN_ROOM.id)
    for found in (Found(ADMIN_ROOM), Found(ADMIN_ROOM, IMPOSTOR), Found(ADMIN_ROOM, IMPOSTOR)):
        await tell_of_namesake(room=announcer, found=found)
    [said] = chat.said()
    assert "Another room now has the name in SSOBOT_ADMIN_ROOM, `sso-admins`" in said
    assert "`room9`" in said
