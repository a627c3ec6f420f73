"""A clock that can be made to run faster, so that half a minute takes a second, also over real sockets.

Time-outs of requests are real seconds, and they are short only while the system asked does not answer at all
(`short_time_outs`): on a busy machine even a local server may take a second to answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.http import HttpClient
from bot.rocketchat.rest import Rest
from sandbox.faults import FaultEffect, Faults
from tests.support.world import World

GRAIN = 0.02
"""Real seconds after which a sleeper looks at the clock again, since its pace may have changed."""


class HurriedClock:
    """See `bot.clock.Clock`. Runs at the real pace until `hurry`."""

    def __init__(self) -> None:
        self._pace = 1.0
        self._real = time.monotonic()
        self._seconds = self._real
        self._began = datetime.now(UTC) - timedelta(seconds=self._seconds)

    def hurry(self, pace: float) -> None:
        """From now on so many seconds pass in a real one."""
        self._seconds, self._real = self.monotonic(), time.monotonic()
        self._pace = pace

    @contextlib.contextmanager
    def hurrying(self, pace: float) -> Iterator[None]:
        """At this pace while the block lasts, and at the real one afterwards."""
        self.hurry(pace)
        try:
            yield
        finally:
            self.hurry(1.0)

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return self._seconds + (time.monotonic() - self._real) * self._pace

    async def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        until = self.monotonic() + seconds
        await asyncio.sleep(0)
        while True:
            left = until - self.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(GRAIN, left / self._pace))


def short_time_outs(patch: pytest.MonkeyPatch, world: World, seconds: float) -> None:
    """A request that begins while a fault of its system lets requests hang is given up after so many real seconds; each
    other one has the time that it always has."""

    def limit(faults: Faults, usual: float) -> float:
        hangs = any(rule.effect is FaultEffect.HANG and rule.times != 0 for rule in faults.rules)
        return min(seconds, usual) if hangs else usual

    def of_rest(rest: Any) -> float:
        return limit(world.rocketchat.faults, vars(rest)["_limit"])

    def of_http(client: Any) -> aiohttp.ClientTimeout:
        usual: aiohttp.ClientTimeout = vars(client)["_timeout"]
        standin = {"Rocket.Chat": world.rocketchat, "Encvoy ID": world.encvoy}.get(client.system)
        if standin is None or usual.total is None:
            return usual
        return aiohttp.ClientTimeout(total=limit(standin.faults, usual.total), sock_connect=usual.sock_connect)

    patch.setattr(Rest, "_limit", property(of_rest, _keeper("_limit")), raising=False)
    patch.setattr(HttpClient, "_timeout", property(of_http, _keeper("_timeout")), raising=False)


def _keeper(name: str) -> Any:
    def keep(owner: Any, value: Any) -> None:
        vars(owner)[name] = value

    return keep
