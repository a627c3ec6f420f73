"""A start without the key of the client secret is told once a day, and one with it says nothing."""

from __future__ import annotations

import pytest

from bot.chatops.notices import Announcer
from bot.chatops.reply import Outbox
from bot.connection.lost_key import Locked, LostKey
from bot.connection.state import Connection
from commands.lost_key import lost_key
from tests.support.chat import ADMIN_ROOM, MemoryChat
from tests.support.clocks import SteppedClock
from tests.support.counter import Counter


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


def lose(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def get(service: str | None = None) -> Connection | None:
        raise LostKey(Locked(counter.connections.there, exchanging=False, why="None of the keys fits.", fix="x"))

    monkeypatch.setattr(counter.connections, "get", get)


async def start(counter: Counter, chat: MemoryChat) -> bool:
    return await lost_key(counter.context)(Announcer(Outbox(chat, SteppedClock()), counter.notes, ADMIN_ROOM.id))


async def test_it_is_told_once_a_day_with_what_every_client_sends(
    standing: Counter, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(standing, monkeypatch)
    for _ in range(2):
        assert await start(standing, chat)
    [message] = chat.posted.values()
    assert message.text.startswith("✗ My copy of the client secret cannot be decrypted. None of the keys fits.")
    assert "`!sso adopt`" in message.text
    await standing.context.clock.sleep(24 * 3600)
    assert await start(standing, chat)
    assert len(chat.posted) == 2


async def test_nothing_is_told_where_nothing_is_lost_and_a_later_loss_is(
    standing: Counter, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await start(standing, chat)
    assert not chat.posted
    lose(standing, monkeypatch)
    assert await start(standing, chat)
    assert len(chat.posted) == 1
