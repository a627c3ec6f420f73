"""Time that costs nothing: an event loop that jumps to the next moment at which something is due.

Everything that waits on this loop does so in virtual time, also `asyncio.timeout` and the library for retries.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.support.clocks import START, ManualClock


class NothingDue(Exception):
    """Everything waits for ever."""


class _Skipping(selectors.SelectSelector):
    """Skips the time that it should wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingDue
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """See above. It knows no sockets and no threads."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Seconds since the begin."""
        return self._skipping.now


class VirtualClock(ManualClock):
    """The clock of a bot on such a loop: a wall clock that may be set, and seconds that only grow."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.ahead = timedelta(0)
        """By how much the wall clock is ahead of Rocket.Chat's."""

    @property
    def seconds(self) -> float:  # the memory adapters move a clock, and here it moves itself
        return self._loop.time()

    @seconds.setter
    def seconds(self, _: float) -> None:
        pass

    def true(self) -> datetime:
        """Now, by Rocket.Chat's clock."""
        return START + timedelta(seconds=self._loop.time())

    def now(self) -> datetime:
        return self.true() + self.ahead

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


@contextlib.contextmanager
def virtual_loop() -> Iterator[VirtualLoop]:
    """A loop by which the library for retries measures, too."""
    loop = VirtualLoop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tenacity.time", SimpleNamespace(monotonic=loop.time))
        yield loop
    loop.close()
