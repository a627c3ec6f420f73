"""Which of several instances works: a row in PostgreSQL that one of them holds, and renews.

Time is the database's own, so the clocks of the hosts do not matter. It is one row and no advisory lock: those belong
to a session, and a pooler that shares sessions between clients would lose them.

What keeps a holder of before from acting, without an error that anybody has to handle:

- `guard` comes before each remote write, and waits for ever once the lease is lost;
- `admits` comes first in each transaction that writes, and locks the row against being taken until the commit.

Whoever waits for ever is cancelled by `bot.leader`, exactly as by a shutdown, and the next holder goes on from the
database.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from dataclasses import dataclass, field

from sqlalchemy import TextClause, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, for_ever, within
from bot.errors import StoreUnavailable
from bot.store.engine import Database

MARGIN = 2.0
"""Seconds that must be left of the lease when a request is given up."""
ATTEMPT = 4.0
"""Seconds for one question to the database: one that hangs must leave time for another."""
AGAIN = 1.0
"""Seconds between two questions while the database does not answer."""
IDLE_MS = 5000
"""After so long without a statement the server ends a transaction that holds the row: that of a process that is
stopped, or of a machine that is gone, must not keep others from taking it."""

_FIRST = text(
    "INSERT INTO leases (name, holder, fence, expires_at) VALUES (:name, NULL, 0, now()) ON CONFLICT (name) DO NOTHING"
)
_TAKE = text(
    "UPDATE leases SET holder = :holder, fence = fence + 1, expires_at = now() + make_interval(secs => :ttl)"
    " WHERE name = :name AND (holder IS NULL OR holder = :holder OR expires_at < now()) RETURNING fence"
)
_RENEW = text(
    "UPDATE leases SET expires_at = now() + make_interval(secs => :ttl)"
    " WHERE name = :name AND holder = :holder AND fence = :fence"
)
_GIVE_BACK = text("UPDATE leases SET holder = NULL WHERE name = :name AND holder = :holder AND fence = :fence")
_ADMITS = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :idle, true) FROM leases"
    " WHERE name = :name AND holder = :holder AND fence = :fence FOR SHARE"
)
_IS_HELD = text("SELECT holder IS NOT NULL AND expires_at > now() FROM leases WHERE name = :name")


@dataclass(frozen=True)
class Terms:
    """Seconds."""

    ttl: float = 20.0
    """How long it is held without a renewal."""
    renew: float = 5.0
    """From one renewal to the next."""
    attempt: float = 3.0
    """From one try to take it to the next."""


def own_name() -> str:
    """Another for each process, also where each of them is number 1 in its container."""
    return f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"


async def somebody_leads(database: Database, name: str = "leader") -> bool:
    """Whether an instance works with this database, which is PostgreSQL, right now."""
    async with database.reading() as transaction:
        there = await transaction.run_sync(lambda connection: inspect(connection).has_table("leases"))
        return there and bool(await transaction.scalar(_IS_HELD, {"name": name}))


@dataclass
class Lease:
    """One instance's view of the lease. `database` is PostgreSQL."""

    database: Database
    clock: Clock
    terms: Terms = field(default_factory=Terms)
    holder: str = field(default_factory=own_name)
    name: str = "leader"
    elsewhere: bool = field(default=False, init=False)
    """Whether another instance held it when this one last asked."""
    _fence: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)
    """In `Clock.monotonic()`, counted from before the question was sent: never later than the row says."""
    _lost: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self._lost.set()

    @property
    def held(self) -> bool:
        """Whether it was taken, and is not known to be lost."""
        return not self._lost.is_set()

    async def take(self) -> bool:
        """Tries once. StoreUnavailable and TimeoutError: nobody knows."""
        asked = self.clock.monotonic()
        fence = await within(self.clock, ATTEMPT, self._take())
        self.elsewhere = fence is None
        if fence is None:
            return False
        self._fence, self._until = fence, asked + self.terms.ttl
        self._lost.clear()
        return True

    async def keep(self) -> None:
        """Renews it. Returns when it is lost: another instance has it, or may have it by now."""
        pause = self.terms.renew
        while self.held:
            await self._pause(min(pause, max(0.0, self._left)))
            pause = self.terms.renew if self.held and await self._renewed() else min(AGAIN, self.terms.renew)

    async def guard(self, seconds: float) -> None:
        """Returns while the lease will outlast something that takes so many seconds at most; never, once it is lost.
        Returns at once as long as the renewals come through."""
        if self.held and self._left > seconds + MARGIN:
            return
        while self.held:
            if await self._renewed():
                return
            await self._pause(AGAIN)
        await for_ever()

    async def admits(self, connection: AsyncConnection) -> bool:
        """Whether the transaction that begins here may be committed. Nobody else takes the lease before it ends."""
        found = await connection.execute(_ADMITS, {**self._own, "idle": str(IDLE_MS)}) if self.held else None
        if found is not None and found.first() is not None:
            return True
        self._lost.set()
        return False

    async def give_back(self) -> None:
        """The next try of another instance succeeds. Raises nothing: it expires anyway."""
        if self.held:
            self._lost.set()
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                await within(self.clock, ATTEMPT, self._changed(_GIVE_BACK))

    def working(self) -> Database:
        """The database for all work that only the holder may do."""
        return self.database.admitting(self.admits)

    @property
    def _left(self) -> float:
        return self._until - self.clock.monotonic()

    @property
    def _own(self) -> dict[str, object]:
        return {"name": self.name, "holder": self.holder, "fence": self._fence}

    async def _take(self) -> int | None:
        values = {"name": self.name, "holder": self.holder, "ttl": self.terms.ttl}
        async with self.database.writing() as connection:
            await connection.execute(_FIRST, {"name": self.name})
            fence: int | None = (await connection.execute(_TAKE, values)).scalar()
            return fence

    async def _renewed(self) -> bool:
        """Tries once. Even when the time is over the row decides, as long as it can be asked: nobody may have wanted
        it."""
        asked = self.clock.monotonic()
        try:
            there = await within(self.clock, ATTEMPT, self._changed(_RENEW, ttl=self.terms.ttl))
        except (StoreUnavailable, TimeoutError):
            if self._left <= 0:
                self._lost.set()
            return False
        if there:
            self._until = asked + self.terms.ttl
        else:
            self._lost.set()
        return there

    async def _changed(self, statement: TextClause, **values: object) -> bool:
        async with self.database.writing() as connection:
            return (await connection.execute(statement, {**self._own, **values})).rowcount == 1

    async def _pause(self, seconds: float) -> None:
        """So long, or until it is lost."""
        with contextlib.suppress(TimeoutError):
            await within(self.clock, seconds, self._lost_at_last())

    async def _lost_at_last(self) -> None:
        await self._lost.wait()
