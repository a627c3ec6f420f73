"""The messages of one operation: its progress, which is edited; an alarm; and its result, delivered if any way works.

Edits notify nobody (facts/rocketchat.md §6), so alarm and result are messages of their own and mention the asker. An
operation that ends within `UNSEEN_FOR` seconds has no progress to show.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import weakref
from dataclasses import dataclass, field, replace

import structlog

from bot.chatops.answer import WORKING
from bot.chatops.delivery import QUIET, Act, Delivery, Manner, Recipient
from bot.chatops.ports import Chat
from bot.chatops.posting import Posting, derived_id
from bot.clock import Clock
from bot.errors import Forbidden, Rejected, RemoteError
from bot.retry import until_available

UNSEEN_FOR = 1.0
"""Seconds until progress is shown, unless the operation waits for the first message."""
EDIT_INTERVAL = 1.0
"""Seconds between two edits while it works; `chat.sendMessage` allows five in a second (facts/rocketchat.md §1.6)."""
PATIENCE = 60.0
"""Seconds for which a last text is retried while others for its room wait: as long as a rate limit lasts
(facts/rocketchat.md §1.6). If the server is unavailable for longer, a new socket shows that it is back."""
FIRST_WORD = 10.0
"""Seconds within which the first text must stand somewhere: other operations wait for this one meanwhile, and a
request takes eight at most."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Outbox:
    """Where answers leave the bot. Results for one room are sent one after the other, in the order in which they were
    ready; rooms do not wait for each other."""

    chat: Chat
    clock: Clock
    buttons: bool = True
    """Whether results have buttons."""
    _queues: weakref.WeakValueDictionary[str, asyncio.Lock] = field(default_factory=weakref.WeakValueDictionary)

    def queue(self, room_id: str) -> asyncio.Lock:
        """The queue of a room; it exists while somebody holds it."""
        return self._queues.setdefault(room_id, asyncio.Lock())


class Reply:
    """The messages of one operation."""

    def __init__(self, outbox: Outbox, message_id: str, recipient: Recipient, *, known: bool = False) -> None:
        """`message_id` of the result; the others follow from it. `known`: they may have been posted by an earlier run,
        with whatever text."""

        def delivery(own_id: str, manner: Manner = QUIET) -> Delivery:
            return Delivery(outbox.chat, own_id, recipient, known=known, manner=manner)

        self._outbox = outbox
        self._id = message_id
        self._recipient = recipient
        self._alarm_id = derived_id(message_id, "alarm")
        self._known = known
        self._progress = delivery(derived_id(message_id, "progress"))
        self._alarm = delivery(self._alarm_id, Manner(mention=True, in_channel=True))
        self._result = delivery(message_id, Manner(mention=True, buttons=outbox.buttons))
        self._text: str | None = None
        self._ending = asyncio.Event()
        self._changed = asyncio.Event()
        self._opened = asyncio.Event()
        self._shower: asyncio.Task[None] | None = None
        self._alarming: asyncio.Task[None] | None = None
        self._alarmed = False

    def show(self, text: str) -> None:
        """Shows a text as the progress soon; a newer one takes its place. Never waits and never raises."""
        self._text = text
        self._changed.set()
        if self._shower is None:
            self._shower = asyncio.create_task(self._show_changes())

    def alarm(self, text: str) -> None:
        """Says it in a message of its own, seen in the room; once for an operation, later alarms change it. Never waits
        and never raises."""
        if self._alarming is not None:
            self._alarming.cancel()
        self._alarmed = True
        self._alarming = asyncio.create_task(self._raise_alarm(text))

    async def open(self) -> bool:
        """Whether the first message is where the asker reads it; tried for `FIRST_WORD` seconds."""
        with contextlib.suppress(RemoteError, TimeoutError):
            if self._progress.said:
                return True
            async with asyncio.timeout(FIRST_WORD):
                await self._patiently(self._progress, Posting.put, self._text or WORKING, FIRST_WORD)
        self._opened.set()
        return self._progress.said

    async def finish(self, text: str, *, ended: str = "", patience: float = PATIENCE) -> bool:
        """Delivers the result, trying for about `patience` seconds while Rocket.Chat does not take it. False if it is
        not delivered; then it can be called again. `ended`: the last text of the progress, if any is shown."""
        await self.close(ended)
        async with self._outbox.queue(self._recipient.room_id):
            try:
                # The way that worked for the progress is likely to work again.
                self._result.begin_like(self._progress)
                self._result.manner = replace(self._result.manner, in_channel=await self._was_alarming())
                await self._patiently(self._result, Posting.conclude, text, patience)
            except RemoteError as error:
                _log.error("answer not delivered", message=self._id, room=self._recipient.room_id, error=error.what)
                return False
        return True

    async def close(self, ended: str = "") -> None:
        """No more progress, and no alarm that the result would contradict. A request on its way is awaited, or it could
        arrive after the last text."""
        self._ending.set()
        self._changed.set()
        tasks = [task for task in (self._shower, self._alarming) if task is not None]
        if self._alarming is not None:
            self._alarming.cancel()
        # Whatever went wrong with showing, the result is still to be delivered.
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
                _log.error("progress stopped", message=self._id, kind=type(outcome).__qualname__)
        if ended and (self._progress.said or self._known):
            with contextlib.suppress(RemoteError):
                await self._progress.rewrite(ended)

    def abandon(self) -> None:
        """Drops everything at once: the program ends, and the next start continues."""
        for task in (self._shower, self._alarming):
            if task is not None:
                task.cancel()

    async def _was_alarming(self) -> bool:
        """People who read the alarm in the room must read the result there too."""
        if self._known and not self._alarmed:
            self._alarmed = await self._outbox.chat.room_of(self._alarm_id) is not None
        return self._alarmed

    async def _raise_alarm(self, text: str) -> None:
        self._alarm.begin_like(self._progress)
        try:
            await until_available(functools.partial(self._alarm.say, Posting.conclude, text))
        except RemoteError as error:
            _log.error("alarm not delivered", message=self._id, room=self._recipient.room_id, error=error.what)

    async def _show_changes(self) -> None:
        await self._pause(UNSEEN_FOR, self._opened)
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._ending.is_set() or self._text is None:
                return
            try:
                await self._progress.say(Posting.put, self._text)
            except RemoteError as error:
                # The next text tries again; only the result must arrive.
                _log.info("progress not shown", message=self._id, error=error.what)
                if isinstance(error, Forbidden | Rejected):
                    return
            await self._pause(EDIT_INTERVAL)

    async def _pause(self, seconds: float, *sooner: asyncio.Event) -> None:
        """Waits this long, or until one of the events or the end."""
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._outbox.clock.sleep(seconds))]
        waits += [asyncio.create_task(event.wait()) for event in (self._ending, *sooner)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _patiently(self, message: Delivery, act: Act, text: str, patience: float) -> None:
        if patience <= 0:
            return await message.say(act, text)
        return await until_available(functools.partial(message.say, act, text), patience=patience)
