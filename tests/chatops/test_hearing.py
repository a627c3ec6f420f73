"""A stream that tells of each message is the stream itself otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.chatops.hearing import Hearing
from bot.chatops.ports import Message, MessageStream
from tests.support.chat import ADMIN_ROOM, typed


class Stream:
    """Two messages and one connection."""

    def __init__(self) -> None:
        self.watched: list[tuple[str, str]] = []

    async def messages(self) -> AsyncIterator[Message]:
        yield typed("!sso help")
        yield typed("talk")

    def watch(self, room_id: str, room_type: str) -> None:
        self.watched.append((room_id, room_type))

    async def connections(self) -> AsyncIterator[None]:
        yield


async def test_each_message_is_told_before_it_is_handled() -> None:
    order: list[str] = []
    hearing: MessageStream = Hearing(Stream(), lambda: order.append("heard"))
    async for message in hearing.messages():
        order.append(message.text)
    assert order == ["heard", "!sso help", "heard", "talk"]


async def test_everything_else_is_passed_on() -> None:
    stream = Stream()
    hearing = Hearing(stream, lambda: None)
    hearing.watch(ADMIN_ROOM.id, "p")
    assert stream.watched == [(ADMIN_ROOM.id, "p")]
    assert [one async for one in hearing.connections()] == [None]
