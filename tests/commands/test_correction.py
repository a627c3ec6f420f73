"""The correction of what was promised: once for a database, to whom it concerns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.notices import Announcer
from bot.chatops.reply import Outbox
from bot.connection.unknown import Unknown
from bot.errors import Forbidden, Unreachable
from commands.correction import FALSE_PROMISE, LINKED, OTHER_ENGINE, REFUSED, correction
from tests.support.chat import ADMIN_ROOM, MemoryChat
from tests.support.clocks import SteppedClock
from tests.support.counter import Counter
from tests.support.memory_rocketchat import ACCOUNTS

MODERN = ((9, 0), frozenset({"oauth-enterprise"}))


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


@pytest.fixture
def old(standing: Counter) -> Counter:
    """A connection that an earlier version made: without the note of this one."""
    standing.notes.values.clear()
    return standing


async def start(counter: Counter, chat: MemoryChat, room_id: str = ADMIN_ROOM.id) -> bool:
    return await correction(counter.context)(Announcer(Outbox(chat, SteppedClock()), counter.notes, room_id))


async def test_it_says_what_was_wrong_whom_it_concerns_and_the_command(old: Counter, chat: MemoryChat) -> None:
    assert await start(old, chat)
    [message] = chat.posted.values()
    assert (message.room_id, message.thread_id) == (ADMIN_ROOM.id, None)
    for needed in (
        FALSE_PROMISE,
        "2 of 3 accounts are active and have an e-mail address",
        "1 of them is an administrator: `anna`.",
        "gets into that account",
        "as long as Encvoy ID verifies people's addresses",
        "`!sso setup --no-email`",
    ):
        assert needed in message.text


async def test_once_over_all_starts_and_rooms(old: Counter, chat: MemoryChat) -> None:
    for room_id in (ADMIN_ROOM.id, ADMIN_ROOM.id, "room2"):
        assert await start(old, chat, room_id)
    assert len(chat.posted) == 1


@pytest.mark.parametrize("words", ["setup", "setup --no-email"])
async def test_whoever_set_up_with_this_version_was_told_then(counter: Counter, chat: MemoryChat, words: str) -> None:
    await counter.run(words)
    assert await start(counter, chat)
    assert chat.posted == {}


async def test_a_dry_run_tells_nobody_for_good(counter: Counter) -> None:
    await counter.run("setup --dry-run")
    assert counter.notes.values == {}


async def test_without_a_connection_there_is_nothing_to_correct(counter: Counter, chat: MemoryChat) -> None:
    assert await start(counter, chat)
    assert (chat.posted, counter.notes.values) == ({}, {})


async def test_typing_no_email_is_an_answer_to_it(old: Counter, chat: MemoryChat) -> None:
    await old.run("setup --no-email")
    assert await start(old, chat)
    assert chat.posted == {}


async def test_who_types_setup_again_has_not_been_told(old: Counter, chat: MemoryChat) -> None:
    await old.run("setup")
    assert await start(old, chat)
    assert len(chat.posted) == 1


async def test_on_the_modern_engine_it_is_kept_until_the_engine_is_another(old: Counter, chat: MemoryChat) -> None:
    legacy = old.rocketchat.version
    old.rocketchat.version, old.rocketchat.modules = MODERN
    assert await start(old, chat)
    assert (chat.posted, old.notes.values) == ({}, {})
    old.rocketchat.version = legacy
    assert await start(old, chat)
    [message] = chat.posted.values()
    assert FALSE_PROMISE in message.text


async def test_a_connection_of_the_modern_engine_is_told_when_the_engine_is_another(
    counter: Counter, chat: MemoryChat
) -> None:
    legacy = counter.rocketchat.version
    counter.rocketchat.version, counter.rocketchat.modules = MODERN
    await counter.run("setup")
    assert set(counter.notes.values) == {REFUSED}
    counter.rocketchat.version = legacy
    await start(counter, chat)
    [message] = chat.posted.values()
    assert OTHER_ENGINE in message.text
    assert FALSE_PROMISE not in message.text


async def test_what_cannot_be_counted_holds_nothing_up(old: Counter, chat: MemoryChat) -> None:
    old.rocketchat.people_counted = Unknown("Not allowed.")
    await start(old, chat)
    [message] = chat.posted.values()
    assert "I cannot see who has an e-mail address here. Not allowed." in message.text


async def test_a_room_that_takes_nothing_is_tried_again_later(old: Counter, chat: MemoryChat) -> None:
    chat.fail("post", Forbidden)
    assert not await start(old, chat)
    assert await start(old, chat)
    assert len(chat.posted) == 1


async def test_a_rocketchat_that_does_not_say_is_asked_again_later(old: Counter, chat: MemoryChat) -> None:
    old.world.script = lambda call: Unreachable("Rocket.Chat", "") if call == "profile before" else None
    with pytest.raises(Unreachable):
        await start(old, chat)
    old.world.script = lambda call: None
    assert await start(old, chat)
    assert len(chat.posted) == 1


async def test_one_killed_after_the_post_is_not_said_twice(old: Counter, chat: MemoryChat) -> None:
    await start(old, chat)
    [message_id] = chat.posted
    old.notes.values[LINKED] = message_id
    old.rocketchat.people_counted = replace(ACCOUNTS, with_address=1)
    await start(old, chat)
    assert list(chat.posted) == [message_id]
    assert len(chat.posted[message_id].texts) == 1
