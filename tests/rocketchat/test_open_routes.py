"""The two routes that need no login, at servers that limit them and servers that do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.errors import BadAnswer, Busy, RemoteError, RouteAbsent
from bot.http import HttpClient
from bot.rocketchat.open_routes import LISTS, OpenRoutes
from bot.rocketchat.rate_budget import CALLS, OTHERS, RateBudget
from bot.rocketchat.rest import Rest
from bot.rocketchat.session import LONGEST_INSTANCE
from bot.secret import Secret
from sandbox.serving import Server

RECORD = {"service": "encvoyid", "custom": True, "serverURL": "https://id.test"}


class Rocket:
    """Answers both routes, with or without the limiter's headers."""

    def __init__(self) -> None:
        self.remaining: int | None = None
        self.status = 200
        self.absent: set[str] = set()
        self.documents: object = [RECORD, {"custom": False, "service": "github"}, None, 3, "x", {"custom": True}]
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        route = request.path.rpartition("/")[2]
        if route in self.absent:
            return web.json_response({"success": False}, status=404)
        if self.status == 429:
            return web.json_response({"success": False}, status=429, headers={"X-RateLimit-Reset": "0"})
        headers = {} if self.remaining is None else {"X-RateLimit-Remaining": str(self.remaining)}
        headers["X-Instance-ID"] = "a" * 99
        return web.json_response({LISTS[route]: self.documents, "success": True}, status=self.status, headers=headers)

    @asynccontextmanager
    async def polled(self) -> AsyncIterator[OpenRoutes]:
        app = web.Application()
        app.router.add_get("/api/v1/{route}", self.handle)
        server = Server(app)
        await server.start()
        clock = SystemClock()
        rest = Rest(server.url, "bot-id", Secret("the-token"), clock=clock)
        try:
            async with HttpClient("Rocket.Chat") as http:
                yield OpenRoutes(http, rest, RateBudget(clock), clock)
        finally:
            rest.close()
            await server.stop()


async def test_the_routes_take_turns() -> None:
    rocket = Rocket()
    async with rocket.polled() as routes:
        for _ in range(4):
            assert set((await routes.poll()).services) == {"encvoyid"}
    paths = [request.path.rpartition("/")[2] for request in rocket.asked]
    assert paths[:2] == paths[2:]
    assert set(paths) == set(LISTS)


async def test_the_token_goes_along_so_that_newer_servers_let_the_bot_pass() -> None:
    rocket = Rocket()
    async with rocket.polled() as routes:
        await routes.poll()
    (request,) = rocket.asked
    assert (request.headers["X-User-Id"], request.headers["X-Auth-Token"]) == ("bot-id", "the-token")


async def test_an_answer_shows_the_instance_that_gave_it() -> None:
    async with Rocket().polled() as routes:
        await routes.poll()
        assert routes.rest.instances() == {"a" * LONGEST_INSTANCE}


async def test_an_answer_without_the_limiters_headers_says_that_no_limit_holds() -> None:
    rocket = Rocket()
    async with rocket.polled() as routes:
        assert not routes.unlimited
        for _ in range(3 * CALLS):
            await routes.poll()
        assert routes.unlimited


async def test_where_a_limit_holds_both_routes_are_used_up_and_no_more() -> None:
    rocket = Rocket()
    rocket.remaining = 10
    async with rocket.polled() as routes:
        for _ in range(2 * CALLS):
            await routes.poll()
        with pytest.raises(Busy):
            await routes.poll()
    assert len(rocket.asked) == 2 * CALLS


async def test_what_the_server_says_is_left_counts_too() -> None:
    """Others behind the same address have asked before us."""
    rocket = Rocket()
    rocket.remaining = OTHERS
    async with rocket.polled() as routes:
        await routes.poll()
        await routes.poll()
        with pytest.raises(Busy):
            await routes.poll()
    assert len(rocket.asked) == 2


async def test_some_are_left_alone() -> None:
    rocket = Rocket()
    rocket.remaining = 10
    async with rocket.polled() as routes:
        while routes.left() > 4:
            await routes.poll(reserve=4)
        with pytest.raises(Busy):
            await routes.poll(reserve=4)
        assert routes.left() == 4


async def test_a_429_closes_its_route_alone() -> None:
    rocket = Rocket()
    async with rocket.polled() as routes:
        rocket.status = 429
        with pytest.raises(Busy):
            await routes.poll()
        rocket.status = 200
        await routes.poll()
        await routes.poll()
    first, *others = (request.path for request in rocket.asked)
    assert first not in others


@pytest.mark.parametrize("absent", list(LISTS))
async def test_a_version_that_lacks_one_route_is_asked_by_the_other(absent: str) -> None:
    rocket = Rocket()
    rocket.absent = {absent}
    async with rocket.polled() as routes:
        for _ in range(6):
            assert "encvoyid" in (await routes.poll()).services
        assert routes.unlimited
    assert len([request for request in rocket.asked if request.path.endswith(absent)]) == 1


async def test_one_that_lacks_both_is_an_error() -> None:
    rocket = Rocket()
    rocket.absent = set(LISTS)
    async with rocket.polled() as routes:
        with pytest.raises(RouteAbsent):
            await routes.poll()


@pytest.mark.parametrize("documents", [None, {}, "x"])
async def test_an_odd_answer(documents: object) -> None:
    rocket = Rocket()
    rocket.documents = documents
    async with rocket.polled() as routes:
        with pytest.raises(BadAnswer):
            await routes.poll()


async def test_an_error_of_a_proxy_says_nothing_about_limits() -> None:
    rocket = Rocket()
    rocket.status = 502
    async with rocket.polled() as routes:
        for _ in LISTS:
            with pytest.raises(RemoteError):
                await routes.poll()
        assert not routes.unlimited


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"custom": False, "service": "github"}, "github"),
        ({"custom": False, "name": "GitHub"}, "github"),
        ({"service": "saml", "entryPoint": "https://id.test"}, "saml"),
        ({"custom": True, "service": "other", "showButton": True}, "other"),
        ({"custom": True, "service": "other", "showButton": False}, None),
        ({"custom": True}, None),
        ({"service": 3}, None),
        (None, None),
    ],
)
async def test_every_service_with_a_button_is_seen_whatever_its_kind(document: object, name: str | None) -> None:
    rocket = Rocket()
    rocket.documents = [RECORD, document]
    async with rocket.polled() as routes:
        assert (await routes.poll()).buttons == {"encvoyid", *([name] if name else [])}
