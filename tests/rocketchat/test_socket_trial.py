"""How far a trial of the websocket comes, at a server and at proxies that do what a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.errors import BadAnswer, Busy, NoAnswer, Rejected, RemoteError, Unauthenticated, Unreachable
from bot.rocketchat import socket_trial
from bot.rocketchat.remedies import WEBSOCKET
from bot.rocketchat.socket_trial import try_websocket
from bot.rocketchat.websocket import broken, network_error
from bot.tls import client_context
from tests.support.clocks import SteppedClock
from tests.support.realtime import MESSAGES, ScriptedServer, until
from tests.support.socket_bench import ME, TOKEN


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(ME)
    await server.start()
    yield server
    await server.stop()


async def trial(server: ScriptedServer) -> RemoteError | None:
    try:
        await try_websocket(server.url, ME, TOKEN, SystemClock(), client_context())
    except RemoteError as error:
        return error
    return None


async def test_a_server_that_works_is_left_alone_again(server: ScriptedServer) -> None:
    assert await trial(server) is None
    assert server.last.subscription(MESSAGES)
    await until(lambda: server.last.socket.closed)


@pytest.mark.parametrize("status", [200, 400, 404, 502])
async def test_a_proxy_that_does_not_pass_it_is_named(server: ScriptedServer, status: int) -> None:
    server.status = status
    error = await trial(server)
    assert isinstance(error, BadAnswer)
    assert (error.status, error.fix) == (status, WEBSOCKET)
    assert "/websocket" in error.fix


async def test_a_proxy_that_asks_to_slow_down_passes_websockets_on(server: ScriptedServer) -> None:
    server.status = 429
    error = await trial(server)
    assert isinstance(error, Busy)
    assert error.fix != WEBSOCKET


@pytest.mark.parametrize(
    ("mute", "awaited"), [("connect", "connect"), ("method", "login"), (MESSAGES, "subscription to messages")]
)
async def test_a_silence_has_an_end_and_says_after_what(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, mute: str, awaited: str
) -> None:
    monkeypatch.setattr(socket_trial, "WITHIN", 0.1)
    server.mute = frozenset({mute})
    async with asyncio.timeout(10):
        error = await trial(server)
    assert isinstance(error, NoAnswer)
    assert (error.route, error.fix) == (f"websocket {awaited}", WEBSOCKET)


async def test_the_time_is_bounded_by_the_clock(server: ScriptedServer) -> None:
    clock = SteppedClock()
    server.mute = frozenset({"connect"})
    trying = asyncio.create_task(try_websocket(server.url, ME, TOKEN, clock, client_context()))
    await until(lambda: server.connections)
    await until(lambda: socket_trial.WITHIN in clock.slept)
    clock.jump(socket_trial.WITHIN)
    with pytest.raises(NoAnswer):
        await trying


async def test_a_refused_login_is_that_of_the_token(server: ScriptedServer) -> None:
    server.login_errors = [{"error": 403, "reason": "no"}]
    error = await trial(server)
    assert isinstance(error, Unauthenticated)
    assert "SSOBOT_ROCKETCHAT_TOKEN" in error.fix
    assert TOKEN.reveal() not in error.text


@pytest.mark.parametrize(("code", "kind"), [("not-allowed", Rejected), ("too-many-requests", Busy)])
async def test_a_refused_subscription_is_told_from_one_too_many(
    server: ScriptedServer, code: str, kind: type[RemoteError]
) -> None:
    server.refusals = {MESSAGES: [{"error": code}] * 3}
    assert type(await trial(server)) is kind


async def test_a_login_too_many_is_asked_too_often(server: ScriptedServer) -> None:
    server.login_errors = [{"error": "too-many-requests", "details": {"timeToReset": 7000}}]
    error = await trial(server)
    assert isinstance(error, Busy)
    assert error.retry_after == 7.0


async def test_nobody_there_is_unreachable(server: ScriptedServer) -> None:
    await server.stop()
    assert isinstance(await trial(server), Unreachable)
    await server.start()


@pytest.mark.parametrize("failure", [ConnectionResetError(), aiohttp.ClientConnectionResetError("closing transport")])
def test_one_that_breaks_while_something_is_sent_has_no_trouble_with_tls(failure: Exception) -> None:
    """Until it was open a reset would be the handshake's."""
    assert "TLS" in network_error(failure).why
    assert broken(failure).why == "The websocket was opened, and then closed again."


async def test_a_websocket_that_is_closed_again_says_so(server: ScriptedServer) -> None:
    server.mute = frozenset({"connect"})
    trying = asyncio.create_task(trial(server))
    await until(lambda: server.connections)
    await server.last.socket.close()
    error = await trying
    assert isinstance(error, Unreachable)
    assert "closed again" in error.why
