"""One message for one operation: shown early, changed while the operation works, and its last text delivered if any way
is left to deliver it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.chatops.delivery import Address, Deliveries
from bot.chatops.ports import Chat
from bot.chatops.posting import Posting
from bot.clock import Clock
from bot.errors import Forbidden, Rejected, RemoteError
from bot.retry import until_available

EDIT_INTERVAL = 1.0
"""Seconds between two edits while it works; `chat.sendMessage` allows five in a second (facts/rocketchat.md §1.6)."""
PATIENCE = 60.0
"""Seconds for which a last text is tried while others for its room wait behind it: as long as a rate limit lasts
(facts/rocketchat.md §1.6). A server that is away for longer tells by its socket that it is back."""
FIRST_WORD = 10.0
"""Seconds within which the first text must stand somewhere: other operations wait for this one meanwhile, and a
request takes eight at most."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Outbox:
    """Where answers leave the bot. The last texts for one room leave one after the other, in the order in which they
    were ready; rooms do not wait for each other."""

    chat: Chat
    clock: Clock
    _queues: weakref.WeakValueDictionary[str, asyncio.Lock] = field(default_factory=weakref.WeakValueDictionary)

    def queue(self, room_id: str) -> asyncio.Lock:
        """The queue of a room, for as long as somebody holds it."""
        return self._queues.setdefault(room_id, asyncio.Lock())


class Reply:
    """The message of one operation."""

    def __init__(self, outbox: Outbox, message_id: str, address: Address, *, known: bool = False) -> None:
        """`known`: it may have been posted by an earlier run, with whatever text."""
        self._outbox = outbox
        self._id = message_id
        self._address = address
        self._ways = Deliveries(outbox.chat, message_id, address, known=known)
        self._lost = known
        self._said = False
        self._writing = asyncio.Lock()
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

    async def open(self) -> bool:
        """Whether something of it stands where the asker reads it; tried for `FIRST_WORD` seconds."""
        with contextlib.suppress(RemoteError, TimeoutError):
            if self._said:
                return True
            async with asyncio.timeout(FIRST_WORD):
                await self._patiently(Posting.put, self._text or "…", FIRST_WORD)
        return self._said

    async def finish(self, text: str, *, patience: float = PATIENCE) -> bool:
        """Delivers the last text, trying for about `patience` seconds while Rocket.Chat does not take it. False if it
        is not delivered; then it can be called again."""
        await self.close()
        async with self._outbox.queue(self._address.room_id):
            try:
                await self._patiently(Posting.conclude, text, patience)
            except RemoteError as error:
                _log.error("answer not delivered", message=self._id, room=self._address.room_id, error=error.what)
                return False
        return True

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
                await self._somewhere(Posting.put, self._text)
            except RemoteError as error:
                # The next text tries again; only the last one must arrive.
                _log.info("progress not shown", message=self._id, error=error.what)
                if isinstance(error, Forbidden | Rejected):
                    return
            await self._pause()

    async def _pause(self) -> None:
        sleeping = asyncio.create_task(self._outbox.clock.sleep(EDIT_INTERVAL))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait((sleeping, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            ending.cancel()

    async def _patiently(self, act: _Act, text: str, patience: float) -> None:
        if patience <= 0:
            return await self._somewhere(act, text)
        return await until_available(functools.partial(self._somewhere, act, text), patience=patience)

    async def _somewhere(self, act: _Act, text: str) -> None:
        """By the way that took the last text, or by the next one that takes this. Raises what the last one was refused
        with; what may pass by itself gives no way up."""
        async with self._writing:
            if self._lost:
                await self._ways.resume()
                self._lost = False
            while True:
                try:
                    posting = await self._ways.current()
                    await act(posting, text)
                except (Forbidden, Rejected) as error:
                    _log.info("answer refused", message=self._id, room=self._address.room_id, error=error.what)
                    if not self._ways.give_up():
                        raise
                else:
                    self._said = True
                    return


_Act = Callable[[Posting, str], Awaitable[None]]
