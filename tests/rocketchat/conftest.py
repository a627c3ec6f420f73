"""Both ends of the realtime side, for the tests of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.clocks import SteppedClock
from tests.support.ddp_peer import Peer
from tests.support.realtime import CatchUps, ScriptedServer
from tests.support.socket_bench import ME, Bench


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = ScriptedServer(ME)
    await server.start()
    bench = Bench(server, SteppedClock(), CatchUps())
    yield bench
    await bench.stop()
    await server.stop()
