"""The record of a stand-in: requests, and when each secret became live, on one clock.

Both stand-ins of a `World` write to ledgers that read `bot.clock.steady`, which on Linux is one clock for every process
of the machine: entries of two ledgers can be compared. A ledger is in memory only, and holds unchanged bodies with
their secrets; it is never printed as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.clock import steady


@dataclass(frozen=True)
class LedgerEntry:
    """One thing that happened. `kind` is `request` for an HTTP exchange; stand-ins add kinds of their own, such as
    `live` (Rocket.Chat rewrote a login service) and `switched` (Encvoy ID accepts another secret)."""

    at: float
    """Seconds of `steady()`; for a request, the moment its effect was done, before the answer left."""
    kind: str
    method: str = ""
    path: str = ""
    """Path without the query."""
    query: str = ""
    status: int = 0
    who: str | None = None
    """Id of the user whose token was sent, if any."""
    body: Any = None
    """The parsed JSON or form body of a request, or the data of a stand-in's own kind of entry."""
    instance: str = ""
    """For a request: the server process that handled it, if there are several."""
    began: float = 0.0
    """For a request: when it arrived."""

    @property
    def writes(self) -> bool:
        """Whether it is a request that may have changed something."""
        return self.kind == "request" and self.method in {"POST", "PUT", "PATCH", "DELETE"}


@dataclass
class Ledger:
    """Entries in the order in which they happened."""

    entries: list[LedgerEntry] = field(default_factory=list)
    now: Callable[[], float] = steady
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, kind: str, **values: Any) -> LedgerEntry:
        """Writes one entry, stamped now unless `at` is given."""
        entry = LedgerEntry(kind=kind, **({"at": self.now()} | values))
        self.entries.append(entry)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        return entry

    def __iter__(self) -> Iterator[LedgerEntry]:
        return iter(self.entries)

    def of(self, kind: str) -> list[LedgerEntry]:
        """All entries of one kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    def requests(self, method: str = "", path: str = "") -> list[LedgerEntry]:
        """Requests, optionally of one method and of paths that contain `path`."""
        return [e for e in self.of("request") if (not method or e.method == method) and path in e.path]

    def writes(self) -> list[LedgerEntry]:
        """Requests that may have changed something."""
        return [entry for entry in self.entries if entry.writes]

    async def wait_for(self, condition: Callable[[Ledger], bool], timeout: float = 10.0) -> None:
        """Returns as soon as `condition` holds; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while not condition(self):
                await self._changed.wait()
