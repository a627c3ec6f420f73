"""Where an answer can be put, best first: below the command, outside of the thread, and in a direct message to whoever
asked.

Any of them may be refused: threads are off, the bot is muted or was removed, the room is read-only or gone
(facts/rocketchat.md §6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Chat, Operation
from bot.chatops.posting import Posting, Way, derived_id
from bot.errors import Forbidden, Rejected
from bot.text import quoted

_log = structlog.get_logger()


@dataclass(frozen=True)
class Recipient:
    """Whom an answer is for."""

    room_id: str
    thread_id: str | None = None
    asker: str | None = None
    """User id; None where nobody asked, and nobody is written to."""
    username: str = ""
    """Of the asker, to be mentioned in a room; a direct message needs no mention."""
    words: str = ""
    """What was asked."""


def address_of(operation: Operation) -> Recipient:
    """Where its answer belongs."""
    match operation.origin:
        case FromMessage() as message:
            return Recipient(message.room_id, message.thread_id, message.user_id, message.username, operation.words)
        case never:
            assert_never(never)


@dataclass(frozen=True)
class Manner:
    """How a message is put, wherever that is."""

    mention: bool = False
    """Begins with whoever asked, who is notified by it: an edit notifies nobody (facts/rocketchat.md §6)."""
    in_channel: bool = False
    """Seen in the room without opening the thread."""
    buttons: bool = False
    """With a button for each command that is to be typed next."""


QUIET = Manner()


Act = Callable[[Posting, str], Awaitable[None]]


class Delivery:
    """One message: a posting for each way, tried in order. Each has an id of its own that follows from the first
    one's. Errors: `bot.errors.RemoteError`, what the last way was refused with."""

    def __init__(self, chat: Chat, message_id: str, address: Recipient, *, known: bool, manner: Manner = QUIET) -> None:
        """`known`: it may have been posted by an earlier run, with whatever text."""
        self._chat = chat
        self._address = address
        self._known = known
        self._unsure_where = known
        self._writing = asyncio.Lock()
        self.manner = manner
        """May be changed until something was posted."""
        self.said = False
        """Whether something of it stands there."""
        self._ids = (message_id, derived_id(message_id, "outside"), derived_id(message_id, "direct"))
        self._way = 0
        self._postings: dict[int, Posting] = {}

    async def say(self, act: Act, text: str) -> None:
        """By the way that took the last text, or by the next one that takes this. What may pass by itself gives no way
        up."""
        async with self._writing:
            await self._resume()
            while True:
                try:
                    posting = await self._current()
                    await act(posting, text)
                except (Forbidden, Rejected) as error:
                    _log.info("answer refused", message=self._ids[0], room=self._address.room_id, error=error.what)
                    if not self._give_up():
                        raise
                else:
                    self.said = True
                    return

    async def rewrite(self, text: str) -> None:
        """Another text for what stands there; nothing is posted that does not."""
        async with self._writing:
            await self._resume()
            posting = await self._current()
            await posting.rewrite(text)

    def begin_like(self, other: Delivery) -> None:
        """By the way that took another message for the same address."""
        if not self._postings:
            self._way = other.way

    @property
    def way(self) -> int:
        """The one that is used, or tried next."""
        return self._way

    async def _resume(self) -> None:
        """An earlier run may have got no further than to one of the others."""
        if not self._unsure_where:
            return
        for way in (2, 1):
            room_id = await self._chat.room_of(self._ids[way])
            if room_id is not None:
                self._way = way
                self._postings[way] = self._posting(way, self._elsewhere(room_id, way))
                break
        self._unsure_where = False

    async def _current(self) -> Posting:
        """The first way that was not given up. RemoteError if that cannot be told."""
        if self._way not in self._postings:
            self._postings[self._way] = self._posting(self._way, await self._find())
        return self._postings[self._way]

    def _give_up(self) -> bool:
        """On to the next way; False if there is none, and then the first one is the next."""
        address = self._address
        possible = (True, address.thread_id is not None, address.asker is not None)
        following = [way for way in range(self._way + 1, len(possible)) if possible[way]]
        self._way = following[0] if following else 0
        return bool(following)

    async def _find(self) -> Way:
        address = self._address
        if self._way == 0:
            return Way(address.room_id, address.thread_id, self._mention, self.manner.in_channel, self.manner.buttons)
        if self._way == 1:
            return self._elsewhere(address.room_id, 1)
        assert address.asker is not None
        return self._elsewhere(await self._chat.direct_with(address.asker), 2)

    def _elsewhere(self, room_id: str, way: int) -> Way:
        mention = self._mention if way == 1 else ""
        lead = f"{mention}Reply to {quoted(self._address.words)}; I could not post this reply below that message:\n"
        return Way(room_id, lead=lead, buttons=self.manner.buttons)

    def _posting(self, way: int, where: Way) -> Posting:
        return Posting(self._chat, self._ids[way], where, known=self._known)

    @property
    def _mention(self) -> str:
        """In a direct room everything notifies."""
        address = self._address
        in_a_room = address.thread_id is not None and address.username
        return f"@{address.username} " if self.manner.mention and in_a_room else ""
