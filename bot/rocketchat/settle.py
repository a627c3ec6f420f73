"""Reads what is live in Rocket.Chat, and waits until it changes.

Rocket.Chat rewrites the live login settings about 2.5 seconds after the last changing write, without announcing it
(facts/rocketchat.md §2.5). Two REST routes, polled in turn, decide what is live: without a rate limit they are polled
often around the expected time, with one only at chosen moments. The publication may be faster, but also outdated or
silent (§5.5): a wait begins with a new subscription and uses what is pushed, but never depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from bot.clock import Clock
from bot.connection.moments import LiveSeen
from bot.connection.ports import Awaited
from bot.connection.state import LiveService, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import Busy, NotLive, RemoteError
from bot.rocketchat.open_routes import Poll
from bot.rocketchat.responses import SYSTEM

EXPECTED = 2.51
"""Seconds from the last changing write to live, if this server was never measured."""
EARLY = (0.3, 1.0)
"""Seconds after the write at which such a server is polled early, in case it is faster."""
AROUND = (-0.05, -0.01, 0.01, 0.03, 0.05, 0.08, 0.13, 0.2, 0.4, 1.0, 2.5)
"""Seconds around the expected moment at which to poll under a rate limit of ten to twenty calls a minute in all."""
AFTER = (0.03, 0.15, 0.4, 1.0, 2.5)
"""The same if no secret is being exchanged, so milliseconds do not matter; usually two calls are enough."""
LATER = 2.5
"""Seconds between polls after those."""
DENSE_FROM, DENSE_TO = -0.3, 0.8
DENSE, SPARSE = 0.012, 0.1
"""Seconds between polls without a rate limit: between these moments around the expected one, and outside of them."""
IN_FLIGHT = 6
"""Concurrent polls, so that a slow answer does not delay the next poll."""
RESERVE = 2
"""Calls that a wait for a secret keeps in reserve, for a final poll and for a rollback."""
FRESH = 0.02
"""Seconds for which the answer of a poll is considered current."""
AGREES = 0.25
"""Maximum difference in seconds between two measurements of one server."""
KNOWN = 60.0
"""Seconds for which an old answer is used under a rate limit, if nothing was written since."""

T = TypeVar("T")


class Polls(Protocol):
    """Polls the open routes (`bot.rocketchat.open_routes`)."""

    @property
    def unlimited(self) -> bool:
        """Whether the bot has no rate limit."""
        ...

    async def poll(self, *, reserve: int = 0) -> Poll:
        """One poll. Busy, without a request, if none is allowed now."""
        ...


class LiveRecords(Protocol):
    """What the publication has shown (`bot.rocketchat.live`)."""

    @property
    def renew(self) -> Callable[[], None]:
        """Asks for a fresh subscription; doesn't wait for it."""
        ...

    def current(self, service: str) -> LiveService | Unknown | None:
        """The record that was pushed last."""
        ...

    def listen(self, listener: Callable[[float], None]) -> Callable[[], None]:
        """Calls `listener` with the moment of every change, until the function returned is called."""
        ...


@dataclass
class Settle:
    """Live records."""

    polls: Polls
    table: LiveRecords
    clock: Clock
    _last: Poll | None = field(default=None, init=False)
    _measured: float | None = field(default=None, init=False)
    """Seconds that this server needs, measured by two waits of this process for any connection."""
    _found: float | None = field(default=None, init=False)
    """What the last wait alone measured."""

    def wrote(self) -> None:
        """Settings are being changed: older answers no longer count."""
        self._last = None

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        """The live record, by a poll; Unknown if it cannot be read."""
        poll = await self._newest()
        return poll if isinstance(poll, Unknown) else poll.services.get(name.service)

    async def others(self, name: ServiceName) -> frozenset[str] | Unknown:
        """Names of the other services with a button, by a poll."""
        poll = await self._newest()
        return poll if isinstance(poll, Unknown) else poll.buttons - {name.service}

    async def _newest(self) -> Poll | Unknown:
        last, now = self._last, self.clock.monotonic()
        if last is None or now - last.sent_at > FRESH:
            try:
                last = self._last = await self.polls.poll()
            except Busy as busy:
                if last is None or now - last.sent_at > KNOWN:
                    wait = f"{busy.retry_after:.0f} seconds"
                    reason = f"Too many requests for what is active; the next is possible in {wait}."
                    return Unknown(reason, busy=True)
            except RemoteError as error:
                return Unknown(error.text)
        return last

    async def await_live(
        self, name: ServiceName, awaited: Awaited, expected: float | None, timeout: float, *, pushed: bool = False
    ) -> LiveSeen:
        """Returns when `awaited` was seen to be true. NotLive after `timeout` seconds; unless `pushed`, a rate limit is
        waited for first.

        To be called right after the last write, from which the polls are timed. `expected`: the seconds that this
        server took the last time. `pushed`: a pushed record counts too, because an outdated one cannot be mistaken for
        the awaited one; the exact moment matters, so it is polled more often.
        """
        self.wrote()
        expected = self._measured if expected is None else expected
        wait = _Wait(self, name.service, awaited, self.clock.monotonic(), expected, exact=pushed)
        expired = asyncio.create_task(wait.expire(timeout))
        asking = asyncio.create_task(wait.ask())
        forget = self.table.listen(wait.look if pushed else _ignore)
        self.table.renew()
        try:
            first: set[asyncio.Future[object]] = {wait.seen, asking, expired}  # type: ignore[arg-type]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if wait.seen.done():
                seen = wait.seen.result()
                return replace(seen, settle=self._measure(seen.since - wait.began, seen.after, expected))
        finally:
            forget()
            await _end(asking, expired)
        raise NotLive(SYSTEM, "GET /api/v1/settings.oauth", why=f"I checked for {timeout:.1f} seconds.")

    def _measure(self, not_yet: float, seen: float, known: float | None) -> float | None:
        """Seconds that this server needs, or None if this wait measured nothing, as when the state was live from the
        start. If the usual moment lies between two polls, it is more likely than the second poll. A result that agrees
        with no known value counts only if it is confirmed: somebody else's pending or new change may have made this
        wait shorter or longer."""
        if not_yet <= 0:
            return None
        found = EXPECTED if not_yet < EXPECTED <= seen else seen
        others = (known, self._found, EXPECTED)
        self._found = found
        if not any(other is not None and abs(found - other) <= AGREES for other in others):
            return None
        self._measured = found
        return found

    def note(self, poll: Poll) -> None:
        """Keeps the newest answer."""
        if self._last is None or self._last.sent_at <= poll.sent_at:
            self._last = poll


