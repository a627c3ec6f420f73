"""Chatops as a whole: from the start to the end of the program."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import structlog.testing

from bot.chatops.notices import Announcement, Announcer
from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, OperationState
from bot.chatops.posting import new_message_id
from bot.chatops.reception import Identity
from bot.chatops.service import AGAIN, Chatops
from bot.errors import ConfigError, Forbidden, RemoteError, StoreUnavailable, Unauthenticated, Unreachable
from tests.support.chat import (
    ADMIN_ROOM,
    ANNA,
    BOT_ID,
    BOT_NAME,
    MemoryChat,
    MemoryListener,
    MemoryNotes,
    MemoryOperations,
    MemorySlash,
    MemoryTime,
    typed,
)
from tests.support.clocks import START, SteppedClock
from tests.support.desk import Script, example_registry


@dataclass
class Parts:
    """Everything Chatops is built of."""

    chat: MemoryChat = field(default_factory=lambda: MemoryChat({ANNA.id: ANNA}))
    listener: MemoryListener = field(default_factory=MemoryListener)
    operations: MemoryOperations = field(default_factory=MemoryOperations)
    notes: MemoryNotes = field(default_factory=MemoryNotes)
    slash: MemorySlash = field(default_factory=lambda: MemorySlash(on=True))
    clock: SteppedClock = field(default_factory=SteppedClock)
    script: Script = field(default_factory=Script)
    skew: timedelta = timedelta(0)
    announcements: tuple[Announcement, ...] = ()
    username: str = BOT_NAME
    heard: list[int] = field(default_factory=list)
    """For each message, how many effects there were before it."""

    async def whoami(self) -> str:
        return self.username

    def build(self, admin_room: str = ADMIN_ROOM.name) -> Chatops:
        return Chatops(
            chat=self.chat,
            listener=self.listener,
            operations=self.operations,
            notes=self.notes,
            slash=self.slash,
            registry=example_registry(self.script),
            clock=self.clock,
            identity=Identity(BOT_ID, BOT_NAME),
            admin_room=admin_room,
            admin_roles=frozenset({"admin"}),
            whoami=self.whoami,
            time=MemoryTime(self.clock, self.skew),
            announcements=self.announcements,
            heard=lambda: self.heard.append(len(self.script.effects)),
        )


@pytest.fixture
def parts() -> Parts:
    return Parts()


@contextlib.asynccontextmanager
async def running(parts: Parts, chatops: Chatops) -> AsyncIterator[None]:
    task = asyncio.create_task(chatops.run())
    await parts.clock.advance(1)
    yield
    task.cancel()
    await parts.clock.advance(10)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("admin_room", [ADMIN_ROOM.name, ADMIN_ROOM.id])
async def test_a_message_comes_in_and_an_answer_comes_back(parts: Parts, admin_room: str) -> None:
    async with running(parts, parts.build(admin_room)):
        parts.listener.push(typed("/sso setup"))
        await parts.clock.advance(2)
    assert parts.script.effects == ["effect"]
    assert "Changed." in parts.chat.said()[0]


async def test_before_it_says_that_it_listens_it_has_noted_since_when(parts: Parts) -> None:
    """Killed right after that, it finds at its next start what was typed in between."""
    parts.notes.put = never  # type: ignore[method-assign]
    chatops = parts.build()
    async with running(parts, chatops):
        assert not chatops.recovered.is_set()


async def never(key: str, value: str) -> None:
    """A database that takes for ever to note it."""
    await asyncio.Event().wait()


async def test_each_message_is_told_before_it_is_handled(parts: Parts) -> None:
    async with running(parts, parts.build()):
        for text in ("!sso setup", "talk"):
            parts.listener.push(typed(text))
            await parts.clock.advance(2)
    assert parts.heard == [0, 1]


async def test_at_the_start_it_says_what_does_not_work(parts: Parts) -> None:
    parts.slash.on = False
    async with running(parts, parts.build()):
        pass
    assert "Message_AllowUnrecognizedSlashCommand" in parts.chat.said()[0]


async def test_what_cannot_be_announced_is_tried_again_and_delays_nothing(parts: Parts) -> None:
    tries: list[str] = []

    async def announce(room: Announcer) -> bool:
        tries.append(room.room_id)
        if len(tries) == 1:
            raise Unreachable("Rocket.Chat", "")
        return len(tries) == 3

    parts.announcements = (announce,)
    async with running(parts, parts.build()):
        parts.listener.push(typed("!sso status"))
        await parts.clock.advance(2)
        assert (parts.chat.said(), tries) == (["All is well."], [ADMIN_ROOM.id])
        await parts.clock.advance(4 * AGAIN)
    assert tries == [ADMIN_ROOM.id] * 3


async def test_a_bug_beside_the_listening_ends_nothing(parts: Parts) -> None:
    """What is said at the start, what is announced, and what is read anew: the name is, with the socket after."""

    async def announce(room: Announcer) -> bool:
        raise KeyError("a bug")

    async def buggy() -> str:
        raise ValueError("a bug")

    parts.announcements, parts.slash = (announce,), _BuggySlash()
    whoami, parts.whoami = parts.whoami, buggy  # type: ignore[method-assign]
    chatops = parts.build()
    with structlog.testing.capture_logs() as lines:
        async with running(parts, chatops):
            parts.listener.reconnect()
            await parts.clock.advance(2)
            parts.username = "renamed"
            chatops._whoami = whoami
            parts.listener.reconnect()
            await parts.clock.advance(2)
            parts.listener.push(typed("@renamed sso status"))
            await parts.clock.advance(2)
    assert parts.chat.said() == ["All is well."]
    assert {(line["what"], line["kind"]) for line in lines if line["event"] == "internal error"} == {
        ("not announced", "KeyError"),
        ("not read anew", "ValueError"),
        ("not introduced", "TypeError"),
    }


async def test_an_announcement_that_hangs_delays_nothing_and_is_left_at_the_end(parts: Parts) -> None:
    async def announce(room: Announcer) -> bool:
        await asyncio.Event().wait()
        return True

    parts.announcements = (announce,)
    async with running(parts, parts.build()):
        parts.listener.push(typed("/sso setup"))
        await parts.clock.advance(2)
    assert "Changed." in parts.chat.said()[0]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_at_the_start_it_waits_for_rocket_chat_and_then_recovers(parts: Parts) -> None:
    left = Operation(
        "op1",
        FromMessage("m0", ADMIN_ROOM.id, "m0", ANNA.id, "anna"),
        "setup",
        new_message_id(),
        START,
        OperationState.RUNNING,
    )
    parts.operations.rows["op1"] = left
    parts.chat.fail("room", Unreachable, times=30)
    chatops = parts.build()
    async with running(parts, chatops):
        await chatops.recovered.wait()
        await parts.clock.advance(1)
    assert parts.script.calls[0].operation.resumed
    assert "Changed." in parts.chat.said()[0]


async def test_the_server_s_clock_is_asked(parts: Parts) -> None:
    parts.skew = timedelta(hours=-1)
    async with running(parts, parts.build()):
        parts.listener.push(replace(typed("!sso status"), ts=START - timedelta(minutes=59)))
        await parts.clock.advance(2)
    assert parts.chat.said() == ["All is well."]


async def test_what_was_missed_in_the_admin_room_is_asked_for(parts: Parts) -> None:
    async with running(parts, parts.build()):
        pass
    assert parts.listener.watched == [(ADMIN_ROOM.id, ADMIN_ROOM.type)]


async def test_another_name_of_the_bot_is_known_with_the_next_socket(parts: Parts) -> None:
    parts.username = "renamed"
    async with running(parts, parts.build()):
        parts.listener.push(typed("@renamed sso status", message_id="m1"))
        await parts.clock.advance(2)
        assert parts.chat.said() == []
        parts.listener.reconnect()
        await parts.clock.advance(2)
        parts.listener.push(typed("@renamed sso status", message_id="m2"))
        await parts.clock.advance(2)
    assert parts.chat.said() == ["All is well."]


async def test_a_renamed_room_stays_the_admin_room_over_a_restart(parts: Parts) -> None:
    async with running(parts, parts.build()):
        pass
    parts.chat.rooms[ADMIN_ROOM.id] = replace(ADMIN_ROOM, name="renamed")
    parts.chat.rooms["room9"] = replace(ADMIN_ROOM, id="room9")
    parts.listener = MemoryListener()
    async with running(parts, parts.build()):
        parts.listener.push(typed("!sso setup"))
        parts.listener.push(replace(typed("!sso setup", message_id="m2"), room_id="room9"))
        await parts.clock.advance(2)
    assert "Another room now has the name in SSOBOT_ADMIN_ROOM, `sso-admins`" in parts.chat.said()[0]
    assert parts.script.effects == ["effect"]
    assert {message.room_id for message in parts.chat.posted.values()} == {ADMIN_ROOM.id, "room9"}
    assert any("I listen in the admin room" in said for said in parts.chat.said())


async def test_with_the_next_socket_a_room_whose_name_was_taken_says_so(parts: Parts) -> None:
    async with running(parts, parts.build()):
        parts.chat.rooms[ADMIN_ROOM.id] = replace(ADMIN_ROOM, name="renamed")
        parts.chat.rooms["room9"] = replace(ADMIN_ROOM, id="room9")
        for _ in range(2):
            parts.listener.reconnect()
            await parts.clock.advance(2)
    [said] = parts.chat.said()
    assert "I stay in this room" in said


@pytest.mark.parametrize("kind", [Unreachable, Forbidden])
async def test_what_cannot_be_read_anew_stays_as_it_was(parts: Parts, kind: type[RemoteError]) -> None:
    async with running(parts, parts.build()):
        parts.chat.fail("room", kind)
        parts.listener.reconnect()
        await parts.clock.advance(2)
        parts.listener.push(typed("@ssobot sso status"))
        await parts.clock.advance(2)
    assert parts.chat.said() == ["All is well."]


async def test_a_database_that_is_away_at_the_start_is_waited_for(parts: Parts) -> None:
    get, tries = parts.notes.get, [StoreUnavailable(), StoreUnavailable()]

    async def away(key: str) -> str | None:
        if tries:
            raise tries.pop()
        return await get(key)

    parts.notes.get = away  # type: ignore[method-assign]
    async with running(parts, parts.build()):
        parts.listener.push(typed("!sso status"))
        await parts.clock.advance(2)
    assert parts.chat.said() == ["All is well."]


async def test_a_database_that_goes_away_before_it_was_asked_what_is_left_is_waited_for(parts: Parts) -> None:
    unfinished, tries = parts.operations.unfinished, [StoreUnavailable(), StoreUnavailable()]

    async def away() -> tuple[Operation, ...]:
        if tries:
            raise tries.pop()
        return await unfinished()

    parts.operations.unfinished = away  # type: ignore[method-assign]
    left = Operation("op1", FromMessage("m0", ADMIN_ROOM.id, "m0", ANNA.id, "anna"), "status", new_message_id(), START)
    parts.operations.rows["op1"] = left
    async with running(parts, parts.build()):
        parts.listener.push(typed("!sso status"))
        await parts.clock.advance(2)
    assert [said.rsplit("\n", 1)[-1] for said in parts.chat.said()] == ["All is well."] * 2


async def test_cancelled_it_lets_the_running_one_finish(parts: Parts) -> None:
    parts.script.after_effect = asyncio.Event()
    async with running(parts, parts.build()):
        parts.listener.push(typed("!sso setup"))
        await parts.clock.advance(1)
        asyncio.get_running_loop().call_soon(parts.script.after_effect.set)
    assert "Changed." in parts.chat.said()[0]


class _BuggySlash(MemorySlash):
    async def allowed(self) -> bool:
        raise TypeError("a bug")


class _SilentSlash(MemorySlash):
    async def allowed(self) -> bool:
        await asyncio.Event().wait()
        return True


async def test_cancelled_it_leaves_nothing_behind(parts: Parts) -> None:
    parts.slash = _SilentSlash()
    parts.script.after_effect = asyncio.Event()
    async with asyncio.timeout(20), running(parts, parts.build()):
        parts.listener.push(typed("!sso setup"))
        await parts.clock.advance(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_room_that_is_not_there_names_the_variable(parts: Parts) -> None:
    with pytest.raises(ConfigError, match="SSOBOT_ADMIN_ROOM names a room that I cannot see"):
        await parts.build("nowhere").run()


async def test_an_encrypted_room_is_refused(parts: Parts) -> None:
    parts.chat.rooms[ADMIN_ROOM.id] = replace(ADMIN_ROOM, encrypted=True)
    with pytest.raises(ConfigError, match="end-to-end encrypted"):
        await parts.build().run()


async def test_credentials_that_are_refused_end_it(parts: Parts) -> None:
    parts.chat.fail("room", Unauthenticated)
    with pytest.raises(Unauthenticated):
        await parts.build().run()
