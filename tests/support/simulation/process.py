"""One process of the bot, as something that can be killed or stopped at each call that it makes."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.clock import for_ever
from tests.support.simulation.weather import ALL_WRITES, TIMEOUT, WITH_EFFECT, Kind, Side, Weather, error_of

ANSWER = 0.01
"""Seconds of a call to one of the systems, half of them on the way there."""
COMMIT = 0.001
TTL = 20.0
"""Seconds after the last sign of a process until another one takes its lease."""
_CURRENT: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


def tracking(
    loop: asyncio.AbstractEventLoop, doing: Any, *, context: contextvars.Context | None = None
) -> asyncio.Task[Any]:
    """A task factory: each task belongs to the process that created it."""
    task: asyncio.Task[Any] = asyncio.Task(doing, loop=loop, context=context)
    owner = _CURRENT.get() if context is None else context.get(_CURRENT)
    if owner is not None:
        owner.tasks.add(task)
        task.add_done_callback(owner.tasks.discard)
    return task


def on_its_own(loop: asyncio.AbstractEventLoop, doing: Any) -> asyncio.Task[Any]:
    """A task of no process: what is on the wire goes on without whoever sent it."""
    return loop.create_task(doing, context=contextvars.Context())


@dataclass
class LeaseRow:
    """The row that says who works. Renewals are not played: a holder that can renew it holds it."""

    loop: asyncio.AbstractEventLoop
    holder: Process | None = None
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def release(self, process: Process) -> None:
        """It is free, if this process held it."""
        if self.holder is process:
            self.holder = None
            self.free.set()
            process.lost.set()

    def silent(self, process: Process) -> None:
        """Nothing more is heard of this process: it is free after a while."""
        on_its_own(self.loop, self._expire(process))

    async def _expire(self, process: Process) -> None:
        await asyncio.sleep(TTL)
        if process.dead or not process.running.is_set():
            self.release(process)


@dataclass(eq=False, repr=False)
class Process:
    """One of them. What it calls is `Linked`."""

    weather: Weather
    lease: LeaseRow
    landed_late: Callable[[str], None]
    """Told of each write that lands although another process may work."""
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    running: asyncio.Event = field(default_factory=asyncio.Event)
    """Not set: it is stopped."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    dead: bool = False
    holder: str = "one of them"
    """For the log."""

    def __post_init__(self) -> None:
        self.running.set()
        self.lost.set()

    def start(self, work: Callable[[], Any]) -> None:
        """Begins its main task."""
        context = contextvars.copy_context()
        context.run(_CURRENT.set, self)
        self.lease.loop.create_task(work(), context=context)

    def kill(self) -> None:
        """Like `kill -9`: nothing of it has any effect from now on."""
        if not self.dead:
            self.dead = True
            self.running.set()
            self.lease.silent(self)
            on_its_own(self.lease.loop, self._buried())

    async def _buried(self) -> None:
        while self.tasks:
            for task in tuple(self.tasks):
                task.cancel()
            await asyncio.sleep(0)

    def stop(self) -> None:
        """Like `kill -STOP`."""
        if self.running.is_set() and not self.dead:
            self.running.clear()
            self.lease.silent(self)

    def go_on(self) -> None:
        """Like `kill -CONT`."""
        self.running.set()

    @property
    def leads(self) -> bool:
        """Whether it may act."""
        return not self.dead and self.lease.holder is self

    async def take(self) -> bool:
        """See `bot.store.lease.Lease.take`; waits until it is free."""
        while self.lease.holder is not None:
            self.lease.free.clear()
            await self.lease.free.wait()
        await self._at("take", "before")
        if self.lease.holder is not None:
            return await self.take()
        self.lease.holder = self
        self.lost.clear()
        return True

    async def keep(self) -> None:
        """See `bot.store.lease.Lease.keep`."""
        await self.lost.wait()
        await self.running.wait()  # one that stands still does not notice

    async def give_back(self) -> None:
        """See `bot.store.lease.Lease.give_back`."""
        if not self.dead:
            self.lease.release(self)

    async def call(self, side: Side, name: str, doing: Callable[[], Awaitable[Any]]) -> Any:
        """One call, with everything that may happen to it."""
        await self._at(name, "before")
        if side is Side.STORE:
            return await self._store(name, doing)
        await asyncio.sleep(ANSWER / 2)
        writes = name in ALL_WRITES
        if writes:
            await self._still_leading()
            await self._at(name, "sending")
        kind = self.weather.over(side, name)
        error = None if kind is None else error_of(side, kind)
        if kind in (Kind.SILENT, Kind.UNANSWERED) and not (writes and kind in WITH_EFFECT):
            await asyncio.sleep(TIMEOUT)
        if error is not None and not (writes and kind in WITH_EFFECT):
            raise error
        result = await (self._landing(name, doing, kind) if writes else doing())
        await self._at(name, "after")
        if error is not None:
            await asyncio.sleep(TIMEOUT if kind is Kind.UNANSWERED else 0)
            raise error
        return result

    async def _landing(self, name: str, doing: Callable[[], Awaitable[Any]], kind: Kind | None) -> Any:
        """It lands whatever becomes of the process, and then nobody may be left to hear how it went."""
        landing = on_its_own(self.lease.loop, self._land(name, doing, kind))
        landing.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(landing)

    async def _land(self, name: str, doing: Callable[[], Awaitable[Any]], kind: Kind | None) -> Any:
        await asyncio.sleep(ANSWER / 2)
        if not self.leads:
            self.landed_late(name)
        if kind is Kind.TWICE:
            await doing()
        return await doing()

    async def _store(self, name: str, doing: Callable[[], Awaitable[Any]]) -> Any:
        await asyncio.sleep(COMMIT)
        await self._still_leading()
        kind = self.weather.over(Side.STORE, name)
        error = None if kind is None else error_of(Side.STORE, kind)
        if error is not None and kind not in WITH_EFFECT:
            raise error
        result = await doing()
        await self._at(name, "after")
        if error is not None:
            raise error
        return result

    async def _still_leading(self) -> None:
        """See `bot.store.lease.Lease.guard` and `admits`."""
        if not self.leads:
            await for_ever()

    async def _at(self, name: str, moment: str) -> None:
        trap = self.weather.trap(name, moment) if self.leads else None
        if trap is not None:
            (self.kill if trap.kills else self.stop)()
        await self.running.wait()
        if self.dead:
            await for_ever()


class Linked:
    """An adapter, as this process reaches it."""

    def __init__(self, process: Process, side: Side, adapter: Any) -> None:
        self._process = process
        self._side = side
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._adapter, name)
        if not inspect.iscoroutinefunction(method):
            return method
        process, side, adapter = self._process, self._side, self._adapter

        @functools.wraps(method)
        async def call(*values: Any, **named: Any) -> Any:
            return await process.call(side, name, functools.partial(getattr(adapter, name), *values, **named))

        self.__dict__[name] = call
        return call