class _Wait:
    """One wait: it ends as soon as a push or a poll shows the awaited state."""

    def __init__(
        self, settle: Settle, service: str, awaited: Awaited, began: float, expected: float | None, *, exact: bool
    ) -> None:
        self.seen: asyncio.Future[LiveSeen] = asyncio.get_running_loop().create_future()
        self._settle, self._service, self._awaited = settle, service, awaited
        self.began = began
        self._expected = EXPECTED if expected is None else expected
        self._reserve = RESERVE if exact else 0
        around = AROUND if exact else AFTER
        self._moments = (*(EARLY if expected is None else ()), *(self._expected + seconds for seconds in around))
        self._since = began
        self._free_at: float | None = None
        """When the next poll is allowed, if the last one was not."""
        self._room = asyncio.Semaphore(IN_FLIGHT)

    def look(self, at: float) -> None:
        """Something was pushed."""
        shown = self._settle.table.current(self._service)
        if isinstance(shown, LiveService) and self._awaited(shown):
            self._saw(at, "publication")

    async def ask(self) -> None:
        """Polls until cancelled."""
        asking: set[asyncio.Task[None]] = set()
        try:
            for pause in self._pauses():
                await self._settle.clock.sleep(pause)
                await self._room.acquire()
                task = asyncio.create_task(self._poll())
                asking.add(task)
                task.add_done_callback(asking.discard)
        finally:
            await _end(*asking)

    async def expire(self, timeout: float) -> None:
        """Returns when the wait has taken too long. Under a rate limit, it waits up to a minute more, because not being
        allowed to look is no failure; but never while a secret is being exchanged."""
        clock = self._settle.clock
        await clock.sleep(timeout)
        last = clock.monotonic() + KNOWN
        while not self._reserve and self._free_at is not None and clock.monotonic() < last:
            await clock.sleep(max(0.0, self._free_at - clock.monotonic()) + 2 * LATER)

    async def _poll(self) -> None:
        try:
            poll = await self._settle.polls.poll(reserve=self._reserve)
        except Busy as busy:
            self._free_at = self._settle.clock.monotonic() + busy.retry_after
            return
        except RemoteError:
            return
        finally:
            self._room.release()
        self._free_at = None
        self._settle.note(poll)
        if self._awaited(poll.services.get(self._service)):
            self._saw(self._settle.clock.monotonic(), "poll")
        else:
            self._since = max(self._since, poll.sent_at)

    def _saw(self, at: float, by: str) -> None:
        if not self.seen.done():
            self.seen.set_result(LiveSeen(at, by, since=self._since, after=at - self.began))

    def _pauses(self) -> Iterator[float]:
        """Seconds until the next poll, endlessly. A rate limit may begin or end meanwhile."""
        while True:
            elapsed = self._settle.clock.monotonic() - self.began
            if self._settle.polls.unlimited:
                near = DENSE_FROM <= elapsed - self._expected <= DENSE_TO
                yield DENSE if near else SPARSE
            else:
                yield next((moment - elapsed for moment in self._moments if moment > elapsed + 0.005), LATER)


def _ignore(_: float) -> None: ...


async def _end(*tasks: asyncio.Task[T]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
