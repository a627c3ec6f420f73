"""Fetches messages that were posted while there was no socket: each room independently, with retries, so that no room
delays another.

Pushed messages wait until every room was asked once, so that all are delivered in the order of their time; they never
wait longer than `HOLD_AT_MOST`.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.chatops.ports import Message
from bot.clock import Backoff, Clock
from bot.errors import Busy, RemoteError, where
from bot.rocketchat.missed_since import MissedSince

HOLD_AT_MOST = 10.0
"""Seconds for which new messages wait for missed ones. A room that does not answer must not block the others."""
RETRY_FIRST, RETRY_MOST = 0.3, 60.0
"""Seconds; the bound of the pause doubles from one to the other, the pause is anything below it."""
MOST_ROOMS = 5_000
"""Maximum number of rooms to catch up: more than a server lists. Messages of further rooms are received, but not caught
up, so that made-up rooms cannot fill the memory."""
APART = timedelta(days=1)
"""How far back the first request for a room goes. Messages older than the start are not delivered, and everything found
later is newer: so nothing is missed if the clocks differ by less than this."""
AT_ONCE = 2
"""Requests at the same time: commands need the other connections (`bot.rocketchat.rest.WORKERS`)."""

log = structlog.get_logger(__name__)


class History(Protocol):
    """The requests that it makes. Errors: `bot.errors.RemoteError`."""

    async def direct_rooms(self) -> Iterable[str]:
        """Ids of the direct rooms the bot is in."""
        ...

    async def since(self, room_id: str, moment: datetime) -> Iterable[Message]:
        """Messages of one room from a moment of the server's clock on, in any order, `caught_up` set."""
        ...


class Time(Protocol):
    """The server's clock."""

    @property
    def started(self) -> datetime:
        """When the bot started."""
        ...

    def now(self) -> datetime:
        """Now."""
        ...

    @property
    def set_back(self) -> timedelta:
        """By how much it was seen to be set back so far, in all."""
        ...

    async def compare(self) -> bool:
        """Asks the server what time it is. Raises nothing."""
        ...


