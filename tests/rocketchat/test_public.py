"""What anybody may ask: the server's clock, and what answers at the callback address."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from aiohttp import web

from bot.connection.profile import Engine
from bot.errors import Busy, Unreachable
from bot.http import HttpClient
from bot.rocketchat.public import ask_callback, server_time
from sandbox.serving import Server
from tests.support.rocket import running

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Answer], Awaitable[str]]


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient("Rocket.Chat", timeout=1.0) as http:
        yield http


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[Server] = []

    async def start(answer: Answer) -> str:
        app = web.Application()
        app.router.add_get("/{tail:.*}", answer)
        server = Server(app)
        servers.append(server)
        await server.start()
        return server.url

    yield start
    for server in servers:
        await server.stop()


def dated(moment: str, status: int = 200) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({}, status=status, headers={"Date": moment})

    return answer


@pytest.mark.parametrize("status", [200, 429, 502])
async def test_the_servers_time_is_the_date_of_whatever_it_answers(serve: Serve, http: HttpClient, status: int) -> None:
    url = await serve(dated(format_datetime(NOW, usegmt=True), status))
    assert await server_time(http, url) == NOW


async def test_a_date_without_a_zone_is_of_greenwich(serve: Serve, http: HttpClient) -> None:
    assert await server_time(http, await serve(dated("Tue, 24 Nov 2026 12:00:00 -0000"))) == NOW


@pytest.mark.parametrize("odd", ["yesterday", "", "Tue, 99 Nov 2026 12:00:00 GMT"])
async def test_a_date_that_is_none_tells_no_time(serve: Serve, http: HttpClient, odd: str) -> None:
    assert await server_time(http, await serve(dated(odd))) is None


async def test_a_server_that_is_away_tells_no_time(http: HttpClient) -> None:
    assert await server_time(http, "http://127.0.0.1:9") is None


def page(status: int, text: str, location: str = "") -> Answer:
    async def answer(request: web.Request) -> web.Response:
        headers = {"Location": location.replace("{url}", str(request.url.origin()))} if location else {}
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "text", "location", "engine"),
    [
        (200, '<div id="config" style="display:none;">{}</div>', "", Engine.LEGACY),
        (200, "<div id='config'>{}</div>", "", Engine.LEGACY),
        (302, "", "/login", Engine.MODERN),
        (302, "", "/sub/login", Engine.MODERN),
        (302, "", "{url}/login", Engine.MODERN),
        (302, "", "{url}/sub/login", Engine.MODERN),
        (302, "", "https://sso.corp.example/login?rd=https%3A%2F%2Fchat.example.org", None),
        (302, "", "https://sso.corp.example/login", None),
        (302, "", "//sso.corp.example/login", None),
        (302, "", "/login?rd=%2F_oauth%2Fencvoyid", None),
        (302, "", "/oauth2/login", None),
        (200, "<html>another page</html>", "", None),
        (302, "", "https://elsewhere.example/", None),
        (404, '<div id="config"></div>', "", None),
        (502, "bad gateway", "", None),
    ],
)
async def test_which_engine_answers_at_the_callback(
    serve: Serve, http: HttpClient, status: int, text: str, location: str, engine: Engine | None
) -> None:
    url = await serve(page(status, text, location))
    seen = await ask_callback(http, f"{url}/sub/_oauth/encvoyid")
    assert (seen.status, seen.engine) == (status, engine)


async def test_a_callback_that_is_asked_too_often_is_nobody_elses(serve: Serve, http: HttpClient) -> None:
    with pytest.raises(Busy):
        await ask_callback(http, f"{await serve(page(429, 'Too many requests'))}/_oauth/encvoyid")


async def test_the_callback_is_asked_as_by_a_browser_whose_sign_in_was_refused(serve: Serve, http: HttpClient) -> None:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(text="")

    await ask_callback(http, f"{await serve(answer)}/_oauth/encvoyid")
    query = asked[0].query
    assert (query["error"], "code" in query) == ("access_denied", False)
    assert json.loads(base64.b64decode(query["state"]))["loginStyle"] == "popup"


async def test_the_engine_itself_ends_its_answer_and_parks_nothing(http: HttpClient) -> None:
    """In redirect style it would hang, without an address to return to (facts/rocketchat.md §3.1b)."""
    async with running() as rocket:
        seen = await ask_callback(http, f"{rocket.standin.url}/_oauth/encvoyid")
        assert (seen.status, seen.engine) == (200, Engine.LEGACY)
        assert rocket.standin.ledger.of("sign-in") == []


async def test_a_callback_that_nobody_serves_is_an_error(http: HttpClient) -> None:
    with pytest.raises(Unreachable):
        await ask_callback(http, "http://127.0.0.1:9/_oauth/encvoyid")
