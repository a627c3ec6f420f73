"""What is live in Rocket.Chat, and the moment in which it changes.

The settings that people sign in by are rewritten two seconds after the last write, at a moment nobody is told
(facts/rocketchat.md §2.5). Two things show it: the publication, which pushes the record as it is rewritten (§5.5), and
`settings.oauth`, which can be asked a few times a minute (§1.6). They run against each other, and whichever shows it
first counts; a publication that is refused, or open and silent, holds nothing up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.clock import Clock
from bot.connection.ports import Awaited, LiveSeen
from bot.connection.state import LiveService, ServiceName, Unknown
from bot.errors import Busy, NoAnswer, RemoteError
from bot.rocketchat.budget import Budget
from bot.rocketchat.decipher import SYSTEM, not_its_own
from bot.rocketchat.fields import live_service

ROUTE = "settings.oauth"
ALONE = (0.3, 1.0, 2.05, 2.2, 2.4, 3.0, 5.0)
"""Seconds after the write at which is asked where nothing is pushed: close together where a server with the usual
debounce gets there, which with up to 0.2 s of its own delay is 2.0 to 2.2."""
BESIDE = (2.05, 2.2, 2.4, 3.0, 5.0)
"""The same while the publication flows: only in case it is silent."""
LATER = 2.5
"""Seconds between polls after those."""
EARLY = 2.0
EARLY_RESERVE = 4
"""Before so many seconds only a server with a short debounce can be there: such a poll is made only if it leaves more
than so many calls for the expected moment of this wait and the next."""
RESERVE = 2
"""Calls that are left alone while the publication flows, for the time it does not."""
FRESH = 1.0
"""Seconds for which the answer of a poll is still what is live, where nothing is pushed."""

Read = Callable[[], Awaitable[Mapping[str, Any]]]
"""One `GET settings.oauth`, without waiting out a rate limit."""


class LiveTable(Protocol):
    """What the publication has shown (`bot.rocketchat.live`)."""

    def current(self, service: str) -> LiveService | Unknown | None:
        """The record; None: no such button; Unknown: the publication does not flow."""
        ...

    def listen(self, listener: Callable[[float], None]) -> Callable[[], None]:
        """Calls `listener` with the moment of every change, until the function returned is called."""
        ...


@dataclass(frozen=True)
class _Poll:
    services: Mapping[str, LiveService]
    sent_at: float
    """Not the arrival: between the two the world may have moved on, and a push in that time is newer."""


@dataclass
class Settle:
    """Live records from both sources; the newest observation wins."""

    read: Read
    table: LiveTable
    budget: Budget
    clock: Clock
    _last_poll: _Poll | None = field(default=None, init=False)
    _pushed_at: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self.table.listen(self._note_push)

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        """The live record: from the publication where it flows, else by one poll; Unknown where neither can say."""
        shown = self._shown(name.service)
        if not isinstance(shown, Unknown):
            return shown
        poll = self._last_poll
        if poll is None or self.clock.monotonic() - poll.sent_at > FRESH:
            if not self.budget.take(ROUTE):
                return Unknown("The publication does not flow, and Rocket.Chat may not be asked so often.")
            try:
                poll = await self._poll()
            except RemoteError as error:
                return Unknown(error.text)
        return poll.services.get(name.service)

    async def await_live(self, name: ServiceName, awaited: Awaited, timeout: float) -> LiveSeen:
        """Returns the moment in which `awaited` is seen to hold. NoAnswer after `timeout` seconds.

        To be called right after the last write; the polls count from here.
        """
        pushed: asyncio.Future[LiveSeen] = asyncio.get_running_loop().create_future()

        def look(at: float) -> None:
            shown = self._shown(name.service)
            if not pushed.done() and not isinstance(shown, Unknown) and awaited(shown):
                pushed.set_result(LiveSeen(at, "publication", since=at))

        forget = self.table.listen(look)
        polled = asyncio.create_task(self._poll_until(name.service, awaited))
        expired = asyncio.create_task(self.clock.sleep(timeout))
        try:
            look(self.clock.monotonic())
            first: set[asyncio.Future[Any]] = {pushed, polled, expired}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if pushed.done():
                return pushed.result()
            if polled.done():
                return polled.result()
        finally:
            forget()
            polled.cancel()
            expired.cancel()
            await asyncio.gather(polled, expired, return_exceptions=True)
        why = f"The change was not seen live within {timeout:g} seconds."
        raise NoAnswer(SYSTEM, f"GET /api/v1/{ROUTE}", why=why)

    async def _poll_until(self, service: str, awaited: Awaited) -> LiveSeen:
        started = since = self.clock.monotonic()
        while True:
            flows = not isinstance(self._shown(service), Unknown)
            await self.clock.sleep(_pause(self.clock.monotonic() - started, BESIDE if flows else ALONE))
            early = self.clock.monotonic() - started < EARLY
            if not self.budget.take(ROUTE, reserve=RESERVE if flows else EARLY_RESERVE if early else 0):
                continue
            try:
                poll = await self._poll()
            except RemoteError:
                continue
            if awaited(poll.services.get(service)):
                return LiveSeen(self.clock.monotonic(), "poll", since=since)
            since = poll.sent_at

    async def _poll(self) -> _Poll:
        sent_at = self.clock.monotonic()
        try:
            answer = await self.read()
        except Busy as busy:
            self.budget.close(ROUTE, busy.retry_after)
            raise
        documents = answer.get("services")
        if not isinstance(documents, list):
            raise not_its_own(f"GET /api/v1/{ROUTE}")
        records = (live_service(d) for d in documents if isinstance(d, Mapping) and d.get("custom") is not False)
        poll = _Poll({r.service: r for r in records if r is not None}, sent_at)
        if self._last_poll is None or self._last_poll.sent_at <= sent_at:
            self._last_poll = poll
        return poll

    def _shown(self, service: str) -> LiveService | Unknown | None:
        """What the publication shows, unless a poll has contradicted it since its last word: it is open, but silent."""
        shown, poll = self.table.current(service), self._last_poll
        if isinstance(shown, Unknown) or poll is None or poll.sent_at <= self._pushed_at:
            return shown
        if poll.services.get(service) != shown:
            return Unknown("The publication of live login services is open, but silent.")
        return shown

    def _note_push(self, at: float) -> None:
        self._pushed_at = at


def _pause(elapsed: float, moments: tuple[float, ...]) -> float:
    """Seconds until the next poll."""
    return next((moment - elapsed for moment in moments if moment > elapsed + 0.01), LATER)
