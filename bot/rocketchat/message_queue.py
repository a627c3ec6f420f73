"""A queue of received messages, in order and with a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.bounds import Intake, Unreadable
from bot.chatops.ports import Message
from bot.errors import BadAnswer
from bot.rocketchat.responses import SYSTEM


class MessageQueue:
    """A queue for one reader. What is to be put in is admitted before: it may have to wait for others first."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._intake = Intake("The messages that I have not read yet")

    def admit(self, messages: Iterable[Message]) -> None:
        """Counts them. BadAnswer if the queue would exceed its limit; then none of them counts."""
        sizes = [_size(message) for message in messages]
        try:
            self._intake.take(sum(sizes), pieces=len(sizes))
        except Unreadable as unreadable:
            raise BadAnswer(SYSTEM, "websocket", why=str(unreadable)) from None

    def put(self, message: Message) -> None:
        """One that was admitted."""
        self._queue.put_nowait(message)

    async def get(self) -> Message:
        """The next one; it does not count any more."""
        message = await self._queue.get()
        self._intake.give_back(_size(message))
        return message


def _size(message: Message) -> int:
    """Characters of what anybody can make long; the rest is short (`bot.rocketchat.messages`)."""
    return len(message.text)
