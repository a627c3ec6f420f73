"""Where an answer can be put, best first: below the command, outside of the thread, and in a direct message to whoever
asked.

Any of them may be refused: threads are off, the bot is muted or was removed, the room is read-only or gone
(facts/rocketchat.md §6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Chat, Operation
from bot.chatops.posting import Posting, Way, derived_id
from bot.chatops.text import quoted


@dataclass(frozen=True)
class Address:
    """Whom an answer is for."""

    room_id: str
    thread_id: str | None = None
    asker: str | None = None
    """User id; None where nobody asked, and nobody is written to."""
    words: str = ""
    """What was asked."""


def address_of(operation: Operation) -> Address:
    """Where its answer belongs."""
    match operation.origin:
        case FromMessage() as message:
            return Address(message.room_id, message.thread_id, message.user_id, operation.words)
        case never:
            assert_never(never)


class Deliveries:
    """One posting for each way, tried in order. Each has an id of its own that follows from the first one's."""

    def __init__(self, chat: Chat, message_id: str, address: Address, *, known: bool) -> None:
        self._chat = chat
        self._address = address
        self._known = known
        self._ids = (message_id, derived_id(message_id, "outside"), derived_id(message_id, "direct"))
        self._way = 0
        self._postings: dict[int, Posting] = {}

    async def resume(self) -> None:
        """An earlier run may have got no further than to one of the others."""
        for way in (2, 1):
            room_id = await self._chat.room_of(self._ids[way])
            if room_id is not None:
                self._way = way
                self._postings[way] = self._posting(way, Way(room_id, lead=self._lead))
                return

    async def current(self) -> Posting:
        """The first way that was not given up. RemoteError if that cannot be told."""
        if self._way not in self._postings:
            self._postings[self._way] = self._posting(self._way, await self._find())
        return self._postings[self._way]

    def give_up(self) -> bool:
        """On to the next way; False if there is none, and then the first one is the next."""
        address = self._address
        possible = (True, address.thread_id is not None, address.asker is not None)
        following = [way for way in range(self._way + 1, len(possible)) if possible[way]]
        self._way = following[0] if following else 0
        return bool(following)

    async def _find(self) -> Way:
        address = self._address
        if self._way == 0:
            return Way(address.room_id, address.thread_id)
        if self._way == 1:
            return Way(address.room_id, lead=self._lead)
        assert address.asker is not None
        return Way(await self._chat.direct_with(address.asker), lead=self._lead)

    def _posting(self, way: int, where: Way) -> Posting:
        return Posting(self._chat, self._ids[way], where, known=self._known)

    @property
    def _lead(self) -> str:
        return f"Reply to {quoted(self._address.words)}; I could not post this reply below that message:"
