"""The token's life, and how calls queue (facts/encvoy-id.md §5, §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from bot.connection.ports import ApplicationFields
from bot.encvoy.client import EncvoyIdClient
from bot.errors import BadAnswer, LoginRefused, NoAnswer, Redirected, Unauthenticated, Unreachable
from bot.secret import Secret, new_secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect, When

NEW = ApplicationFields(
    name="Rocket.Chat",
    description="ssobot 00000000",
    domain="https://chat.example.org",
    redirect_uris=("https://chat.example.org/_oauth/encvoyid",),
    token_endpoint_auth_method="client_secret_post",
)


def logins(standin: EncvoyStandIn) -> int:
    """How many tokens were asked for."""
    return len(standin.ledger.requests("POST", "/oidc/token"))


def revoke_everything(standin: EncvoyStandIn) -> None:
    """Every session ends, as after a restart of what they are kept in."""
    for grant_id in list(standin.state.vault.grants):
        standin.state.vault.revoke(grant_id)


async def test_nothing_is_sent_before_it_is_needed(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    assert list(standin.ledger) == []


async def test_many_calls_share_one_login(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    for _ in range(3):
        await client.applications("https://chat.example.org/_oauth/encvoyid")

    assert logins(standin) == 1


async def test_callers_at_the_same_time_share_one_login(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await asyncio.gather(
        client.log_in(), client.log_in(), client.application("nosuch"), client.applications("https://a.example/cb")
    )

    assert logins(standin) == 1


async def test_callers_at_the_same_time_share_one_failure(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    client = make_client(password="wrong-word")

    outcomes = await asyncio.gather(*(client.log_in() for _ in range(5)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [LoginRefused] * 5
    assert len(standin.ledger.requests("POST", "/api/interaction/")) == 1


async def test_after_a_failed_login_the_next_call_tries_again(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    client = make_client()
    standin.person("manager").blocked = True
    with pytest.raises(LoginRefused):
        await client.log_in()

    standin.person("manager").blocked = False
    await client.log_in()


async def test_one_caller_that_gives_up_does_not_take_the_login_from_the_others(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.faults.add(Fault("POST", "/oidc/token", effect=FaultEffect.PASS, delay=0.1))
    impatient = asyncio.create_task(client.log_in())
    patient = asyncio.create_task(client.log_in())
    await standin.ledger.wait_for(lambda ledger: bool(ledger.requests("GET", "/oidc/auth")))

    impatient.cancel()

    await patient
    assert logins(standin) == 1


async def test_a_proof_of_the_login_does_not_believe_the_token_that_is_kept(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    await client.log_in()
    standin.person("manager").password = "another-word"

    with pytest.raises(LoginRefused):
        await client.prove_login()
    await client.applications("https://a.example/cb")  # what was kept is still good

    assert logins(standin) == 1


async def test_a_proof_of_the_login_asks_whether_the_management_api_lets_it_in(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.switches.introspection_status = 502

    with pytest.raises(BadAnswer):
        await client.prove_login()


async def test_a_proved_login_leaves_its_token(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.prove_login()
    await client.applications("https://a.example/cb")

    assert logins(standin) == 1


@pytest.mark.parametrize(("seconds", "expected"), [(1739.0, 1), (1741.0, 2)])
async def test_the_token_is_kept_until_a_minute_before_its_end(
    standin: EncvoyStandIn, client: EncvoyIdClient, clock: Any, seconds: float, expected: int
) -> None:
    await client.log_in()
    clock.seconds += seconds
    await client.log_in()

    assert logins(standin) == expected


async def test_after_a_401_it_logs_in_once_more_and_repeats(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    revoke_everything(standin)

    assert await client.applications("https://a.example/cb") == ()

    assert logins(standin) == 2
    assert [entry.status for entry in standin.ledger.requests("GET", "/api/v1/clients")] == [401, 200]


async def test_a_second_401_is_final(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    body = '{"statusCode":401,"errorCode":"translation.errors.T3E0068","message":"x"}'
    standin.faults.add(Fault("GET", "/api/v1/clients", status=401, body=body))

    with pytest.raises(Unauthenticated) as caught:
        await client.applications("https://a.example/cb")

    assert logins(standin) == 2
    assert "SSOBOT_ENCVOY_CLIENT_ID" in caught.value.fix


async def test_a_create_that_met_a_401_is_sent_again_once(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    revoke_everything(standin)

    client_id = await client.create_application(NEW)

    assert client_id in standin.clients.by_id
    assert [entry.status for entry in standin.ledger.requests("POST", "/api/v1/clients")] == [401, 201]


async def test_a_failed_introspection_does_not_cost_the_token(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    standin.switches.introspection_status = 502
    with pytest.raises(BadAnswer) as caught:
        await client.applications("https://a.example/cb")
    assert caught.value.transient

    standin.switches.introspection_status = 200
    await client.applications("https://a.example/cb")

    assert logins(standin) == 1


async def test_a_hang_leaves_the_effect_unknown(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    client = make_client(timeout=1.0)
    standin.faults.add(Fault("POST", "/api/v1/clients", effect=FaultEffect.HANG, when=When.AFTER))

    with pytest.raises(NoAnswer) as caught:
        await client.create_application(NEW)

    assert caught.value.effect_unknown
    assert len(standin.ledger.requests("POST", "/api/v1/clients")) == 1


async def test_a_create_that_was_cut_off_is_not_repeated(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    standin.faults.add(Fault("POST", "/api/v1/clients", effect=FaultEffect.DROP, when=When.AFTER))

    with pytest.raises(NoAnswer):
        await client.create_application(NEW)

    assert len(standin.ledger.requests("POST", "/api/v1/clients")) == 1


async def test_a_redirect_of_the_management_api_takes_no_token_along(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.faults.add(
        Fault("GET", "/api/v1/clients", status=307, headers={"Location": f"{standin.url}/elsewhere"}, times=1)
    )

    with pytest.raises(Redirected, match="SSOBOT_ENCVOY_URL"):
        await client.applications("https://a.example/cb")

    assert standin.ledger.requests(path="/elsewhere") == []


async def test_calls_to_one_route_wait_for_each_other(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    running = most = 0

    def began(_: web.Request) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)

    def ended(_: web.Request) -> None:
        nonlocal running
        running -= 1

    standin.faults.add(Fault("GET", "/api/v1/clients/", effect=FaultEffect.PASS, call=began))
    standin.faults.add(
        Fault("GET", "/api/v1/clients/", effect=FaultEffect.PASS, call=ended, delay=0.01, when=When.AFTER)
    )

    await asyncio.gather(*(client.application(f"client{number}") for number in range(4)))

    assert most == 1


async def test_calls_to_different_routes_do_not(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    reached = asyncio.Event()

    async def wait_for_the_other(_: web.Request) -> None:
        async with asyncio.timeout(10):
            await reached.wait()

    standin.faults.add(Fault("GET", "/api/v1/clients/", effect=FaultEffect.PASS, call=wait_for_the_other))
    standin.faults.add(Fault("GET", "/api/v1/settings", effect=FaultEffect.PASS, call=lambda _: reached.set()))

    await asyncio.gather(client.application("client1"), client.only_administrators())

    assert reached.is_set()


async def test_public_routes_are_asked_without_the_token(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    await client.only_administrators()

    assert [entry.who for entry in standin.ledger.requests("GET", "/api/v1/settings")] == [None]


async def test_a_warm_client_writes_a_secret_in_one_request(
    standin: EncvoyStandIn, client: EncvoyIdClient, clock: Any
) -> None:
    client_id = await client.create_application(NEW)
    clock.seconds += 1800 - 90  # the token would last, but not through the next minute
    await client.warm()
    clock.seconds += 59
    asked = len(list(standin.ledger.requests()))

    await client.write_application(client_id, ApplicationFields(secret=new_secret()))

    assert [entry.method for entry in standin.ledger.requests()[asked:]] == ["PUT"]


async def test_a_warm_client_has_an_open_connection(
    serve: Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]],
    standin: EncvoyStandIn,
    client: EncvoyIdClient,
) -> None:
    client_id = await client.create_application(NEW)
    peers: list[Any] = []

    def remember(request: web.Request) -> None:
        peers.append(request.transport.get_extra_info("peername") if request.transport else None)

    standin.faults.add(Fault("", "/api/v1/", effect=FaultEffect.PASS, call=remember))
    await client.warm()
    await client.write_application(client_id, ApplicationFields(secret=new_secret()))

    assert len(peers) == 2
    assert peers[0] == peers[1]


async def test_a_dripping_answer_ends_in_time(
    serve: Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]], clock: Any
) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.05)

    url = await serve(drip)
    async with EncvoyIdClient(url, client_id="m", login="l", password=Secret("p"), clock=clock, timeout=0.3) as client:
        with pytest.raises(NoAnswer):
            await client.only_administrators()


async def test_an_endless_answer_is_cut(
    serve: Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]], clock: Any
) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" " * 262144)

    url = await serve(flood)
    async with EncvoyIdClient(url, client_id="m", login="l", password=Secret("p"), clock=clock, timeout=5) as client:
        with pytest.raises(BadAnswer, match="longer than 8 MB"):
            await client.only_administrators()


async def test_what_is_no_http_is_a_bad_answer(clock: Any) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-something\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        server,
        EncvoyIdClient(url, client_id="m", login="l", password=Secret("p"), clock=clock, timeout=2) as client,
    ):
        with pytest.raises(BadAnswer):
            await client.only_administrators()


async def test_a_refused_connection_had_no_effect(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    await standin.stop()
    await asyncio.sleep(0.05)  # until the client's side of the idle connections has seen their end

    with pytest.raises(Unreachable) as caught:
        await client.create_application(NEW)

    assert not caught.value.effect_unknown


async def test_a_server_that_came_back_is_used_again(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()
    await standin.stop()
    await standin.start()

    assert await client.applications("https://a.example/cb") == ()


async def test_closing_ends_a_login_under_way(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    client = make_client()
    standin.faults.add(Fault("POST", "/oidc/token", effect=FaultEffect.HANG))
    waiting = asyncio.create_task(client.log_in())
    await standin.ledger.wait_for(lambda ledger: bool(ledger.requests("POST", "/api/interaction/")))

    await client.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_login_that_is_proved_is_the_one_that_others_wait_for(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    await asyncio.gather(client.prove_login(), client.applications("https://a.example/cb"))

    assert logins(standin) == 1


async def test_where_a_token_is_kept_a_login_is_proved_all_the_same_and_holds_nobody_up(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    await client.log_in()
    standin.faults.add(Fault("POST", "/oidc/token", status=500, body="{}"))
    proved, found = await asyncio.gather(
        client.prove_login(), client.applications("https://a.example/cb"), return_exceptions=True
    )

    assert isinstance(proved, Exception)
    assert found == ()
