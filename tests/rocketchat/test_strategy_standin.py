"""What the modern engine's button shows: the marker, looked for a few times and within the limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.connection.state import Marker, ServiceName
from bot.errors import Busy
from bot.http import HttpClient
from bot.rocketchat.rate_budget import CALLS
from bot.rocketchat.strategy import PAUSES, StrategyReader
from sandbox.faults import Fault
from tests.sandbox.rocketchat.oauth.provider import Provider
from tests.support.clocks import ManualClock
from tests.support.modern import Modern, modern_at

NAME = ServiceName("Encvoy ID", "Encvoyid")
MARKER = Marker("authorize_path", "/auth?settle=07")


@pytest.fixture
async def modern() -> AsyncIterator[Modern]:
    provider = Provider()
    await provider.server.start()
    async with modern_at(provider) as modern:
        yield modern
    await provider.server.stop()


@pytest.fixture
async def strategy(modern: Modern) -> AsyncIterator[StrategyReader]:
    async with HttpClient("Rocket.Chat") as http:
        yield StrategyReader(http, modern.rocket.standin.url, ManualClock())


def looks(modern: Modern) -> int:
    return len(modern.rocket.standin.ledger.requests("GET", "/oauth/encvoyid"))


async def test_a_marker_that_is_there_is_seen_at_once(modern: Modern, strategy: StrategyReader) -> None:
    await modern.set(authorize_path=MARKER.spelling)
    assert await strategy.shows(NAME, MARKER)
    assert looks(modern) == 1


async def test_another_marker_is_looked_at_a_few_times(modern: Modern, strategy: StrategyReader) -> None:
    await modern.set(authorize_path="/auth?settle=06")
    assert await strategy.shows(NAME, MARKER) is False
    assert looks(modern) == 1 + len(PAUSES)


async def test_one_that_comes_meanwhile_is_seen(modern: Modern, strategy: StrategyReader) -> None:
    await modern.set(authorize_path=MARKER.spelling)
    old = {"Location": "https://id.example/auth?settle=06&response_type=code&redirect_uri=x"}
    modern.rocket.standin.faults.add(Fault("GET", "/oauth/", status=302, headers=old, times=2))
    assert await strategy.shows(NAME, MARKER)
    assert looks(modern) == 3


async def test_what_cannot_be_asked_is_not_seen(modern: Modern, strategy: StrategyReader) -> None:
    await modern.rocket.standin.stop()
    assert await strategy.shows(NAME, MARKER) is None
    await modern.rocket.standin.start()


async def test_the_limit_is_never_reached(modern: Modern, strategy: StrategyReader) -> None:
    for _ in range(3):
        await strategy.shows(NAME, MARKER)
    assert looks(modern) == CALLS
    with pytest.raises(Busy):
        await strategy.begins(NAME)
    assert looks(modern) == CALLS


async def test_it_says_where_the_button_leads(modern: Modern, strategy: StrategyReader) -> None:
    begins = await strategy.begins(NAME)
    assert begins.status == 302
    assert begins.location.startswith(f"{modern.provider.server.url}/auth?")
    await modern.set(on=False)
    off = await strategy.begins(NAME)
    assert (off.status, off.location) == (200, "")
