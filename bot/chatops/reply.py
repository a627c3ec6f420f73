"""One message for one operation: posted under an id of our choice, edited while the operation works, and its last text
delivered for certain.

Where editing is off, the last text becomes a second message, whose id follows from the first one's: after a crash it is
found again and not written twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field

import stamina
import structlog

from bot.chatops.ports import Chat
from bot.clock import Clock
from bot.errors import Busy, Forbidden, Rejected, RemoteError

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
"""Of which Rocket.Chat makes its own ids: no 0, 1, I, O, U, V, l."""
ID_LENGTH = 17
EDIT_INTERVAL = 1.0
"""Seconds between two edits while it works; `chat.sendMessage` allows five in a second (facts/rocketchat.md §1.6)."""
LONGEST_WAIT = 60.0
"""Seconds between two tries of a last text."""

_log = structlog.get_logger()


def new_message_id() -> str:
    """17 random characters: nobody can take it beforehand."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def second_id(message_id: str) -> str:
    """The id of the second message, where the first one cannot be edited."""
    number = int.from_bytes(hashlib.sha256(f"second {message_id}".encode()).digest(), "big")
    digits = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


@dataclass(frozen=True)
class Outbox:
    """Where answers leave the bot. Last texts leave one after the other, in the order in which they were ready."""

    chat: Chat
    clock: Clock
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


class Reply:
    """The message of one operation."""

    def __init__(
        self, outbox: Outbox, message_id: str, room_id: str, thread_id: str | None, *, known: bool = False
    ) -> None:
        """`known`: it may have been posted by an earlier run, with whatever text."""
        self._outbox = outbox
        self._chat = outbox.chat
        self._id = message_id
        self._room_id = room_id
        self._thread_id = thread_id
        self._first_text: str | None = None
        self._shown: str | None = None
        self._unsure = known
        self._tried = known
        self._posted = False
        self._editable = True
        self._text: str | None = None
        self._ending = asyncio.Event()
        self._changed = asyncio.Event()
        self._shower: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        """Shows an intermediate text soon; a newer one takes its place. Never waits and never raises."""
        self._text = text
        self._changed.set()
        if self._shower is None:
            self._shower = asyncio.create_task(self._show_changes())

    async def finish(self, text: str) -> bool:
        """Delivers the last text: as long as Rocket.Chat is away, with growing pauses. False if it refuses for good."""
        await self.close()
        async with self._outbox.order:
            return await self._deliver(text)

    async def close(self) -> None:
        """No more intermediate texts. A request on its way is awaited, or it could arrive after the last text."""
        self._ending.set()
        self._changed.set()
        if self._shower is not None:
            # Whatever went wrong with showing, the last text is still to be delivered.
            [outcome] = await asyncio.gather(self._shower, return_exceptions=True)
            if outcome is not None:
                _log.error("progress stopped", message=self._id, kind=type(outcome).__qualname__)

    def abandon(self) -> None:
        """Drops everything at once: the program ends, and the next start goes on."""
        if self._shower is not None:
            self._shower.cancel()

    async def _show_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._ending.is_set() or self._text is None:
                return
            try:
                await self._put(self._text)
            except RemoteError as error:
                # The next text tries again; only the last one must arrive.
                _log.info("progress not shown", message=self._id, error=error.what)
            await self._pause()

    async def _pause(self) -> None:
        sleeping = asyncio.create_task(self._outbox.clock.sleep(EDIT_INTERVAL))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait((sleeping, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            ending.cancel()

    async def _deliver(self, text: str) -> bool:
        try:
            async for attempt in stamina.retry_context(
                on=worth_waiting, attempts=None, timeout=None, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5
            ):
                with attempt:
                    await self._put(text)
                    if self._shown != text:
                        await self._post_second(text)
        except RemoteError as error:
            _log.error("answer not delivered", message=self._id, room=self._room_id, error=error.what)
            return False
        return True

    async def _put(self, text: str) -> None:
        """Posts or edits. What an unanswered request left there is not known, so the post is repeated with the text of
        the first try, and a text that differs is put there by an edit."""
        if not self._posted:
            self._first_text = self._first_text or text
            await self._post_first(self._first_text)
        if self._shown == text or not self._editable:
            return
        try:
            await self._chat.edit(self._id, self._room_id, text)
        except (Forbidden, Rejected):
            self._editable = False
        else:
            self._shown = text

    async def _post_first(self, text: str) -> None:
        again, self._tried = self._tried, True
        try:
            await self._chat.post(self._id, self._room_id, text, self._thread_id)
        except Rejected:
            # A server may refuse an id that it has already: the edit will show whether it is there.
            if not again:
                raise
            self._unsure = True
        self._posted = True
        if not self._unsure:
            self._shown = text

    async def _post_second(self, text: str) -> None:
        await self._chat.post(second_id(self._id), self._room_id, text, self._thread_id)
        self._shown = text


def worth_waiting(error: Exception) -> bool | float:
    """For stamina: whether a later try may help, or after how many seconds the server wants it."""
    if isinstance(error, Busy):
        return min(max(error.retry_after, 0.2), LONGEST_WAIT)
    return isinstance(error, RemoteError) and error.transient