class CatchUp:
    """Direct rooms, and the one room that is watched."""

    def __init__(
        self,
        history: History,
        clock: Clock,
        time: Time,
        admit: Callable[[Iterable[Message]], None],
        give: Callable[[Message], None],
        jitter: Callable[[], float],
    ) -> None:
        """`give` gets each message in turn; some come twice, none is left out. `admit` is called with them before,
        because they may be held back first. RemoteError from it if there are too many; then none is delivered."""
        self._history = history
        self._clock = clock
        self._time = time
        self._admit = admit
        self._give = give
        self._jitter = jitter
        self._rooms: dict[str, MissedSince] = {}
        self._watched: str | None = None
        self._watched_type = ""
        self._flowing = False
        self._asking = False
        self._listed = False
        self._held: list[Message] | None = None
        self._set_back = timedelta(0)
        self._untried = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def watch(self, room_id: str, room_type: str) -> None:
        """This room is caught up besides the direct rooms; no other room is."""
        waited_for = self._watched is None and self._flowing
        self._watched, self._watched_type = room_id, room_type
        self._know(room_id)
        if waited_for:
            self._tried()

    def pushed(self, message: Message) -> None:
        """A message came over the socket. RemoteError if it cannot be admitted."""
        self._admit((message,))
        if message.room_type == "d" or message.room_id == self._watched:
            self._know(message.room_id)
            self._heard(message)
        if self._held is None:
            self._give(message)
        else:
            self._held.append(message)

    def begin(self) -> None:
        """Messages are pushed from now on. The bot subscribes first and asks afterwards, so that a message in between
        is found twice rather than never."""
        if self._flowing:
            return
        self._flowing = True
        self._held = self._held or []
        # The questions of `_ask_all` count for one; so does a room that is not known yet.
        self._untried = 1 if self._watched else 2
        self._spawn(self._lose_patience())
        self._spawn(self._ask_all())

    def stop(self) -> None:
        """Messages are not pushed any more."""
        self._flowing = self._asking = self._listed = False
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        for horizon in self._rooms.values():
            horizon.open()

    def release(self) -> None:
        """Releases the messages that were held back."""
        held, self._held = self._held, None
        for message in sorted(held or (), key=lambda message: message.ts):
            self._give(message)

    async def _ask_all(self) -> None:
        # First of all: what is too old, and from when on is asked, is by the server's clock.
        await self._time.compare()
        back, self._set_back = self._time.set_back - self._set_back, self._time.set_back
        for horizon in self._rooms.values():
            horizon.set_back(back)
        self._asking = True
        for room_id in self._rooms:
            self._persist(functools.partial(self._ask, room_id), room_id)
        self._persist(self._list, "direct rooms")
        self._tried()

    async def _list(self) -> None:
        found = tuple(await self._history.direct_rooms())
        for room_id in found:
            self._know(room_id)
        self._listed = True

    def _know(self, room_id: str) -> None:
        """Adds a new room, and catches it up from the start unless nothing in it can have been missed."""
        if room_id not in self._rooms and (len(self._rooms) < MOST_ROOMS or room_id == self._watched):
            missed = not self._listed or room_id == self._watched
            self._rooms[room_id] = MissedSince(complete=not missed)
            if missed and self._asking:
                self._persist(functools.partial(self._ask, room_id), room_id)

    async def _ask(self, room_id: str) -> None:
        horizon = self._rooms[room_id]
        if horizon.gap is None:
            return
        started, known = self._time.started, horizon.since
        since = min(started, self._time.now()) - APART if known is None else known
        found = tuple(await self._history.since(room_id, since))
        room_type = self._watched_type if room_id == self._watched else "d"
        # A change of an older message is found too, by the time of the change: that one was not missed.
        missed = [
            replace(m, room_type=room_type) for m in found if (m.ts >= started if known is None else m.ts > since)
        ]
        self._admit(missed)
        if known is None:
            horizon.looked(max((m.ts for m in found if m.ts < started), default=since))
        for message in missed:
            self._saw(room_id, message)
        horizon.close()
        if self._held is not None:
            self._held = [*missed, *self._held]
            return
        for message in sorted(missed, key=lambda message: message.ts):
            self._give(message)

    def _heard(self, message: Message) -> None:
        """It was changed just now, as far as it says when."""
        if message.updated_at is None:
            self._saw(message.room_id, message)
        elif horizon := self._rooms.get(message.room_id):
            horizon.heard(min(message.updated_at, self._time.now()))

    def _saw(self, room_id: str, message: Message) -> None:
        """A time in the future is capped, because it would hide later messages."""
        if horizon := self._rooms.get(room_id):
            horizon.saw(min(message.ts, self._time.now()))

    # -- asking until it is answered

    def _persist(self, ask: Callable[[], Awaitable[None]], what: str) -> None:
        self._untried += 1
        self._spawn(self._until_answered(ask, what))

    async def _until_answered(self, ask: Callable[[], Awaitable[None]], what: str) -> None:
        backoff = Backoff(RETRY_FIRST, RETRY_MOST)
        while True:
            async with self._slots:
                at_least = await self._try(ask, what)
            if not backoff.failures:
                self._tried()
            if at_least is None:
                return
            await self._clock.sleep(backoff.next(at_least=at_least, share=self._jitter()))

    async def _try(self, ask: Callable[[], Awaitable[None]], what: str) -> float | None:
        """None if it was answered, or the seconds for which the server wants not to be asked again."""
        try:
            await ask()
        except RemoteError as error:
            log.warning("realtime.catch_up_failed", of=what, error=error.text)
            return error.retry_after if isinstance(error, Busy) else 0.0
        except Exception as failure:  # noqa: BLE001 - part of the socket's loop: a bug here must not leave it deaf
            log.error("realtime.catch_up_bug", of=what, error=type(failure).__name__, where=where(failure))
            return 0.0
        return None

    def _tried(self) -> None:
        """One more was asked once; new messages wait for the first try only."""
        self._untried -= 1
        if self._untried == 0:
            self.release()

    async def _lose_patience(self) -> None:
        await self._clock.sleep(HOLD_AT_MOST)
        self.release()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
