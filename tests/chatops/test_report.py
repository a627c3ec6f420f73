"""What nobody asked for, in the report room: once for a key, also after a crash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.reply import Outbox
from bot.chatops.report import Report
from bot.errors import Rejected, Unreachable
from tests.support.chat import ADMIN_ROOM, OTHER_ROOM, MemoryChat, MemoryNotes, remote
from tests.support.clocks import ManualClock

TEXT = "✗ Out of order.\nNext: `/sso test`"


POSTED = "✗ Out of order.\nNext: `!sso test`"


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


@pytest.fixture
def report(chat: MemoryChat) -> Report:
    return Report(Outbox(chat, ManualClock()), MemoryNotes(), ADMIN_ROOM.id, ADMIN_ROOM.id)


async def test_it_is_a_message_of_its_own_with_its_buttons(chat: MemoryChat, report: Report) -> None:
    assert await report.post("incident 1", TEXT)
    [message] = chat.posted.values()
    assert (message.room_id, message.thread_id, message.texts) == (ADMIN_ROOM.id, None, [POSTED])


async def test_an_edit_has_commands_that_every_client_sends(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", "✗ Worse.")
    assert await report.edit("incident 1", TEXT)
    [message] = chat.posted.values()
    assert message.text == POSTED


async def test_the_same_key_is_posted_once_and_edited(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", TEXT)
    await report.post("incident 1", "✓ Recovered.")
    [message] = chat.posted.values()
    assert message.text == "✓ Recovered."


async def test_a_text_that_stands_there_is_not_marked_as_edited_by_its_first_post(
    chat: MemoryChat, report: Report
) -> None:
    await report.post("incident 1", TEXT)
    assert "edit" not in chat.calls


async def test_another_start_finds_the_message_of_its_key(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", TEXT)
    later = replace(report)
    assert await later.edit("incident 1", "✗ Worse.")
    [message] = chat.posted.values()
    assert message.text == "✗ Worse."


async def test_ids_cannot_be_guessed_from_the_key(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", TEXT)
    await replace(report, notes=MemoryNotes()).post("incident 1", TEXT)
    assert len(chat.posted) == 2


async def test_an_edit_that_is_refused_is_said(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", TEXT)
    chat.fail("edit", Rejected)
    assert not await report.edit("incident 1", "✗ Worse.")
    assert not await report.edit("incident 2", "✗ Worse.")


async def test_an_edit_is_tried_again_while_rocketchat_is_away_and_is_not_refused_then(
    chat: MemoryChat, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    await report.post("incident 1", TEXT)
    chat.fail("edit", Unreachable, times=2)
    assert await report.edit("incident 1", "✗ Worse.")
    monkeypatch.setattr("bot.chatops.report.PATIENCE", 0.001)
    chat.fail("edit", Unreachable, times=1000)
    assert await report.edit("incident 1", "✗ Worst.") is None


async def test_a_post_that_is_refused_is_said(chat: MemoryChat, report: Report) -> None:
    chat.fail("post", Rejected, times=9)
    assert not await report.post("incident 1", TEXT)


async def test_who_reacted(chat: MemoryChat, report: Report) -> None:
    await report.post("incident 1", TEXT)
    [message_id] = chat.posted
    chat.reactions[message_id] = ("anna", "marc")
    assert await report.reacted("incident 1") == ("anna", "marc")
    assert await report.reacted("incident 2") == ()


async def test_reactions_that_cannot_be_read_are_none(chat: MemoryChat, report: Report) -> None:
    chat.fail("reacted", Unreachable)
    assert await report.reacted("incident 1") == ()


# A report room of its own


@pytest.fixture
def apart(report: Report) -> Report:
    return replace(report, room_id=OTHER_ROOM.id)


async def test_where_no_command_is_heard_it_says_where_to_type(chat: MemoryChat, apart: Report) -> None:
    """A button types its command in the room where it is."""
    await apart.post("incident 1", TEXT)
    [message] = chat.posted.values()
    assert (message.room_id, message.buttons) == (OTHER_ROOM.id, ())
    assert message.text == f"{POSTED}\nType commands in the admin room."
    await apart.edit("incident 1", TEXT.replace("Check", "Another"))
    assert message.text.endswith("\nType commands in the admin room.")


async def test_where_there_is_nothing_to_type_it_says_nothing_more(chat: MemoryChat, apart: Report) -> None:
    await apart.post("incident 1", "✓ Recovered.")
    assert chat.said() == ["✓ Recovered."]


def closed(chat: MemoryChat) -> None:
    chat.refusing = lambda room_id, _: remote(Rejected) if room_id == OTHER_ROOM.id else None


async def test_what_the_report_room_does_not_take_is_said_in_the_admin_room(chat: MemoryChat, apart: Report) -> None:
    closed(chat)
    assert await apart.post("incident 1", TEXT)
    [message] = chat.posted.values()
    assert (message.room_id, message.text) == (ADMIN_ROOM.id, f"{POSTED}\nI could not post this in the report room.")
    assert await replace(apart).edit("incident 1", "✗ Worse.")
    assert message.text == "✗ Worse.\nI could not post this in the report room."


async def test_what_stands_in_the_admin_room_is_not_posted_once_more(chat: MemoryChat, apart: Report) -> None:
    closed(chat)
    await apart.post("incident 1", TEXT)
    chat.refusing = lambda *_: None
    await replace(apart).post("incident 1", TEXT)
    assert len(chat.posted) == 1
