"""The marker in the redirect of the modern engine's own strategy (facts/rocketchat.md §3.1b)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.connection.marker import parameter_of
from bot.connection.state import Marker, ServiceName
from bot.errors import Busy
from bot.http import HttpClient
from bot.rocketchat.rate_budget import CALLS
from bot.rocketchat.strategy import AT_MOST, PAUSES, WITHIN, StrategyReader
from sandbox.serving import Server
from tests.support.clocks import ManualClock

NAME = ServiceName("Encvoy ID", "Encvoyid")
MARKER = Marker("authorize_path", "/oidc/auth?settle=07")
OLD, NEW = "settle=06", "settle=07"


@dataclass
class Engine:
    """Sends people on with these queries, one by one, the last of them for ever; None: to the login page, ours."""

    shown: list[str | None] = field(default_factory=list)
    status: int = 302
    elsewhere: str = "/login"
    hangs: asyncio.Event | None = None
    paths: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        if self.hangs is not None:
            await self.hangs.wait()
        shown = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        rest = (
            "response_type=code&redirect_uri=https%3A%2F%2Fchat.example%2F_oauth%2Fencvoyid&code_challenge_method=S256"
        )
        location = f"https://id.example/oidc/auth?{shown}&{rest}" if shown is not None else self.elsewhere
        return web.Response(status=self.status, headers={"Location": location})


@dataclass
class Bench:
    engine: Engine
    strategy: StrategyReader
    clock: ManualClock


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    engine, clock = Engine(), ManualClock()
    app = web.Application()
    app.router.add_get("/{tail:.*}", engine.answer)
    server = Server(app)
    await server.start()
    async with HttpClient("Rocket.Chat") as http:
        yield Bench(engine, StrategyReader(http, f"{server.url}/chat", clock), clock)
    await server.stop()


async def test_it_is_seen_in_the_redirect_at_once(bench: Bench) -> None:
    bench.engine.shown = [NEW]
    assert await bench.strategy.shows(NAME, MARKER)
    assert bench.engine.paths == ["/chat/oauth/encvoyid"]


async def test_a_strategy_that_is_a_moment_behind_is_looked_at_again(bench: Bench) -> None:
    bench.engine.shown = [OLD, OLD, NEW]
    began = bench.clock.seconds
    assert await bench.strategy.shows(NAME, MARKER)
    assert len(bench.engine.paths) == 3
    assert bench.clock.seconds - began == pytest.approx(sum(PAUSES[:2]))


@pytest.mark.parametrize("shown", [OLD, "", "settle=7", "settle=070", "resettle=07", "x=%3Fsettle%3D07"])
async def test_anything_else_in_the_request_is_another_one(bench: Bench, shown: str) -> None:
    bench.engine.shown = [shown]
    assert await bench.strategy.shows(NAME, MARKER) is False
    assert len(bench.engine.paths) == 1 + len(PAUSES)


@pytest.mark.parametrize("elsewhere", ["/login", "https://id.example/?x=y", "http://[?response_type=code", ""])
async def test_what_leads_to_no_request_tells_nothing(bench: Bench, elsewhere: str) -> None:
    bench.engine.shown, bench.engine.elsewhere = [None], elsewhere
    assert await bench.strategy.shows(NAME, MARKER) is None
    assert len(bench.engine.paths) == 1


async def test_one_that_was_behind_and_cannot_be_asked_any_more_is_behind(bench: Bench) -> None:
    bench.engine.shown = [OLD, None]
    assert await bench.strategy.shows(NAME, MARKER) is False


async def test_after_the_last_look_nothing_is_waited_for(bench: Bench) -> None:
    bench.engine.shown = [OLD]
    began = bench.clock.seconds
    await bench.strategy.shows(NAME, MARKER)
    assert bench.clock.seconds - began == pytest.approx(sum(PAUSES))


@pytest.mark.parametrize("status", [200, 404, 429, 500])
async def test_where_it_cannot_be_asked_nobody_knows(bench: Bench, status: int) -> None:
    """The app's shell where the flow or the service is off; the limiter."""
    bench.engine.shown, bench.engine.status = [NEW], status
    assert await bench.strategy.shows(NAME, MARKER) is None


@pytest.mark.parametrize(
    ("shown", "instances", "found"),
    [
        ([NEW], 1, True),
        ([NEW, NEW, OLD], 3, False),
        ([NEW, OLD], 1, True),
        ([NEW, None], 3, None),
        ([OLD, None], 3, False),
    ],
)
async def test_one_instance_that_is_behind_is_enough(
    bench: Bench, shown: list[str | None], instances: int, found: bool | None
) -> None:
    bench.engine.shown = shown
    assert await bench.strategy.all_show(NAME, MARKER, instances) is found
    assert len(bench.engine.paths) == instances


async def test_a_few_looks_are_enough(bench: Bench) -> None:
    bench.engine.shown = [NEW]
    await bench.strategy.all_show(NAME, MARKER, 50)
    assert len(bench.engine.paths) == AT_MOST


async def test_a_limit_of_whomever_is_busy_and_no_answer_of_the_button(bench: Bench) -> None:
    bench.engine.shown, bench.engine.status = [NEW], 429
    with pytest.raises(Busy):
        await bench.strategy.begins(NAME)


async def test_a_server_that_is_away_shows_nothing(bench: Bench) -> None:
    bench.strategy.url = "http://127.0.0.1:9"
    assert await bench.strategy.shows(NAME, MARKER) is None


async def test_a_server_that_hangs_holds_nothing_up(bench: Bench) -> None:
    bench.engine.hangs = asyncio.Event()
    bench.engine.shown = [NEW]
    began = time.monotonic()
    assert await bench.strategy.shows(NAME, MARKER) is None
    assert time.monotonic() - began < WITHIN + 1.0
    bench.engine.hangs.set()


async def test_the_limit_of_the_route_is_kept(bench: Bench) -> None:
    bench.engine.shown = [OLD]
    for _ in range(3):
        await bench.strategy.shows(NAME, MARKER)
    assert len(bench.engine.paths) == CALLS
    assert await bench.strategy.shows(NAME, MARKER) is False, "as far as anybody knows"
    bench.clock.seconds += 60.1
    bench.engine.shown = [NEW]
    assert await bench.strategy.shows(NAME, MARKER)


def test_the_parameter_is_read_where_others_stand_around_it() -> None:
    assert parameter_of("https://id.example/a?x=1&settle=07&state=abc") == "07"
    assert parameter_of("https://id.example/a?state=settle=07") is None
