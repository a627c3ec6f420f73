"""Answers without an operation: once for each message, and known afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops import remarks as module
from bot.chatops.background import Background
from bot.chatops.remarks import Remarks, thread_of
from bot.chatops.reply import Outbox
from bot.errors import BadAnswer, Rejected, RemoteError, Unreachable
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, MemoryChat, remote, typed

COMMAND = typed("!sso setup")


class Scene:
    def __init__(self, outbox: Outbox) -> None:
        self.work = Background()
        self.remarks = Remarks(outbox, self.work)

    async def make(self, text: str) -> None:
        self.remarks.make(COMMAND, text)
        await self.work.idle()


@pytest.fixture
def scene(outbox: Outbox) -> Scene:
    return Scene(outbox)


async def test_it_is_said_once_whoever_says_it(scene: Scene, outbox: Outbox, chat: MemoryChat) -> None:
    await scene.make("no")
    await Scene(outbox).make("no")
    [message] = chat.posted.values()
    assert (message.text, message.thread_id) == ("@anna no", COMMAND.id)


@pytest.mark.parametrize("closed", ["", "thread", "room"])
async def test_it_is_known_wherever_it_stands(scene: Scene, chat: MemoryChat, closed: str) -> None:
    def refusing(room_id: str, thread_id: str | None) -> RemoteError | None:
        refused = room_id == ADMIN_ROOM.id and (closed == "room" or (closed == "thread" and thread_id is not None))
        return remote(Rejected) if refused else None

    chat.refusing, chat.people[ANNA.id] = refusing, ANNA
    assert not await scene.remarks.were_made(COMMAND.id)
    await scene.make("no")
    assert await scene.remarks.were_made(COMMAND.id)
    assert not await scene.remarks.were_made("another message")


async def test_it_is_asked_for_again_while_rocketchat_is_away(scene: Scene, chat: MemoryChat) -> None:
    await scene.make("no")
    chat.fail("text_of", Unreachable, times=2)
    assert await scene.remarks.were_made(COMMAND.id)


@pytest.mark.parametrize("error", [BadAnswer, Unreachable])
async def test_what_nobody_answers_is_no(
    scene: Scene, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch, error: type[RemoteError]
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    await scene.make("no")
    chat.fail("text_of", error, times=10_000)
    assert not await scene.remarks.were_made(COMMAND.id)


def test_an_answer_stands_below_its_command_except_in_a_direct_room() -> None:
    below = replace(COMMAND, thread_id="t1")
    assert [thread_of(m, "p") for m in (COMMAND, below)] == [COMMAND.id, "t1"]
    direct = typed("setup", room=DIRECT)
    assert [thread_of(m, "d") for m in (direct, replace(direct, thread_id="t1"))] == [None, None]
