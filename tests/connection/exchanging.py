"""What tests of an exchange share: how one is run, and what makes it fail or wait."""

from __future__ import annotations

from collections.abc import Callable

from bot.connection.moments import LiveSeen
from bot.connection.ports import Probe
from bot.connection.receipt import Receipt
from bot.connection.state import Connection, LiveService, Marker, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import (
    NotLive,
)
from bot.secret import Secret
from tests.connection.conftest import NEW, Bench, exchange
from tests.support.clocks import ManualClock
from tests.support.memory_connections import MemoryConnections
from tests.support.memory_encvoy import MemoryEncvoyId
from tests.support.memory_rocketchat import MemoryRocketChat
from tests.support.scripted import Scripted


class Crash(BaseException):
    """The process dies here."""


def at(moment: str, error: BaseException, times: int = 1, skip: int = 0) -> Callable[[str], Exception | None]:
    """A script that raises at one moment, `times` times after `skip` occurrences."""
    left = [skip, times]

    def script(call: str) -> Exception | None:
        if call != moment:
            return None
        if left[0] > 0:
            left[0] -= 1
            return None
        if left[1] <= 0:
            return None
        left[1] -= 1
        if not isinstance(error, Exception):
            raise error
        return error

    return script


def new_bench() -> Bench:
    world = Scripted(ManualClock())
    return Bench(world, MemoryRocketChat(world), MemoryEncvoyId(world), MemoryConnections(world))


async def rotate(bench: Bench) -> tuple[Connection, Receipt]:
    assert bench.connections.row is not None
    return await bench.run(exchange(bench.connections.row))


UNSEEN = NotLive("Rocket.Chat", "GET /api/v1/settings.oauth")


def hides_markers(bench: Bench, times: int) -> list[Marker]:
    """The first `times` waits for a marker see nothing; the markers that were waited for."""
    waited: list[Marker] = []
    real, look = bench.rocketchat.await_marker, bench.rocketchat.live

    async def await_marker(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        waited.append(marker)
        if len(waited) > times:
            return await real(name, marker, expected, timeout)
        bench.world.clock.seconds += timeout
        bench.rocketchat.tick()
        raise UNSEEN

    async def live(name: ServiceName) -> LiveService | Unknown | None:
        outdated = LiveService(name.service, {"button_label_color": "#ffffff"})
        return outdated if len(waited) <= times else await look(name)

    bench.rocketchat.await_marker = await_marker  # type: ignore[method-assign]
    bench.rocketchat.live = live  # type: ignore[method-assign]
    return waited


def lagging(bench: Bench, seconds: float) -> None:
    """Encvoy ID's token side refuses the new secret until so long after it was stored."""
    real = bench.encvoy.probe
    clock = bench.world.clock

    async def probe(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        stored = [at for at, what in bench.world.log if what == f"switched {NEW.reveal()}"]
        if secret == NEW and stored and clock.monotonic() < stored[0] + seconds:
            return Probe.REFUSED
        return await real(client_id, secret, redirect_uri)

    bench.encvoy.probe = probe  # type: ignore[method-assign]
