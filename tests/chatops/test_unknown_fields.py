"""A field that nobody knew is named once, and the command is carried out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chatops.ports import Message
from bot.chatops.unknown_fields import MOST, NOTICE, known_by_now
from tests.support.chat import DIRECT, MARC, OTHER_ROOM, typed
from tests.support.clocks import settle
from tests.support.desk import Desk

COMMAND = replace(typed("!sso setup"), unknown=frozenset({"writtenBy"}))


def named(desk: Desk) -> list[str]:
    return [
        message.text for message in desk.chat.posted.values() if "contain fields that I do not know" in message.text
    ]


async def again(desk: Desk, number: int, *fields: str) -> None:
    await desk.type(replace(COMMAND, id=f"m{number}", unknown=frozenset(fields)))


async def test_the_command_is_taken_and_the_field_named_in_the_admin_room(desk: Desk) -> None:
    await desk.type(replace(COMMAND, room_id=DIRECT.id, room_type="d"))
    assert desk.script.effects == ["effect"]
    [text] = named(desk)
    assert "`writtenBy`" in text
    assert [m.room_id for m in desk.chat.posted.values() if m.text == text] == ["room1"]
    assert await known_by_now(desk.notes) == ("writtenBy",)


async def test_it_is_named_once_over_all_starts(desk: Desk) -> None:
    await desk.type(COMMAND)
    await again(desk, 2, "writtenBy")
    later = Desk(chat=desk.chat, operations=desk.operations, notes=desk.notes, clock=desk.clock)
    await again(later, 3, "writtenBy")
    assert len(named(desk)) == 1


async def test_two_at_the_same_time_are_named_once(desk: Desk) -> None:
    for number in range(3):
        await desk.runner.handle(replace(COMMAND, id=f"m{number}"))
    await settle()
    await desk.clock.advance(2)
    assert len(named(desk)) == 1


async def test_only_the_new_one_is_named_the_second_time(desk: Desk) -> None:
    await again(desk, 1, "a")
    await again(desk, 2, "a", "b")
    assert ["`a`" in text for text in named(desk)] == [True, False]
    assert await known_by_now(desk.notes) == ("a", "b")


@pytest.mark.parametrize("note", ["{", "5", "null", "[1, {}]"])
async def test_a_note_that_cannot_be_read_names_none(desk: Desk, note: str) -> None:
    desk.notes.values[NOTICE] = note
    assert await known_by_now(desk.notes) == ()
    await desk.type(COMMAND)
    assert len(named(desk)) == 1
    assert await known_by_now(desk.notes) == ("writtenBy",)


@pytest.mark.parametrize("name", ["@all", "a b", "", "x" * 41, "`", "ü", "a\n"])
async def test_a_name_that_is_none_is_not_shown(desk: Desk, name: str) -> None:
    await again(desk, 1, name)
    assert named(desk) == []
    assert desk.script.effects == ["effect"]


async def test_the_list_does_not_grow_for_ever(desk: Desk) -> None:
    for number in range(MOST):
        await again(desk, number, *(f"f{number}x{i}" for i in range(9)))
    assert MOST <= len(await known_by_now(desk.notes)) < 2 * MOST


@pytest.mark.parametrize(
    "message",
    [
        replace(COMMAND, text="good morning"),
        replace(COMMAND, user_id=MARC.id),
        replace(COMMAND, room_id=OTHER_ROOM.id, room_type="c"),
        replace(COMMAND, from_integration=True),
    ],
)
async def test_what_is_no_order_names_nothing(desk: Desk, message: Message) -> None:
    await desk.type(message)
    assert named(desk) == []
    assert desk.notes.values == {}


async def test_a_database_that_is_away_does_not_hold_the_command_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> str | None:
        await asyncio.sleep(0)
        raise OSError("statement failed")

    monkeypatch.setattr(desk.notes, "get", away)
    await desk.type(COMMAND)
    assert desk.script.effects == ["effect"]
