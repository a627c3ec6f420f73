"""Where an answer can be posted, best first: in the thread of the command, in the room, and in a direct message to the
asker.

Any of them may be refused: threads are off, the bot is muted or was removed, the room is read-only or gone
(facts/rocketchat.md §6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from bot.chatops.answer import NOT_THERE, REPLY_TO, SCHEDULED, TYPED_THERE
from bot.chatops.origin import FromMessage, FromSchedule
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
    """User id; None if nobody asked: then nobody gets a direct message."""
    username: str = ""
    """Of the asker, to be mentioned in a room; a direct message needs no mention."""
    words: str = ""
    """What was asked."""
    tail: str = ""
    """After the result: why it stands there, if nobody asked for it."""
    instead: str | None = None
    """The id of the admin room, if this is a report room of its own: it hears what that one does not take."""
    commands: bool = True
    """Whether the text says what to type."""


def recipient_of(operation: Operation, admin_room_id: str) -> Recipient:
    """Where its answer belongs. The admin room hears what the report room does not take: the bot may have been removed
    from it."""
    match operation.origin:
        case FromMessage() as message:
            return Recipient(message.room_id, message.thread_id, message.user_id, message.username, operation.words)
        case FromSchedule() as schedule:
            return reported(schedule.room_id, admin_room_id, words=operation.words, tail=f"\n{SCHEDULED}")
        case never:
            assert_never(never)


def reported(room_id: str, admin_room_id: str, *, words: str = "", tail: str = "", commands: bool = True) -> Recipient:
    """For what nobody asked for."""
    instead = None if room_id == admin_room_id else admin_room_id
    return Recipient(room_id, words=words, tail=tail, instead=instead, commands=commands)


def ids_of(message_id: str) -> tuple[str, str, str]:
    """Of the postings of one message, by the way that is tried."""
    return message_id, derived_id(message_id, "outside"), derived_id(message_id, "direct")


@dataclass(frozen=True)
class Manner:
    """How a message is posted, in any place."""

    mention: bool = False
    """Begins with a mention of the asker, which notifies them: an edit notifies nobody (facts/rocketchat.md §6)."""
    in_channel: bool = False
    """Shown in the room too, not only in the thread."""
    buttons: bool = False
    """With a button for each command that is to be typed next."""


QUIET = Manner()


Act = Callable[[Posting, str], Awaitable[None]]


class Delivery:
    """One message: a posting for each way, tried in order. Each has its own id, derived from the first one. Errors:
    `bot.errors.RemoteError`, the refusal of the last way."""

    def __init__(
        self, chat: Chat, message_id: str, recipient: Recipient, *, known: bool, manner: Manner = QUIET
    ) -> None:
        """`known`: it may have been posted by an earlier run, with whatever text."""
        self._chat = chat
        self._recipient = recipient
        self._known = known
        self._unsure_where = known
        self._writing = asyncio.Lock()
        self.manner = manner
        """May be changed until the first post."""
        self.said = False
        """Whether something was posted."""
        self._ids = ids_of(message_id)
        self._way = 0
        self._postings: dict[int, Posting] = {}

    async def say(self, act: Act, text: str) -> None:
        """Posts by the way that worked last, or by the next way that works. A temporary error does not rule a way
        out."""
        async with self._writing:
            await self._resume()
            while True:
                try:
                    posting = await self._current()
                    await act(posting, text)
                except (Forbidden, Rejected) as error:
                    _log.info("answer refused", message=self._ids[0], room=self._recipient.room_id, error=error.what)
                    if not self._give_up():
                        raise
                else:
                    self.said = True
                    return

    async def rewrite(self, text: str) -> None:
        """Edits the message if it was posted; never posts a new one."""
        async with self._writing:
            await self._resume()
            posting = await self._current()
            await posting.rewrite(text)

    def begin_like(self, other: Delivery) -> None:
        """Begins with the way that worked for another message to the same recipient."""
        if not self._postings:
            self._way = other.way

    @property
    def way(self) -> int:
        """The one that is used, or tried next."""
        return self._way

    async def _resume(self) -> None:
        """An earlier run may have used one of the other ways."""
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
        """The first way that was not ruled out. RemoteError if this cannot be found out."""
        if self._way not in self._postings:
            self._postings[self._way] = self._posting(self._way, await self._find())
        return self._postings[self._way]

    def _give_up(self) -> bool:
        """Goes on to the next way; False if there is none: then the first way is next."""
        recipient = self._recipient
        last = recipient.asker is not None or recipient.instead is not None
        possible = (True, recipient.thread_id is not None, last)
        following = [way for way in range(self._way + 1, len(possible)) if possible[way]]
        self._way = following[0] if following else 0
        return bool(following)

    async def _find(self) -> Way:
        recipient = self._recipient
        if self._way == 0:
            manner = self.manner
            return Way(
                recipient.room_id,
                recipient.thread_id,
                lead=self._mention,
                tail=self._tail(TYPED_THERE if recipient.commands else "") if manner.mention else "",
                in_channel=manner.in_channel,
                buttons=manner.buttons and recipient.instead is None,
            )
        if self._way == 1:
            return self._elsewhere(recipient.room_id, 1)
        if recipient.instead is not None:
            return self._elsewhere(recipient.instead, 2)
        assert recipient.asker is not None
        return self._elsewhere(await self._chat.direct_with(recipient.asker), 2)

    def _elsewhere(self, room_id: str, way: int) -> Way:
        if self._recipient.instead is not None:
            tail = self._tail(NOT_THERE) if self.manner.mention else ""
            return Way(room_id, tail=tail, buttons=self.manner.buttons)
        words = quoted(self._recipient.words)
        if not self.manner.mention:
            return Way(room_id, lead=f"Progress of {words}; I could not post it below that message:\n")
        lead = self._mention if way == 1 else ""
        tail = f"\n{REPLY_TO}{words}; I could not post it below that message."
        return Way(room_id, lead=lead, tail=tail, buttons=self.manner.buttons)

    def _tail(self, where: str) -> str:
        """`where`: what is added where there are two rooms for it."""
        tail = self._recipient.tail
        return f"{tail}\n{where}" if where and self._recipient.instead is not None else tail

    def _posting(self, way: int, where: Way) -> Posting:
        return Posting(self._chat, self._ids[way], where, known=self._known)

    @property
    def _mention(self) -> str:
        """In a direct room everything notifies."""
        recipient = self._recipient
        in_a_room = recipient.thread_id is not None and recipient.username
        return f"@{recipient.username} " if self.manner.mention and in_a_room else ""
