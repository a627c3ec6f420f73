"""A stream of messages that tells of each one that came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from bot.chatops.ports import Message, MessageStream


@dataclass(frozen=True)
class Hearing:
    """See `MessageStream`. `heard` is called for each message before it is handled, and must not wait."""

    stream: MessageStream
    heard: Callable[[], None]

    async def messages(self) -> AsyncIterator[Message]:
        """See `MessageStream.messages`."""
        async for message in self.stream.messages():
            self.heard()
            yield message

    def watch(self, room_id: str, room_type: str) -> None:
        """See `MessageStream.watch`."""
        self.stream.watch(room_id, room_type)

    def connections(self) -> AsyncIterator[None]:
        """See `MessageStream.connections`."""
        return self.stream.connections()
