"""Where the endpoints are, and what is wrong with a document (facts/encvoy-id.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from bot.connection.ports import ProviderMetadata
from bot.encvoy.client import EncvoyIdClient
from bot.encvoy.discovery import read_keys, read_provider
from bot.errors import BadAnswer, Busy, ConfigError, NoAnswer, RemoteError, RouteAbsent
from bot.secret import Secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect

DOMAIN = "https://id.example.org"
URL = f"{DOMAIN}/.well-known/openid-configuration"
DOCUMENT: dict[str, Any] = {
    "issuer": DOMAIN,
    "authorization_endpoint": f"{DOMAIN}/oidc/auth",
    "token_endpoint": f"{DOMAIN}/oidc/token",
    "userinfo_endpoint": f"{DOMAIN}/oidc/me",
    "jwks_uri": f"{DOMAIN}/oidc/jwks",
    "pushed_authorization_request_endpoint": f"{DOMAIN}/oidc/request",
}


def test_a_document_is_read() -> None:
    assert read_provider(DOCUMENT, URL, DOMAIN) == ProviderMetadata(
        issuer=DOMAIN,
        authorize_url=f"{DOMAIN}/oidc/auth",
        token_url=f"{DOMAIN}/oidc/token",
        identity_url=f"{DOMAIN}/oidc/me",
        par_url=f"{DOMAIN}/oidc/request",
        jwks_url=f"{DOMAIN}/oidc/jwks",
    )


@pytest.mark.parametrize("par", [None, 7])
def test_par_may_be_missing(par: object) -> None:
    document = DOCUMENT | {"pushed_authorization_request_endpoint": par}

    assert read_provider(document, URL, DOMAIN).par_url is None


@pytest.mark.parametrize("key", ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"])
@pytest.mark.parametrize("value", [None, "", 7, []])
def test_a_document_that_lacks_an_endpoint_is_refused(key: str, value: object) -> None:
    with pytest.raises(BadAnswer, match=key):
        read_provider(DOCUMENT | {key: value}, URL, DOMAIN)


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(BadAnswer):
        read_provider(document, URL, DOMAIN)


def test_another_issuer_is_the_variables_fault() -> None:
    with pytest.raises(ConfigError, match="SSOBOT_ENCVOY_URL"):
        read_provider(DOCUMENT | {"issuer": "https://login.example.org"}, URL, DOMAIN)


@pytest.mark.parametrize("issuer", [DOMAIN + "/", "https://id.example.org:443"])
def test_the_same_issuer_in_another_spelling_is_the_same(issuer: str) -> None:
    assert read_provider(DOCUMENT | {"issuer": issuer}, URL, DOMAIN).issuer == issuer


@pytest.mark.parametrize(
    "key",
    [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "pushed_authorization_request_endpoint",
    ],
)
def test_a_proxy_that_hides_https_is_named(key: str) -> None:
    with pytest.raises(ConfigError, match="X-Forwarded-Proto"):
        read_provider(DOCUMENT | {key: "http://id.example.org/oidc/x"}, URL, DOMAIN)


@pytest.mark.parametrize(
    "url",
    [
        "https://inside:3003/oidc/token",
        "/oidc/token",
        "https://id.example.org@evil.example/",
        "https://evil.example@id.example.org/oidc/token",
        "https://evil.example\\@id.example.org/oidc/token",
        "https://id.example.org\\@evil.example/oidc/token",
        "https://id.example.org\\.evil.example/oidc/token",
        "https:\\\\id.example.org/oidc/token",
        "https://id.example.org/oidc/../../token",
        "https://id.example.org/oidc/%2e%2e/token",
        "https://id.example.org/oidc\\token",
        "https://id.example.org//evil.example/token",
        "https://id.example.org/oidc/token\n",
        " https://id.example.org/oidc/token",
        "https://id.exam\tple.org/oidc/token",
        "https://id.example.org./oidc/token",
        "https://id。example.org/oidc/token",
        "https://[",
        "https://[::1",
        "https://id.example.org:x/oidc/token",
    ],
)
def test_an_endpoint_elsewhere_gets_no_secret_of_ours(url: str) -> None:
    with pytest.raises(ConfigError):
        read_provider(DOCUMENT | {"token_endpoint": url}, URL, DOMAIN)


def test_an_endpoint_in_another_spelling_is_written_in_one() -> None:
    found = read_provider(DOCUMENT | {"token_endpoint": "HTTPS://ID.Example.org:443/Token"}, URL, DOMAIN)
    assert found.token_url == "https://id.example.org/Token"


@pytest.mark.parametrize("tail", ["", "?a=b", "/t#f"])
def test_an_endpoint_that_is_no_plain_path_is_refused(tail: str) -> None:
    with pytest.raises(ConfigError):
        read_provider(DOCUMENT | {"token_endpoint": DOMAIN + tail}, URL, DOMAIN)


@pytest.mark.parametrize(
    ("document", "count", "algorithms"),
    [
        ({"keys": []}, 0, set()),
        ({"keys": [{"alg": "RS256"}, {"alg": "RS256"}]}, 2, {"RS256"}),
        ({"keys": [{"kty": "RSA"}]}, 1, {"RS256"}),
        ({"keys": [{"kty": "EC"}]}, 1, set()),
    ],
)
def test_keys_are_counted(document: object, count: int, algorithms: set[str]) -> None:
    keys = read_keys(document, "GET /oidc/jwks")

    assert (keys.count, set(keys.algorithms)) == (count, algorithms)


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, {"keys": ["text"]}])
def test_what_is_no_key_set_is_refused(document: object) -> None:
    with pytest.raises(BadAnswer):
        read_keys(document, "GET /oidc/jwks")


@pytest.mark.parametrize(
    "place",
    [
        "/.well-known/openid-configuration",
        "/oidc/.well-known/openid-configuration",
        "/api/oidc/.well-known/openid-configuration",
    ],
)
async def test_each_place_is_tried(standin: EncvoyStandIn, client: EncvoyIdClient, place: str) -> None:
    standin.switches.discovery_at = (place,)

    assert (await client.provider()).token_url == f"{standin.url}/oidc/token"
    assert standin.ledger.requests("GET")[-1].path == place


async def test_a_provider_mounted_elsewhere_is_found_by_its_document(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.switches.oidc_prefix = "/api/oidc"
    standin.switches.discovery_at = ("/api/oidc/.well-known/openid-configuration",)

    assert (await client.provider()).token_url == standin.url + "/api/oidc/token"


async def test_no_document_anywhere_names_the_variable(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    standin.switches.discovery_at = ()

    with pytest.raises(RemoteError) as caught:
        await client.provider()

    assert "SSOBOT_ENCVOY_URL" in caught.value.text


async def test_only_404_means_that_it_is_absent(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    for _ in range(3):
        standin.faults.add(Fault("GET", "", status=404, times=1, body="nothing", content_type="text/html"))

    with pytest.raises(RouteAbsent):
        await client.provider()


async def test_a_proxy_in_trouble_is_no_missing_document(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    standin.faults.add(Fault("GET", "/.well-known", status=404))
    standin.faults.add(Fault("GET", "/oidc", status=502, body="<html>", content_type="text/html"))
    standin.faults.add(Fault("GET", "/api/oidc", status=404))

    with pytest.raises(BadAnswer) as caught:
        await client.provider()

    assert caught.value.transient


async def test_a_silent_server_is_asked_in_one_place_only(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    standin.faults.add(Fault("GET", "", effect=FaultEffect.HANG))

    with pytest.raises(NoAnswer):
        await make_client(timeout=0.2).provider()

    assert "/oidc/" not in [entry.path for entry in standin.ledger]


async def test_the_document_is_believed_for_a_minute(
    standin: EncvoyStandIn, client: EncvoyIdClient, clock: Any
) -> None:
    await client.provider()
    clock.seconds += 59
    await client.provider()
    assert len(standin.ledger.requests("GET", "openid-configuration")) == 1

    clock.seconds += 2
    await client.provider()
    assert len(standin.ledger.requests("GET", "openid-configuration")) == 2


async def test_the_document_can_be_forgotten(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.provider()
    client.forget_provider()
    await client.provider()

    assert len(standin.ledger.requests("GET", "openid-configuration")) == 2


async def test_what_was_known_some_minutes_ago_still_is_where_it_asks_to_slow_down(
    standin: EncvoyStandIn, client: EncvoyIdClient, clock: Any
) -> None:
    known = await client.provider()
    standin.faults.add(Fault("GET", "", status=429))
    client.forget_provider()
    clock.seconds += 299

    assert await client.provider() == known

    clock.seconds += 2
    with pytest.raises(Busy):
        await client.provider()
    assert len(standin.ledger.requests("GET", "openid-configuration")) == 3, "one place only, each time"


async def test_a_refusal_or_a_silence_is_not_made_up_for(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    client = make_client(timeout=0.2)
    await client.provider()
    client.forget_provider()
    standin.faults.add(Fault("GET", "", effect=FaultEffect.HANG))

    with pytest.raises(NoAnswer):
        await client.provider()


async def test_the_keys_are_read(client: EncvoyIdClient) -> None:
    keys = await client.keys()

    assert (keys.count, keys.algorithms) == (1, frozenset({"RS256"}))


async def test_the_document_of_another_address_is_refused(
    serve: Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]], clock: Any
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(DOCUMENT)

    url = await serve(answer)
    async with EncvoyIdClient(url, client_id="m", login="l", password=Secret("p"), clock=clock, timeout=2.0) as client:
        with pytest.raises(ConfigError, match="SSOBOT_ENCVOY_URL"):
            await client.provider()


async def test_whoever_asks_at_the_same_time_shares_one_answer(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await asyncio.gather(client.provider(), client.keys(), client.log_in())

    assert len(standin.ledger.requests("GET", "openid-configuration")) == 1


async def test_whoever_asks_at_the_same_time_shares_one_failure(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    fault = standin.faults.add(Fault("GET", "", status=502))

    failures = await asyncio.gather(client.provider(), client.provider(), return_exceptions=True)

    assert all(isinstance(failure, RemoteError) for failure in failures)
    assert len(standin.ledger.requests("GET", "openid-configuration")) == 3, "each place once"
    standin.faults.remove(fault)
    assert (await client.provider()).issuer == standin.url


async def test_whoever_gives_up_does_not_take_the_answer_from_others(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.faults.add(Fault("GET", "/.well-known/", effect=FaultEffect.PASS, delay=0.1))
    impatient, patient = asyncio.create_task(client.provider()), asyncio.create_task(client.provider())
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).issuer == standin.url
    assert impatient.cancelled()


async def test_what_was_forgotten_meanwhile_is_read_again(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    standin.faults.add(Fault("GET", "/.well-known/", effect=FaultEffect.PASS, delay=0.1))
    first = asyncio.create_task(client.provider())
    await asyncio.sleep(0)
    client.forget_provider()
    await asyncio.gather(first, client.provider())

    assert len(standin.ledger.requests("GET", "openid-configuration")) == 2


async def test_its_version_is_read_from_its_own_description(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    assert await client.version() == "1.0.10"
    assert [request.path for request in standin.ledger.requests("GET")] == ["/api-json"]


async def test_a_version_is_read_each_time(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    """It may be replaced while the bot runs."""
    for said, version in (("2.0.0", "2.0.0"), ("v2.1", "2.1")):
        standin.faults.add(Fault("GET", "/api-json", status=200, times=1, body=f'{{"info": {{"version": "{said}"}}}}'))
        assert await client.version() == version


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"info": []}', '{"info": {}}', '{"info": {"version": 7}}', '{"info": {"version": ""}}']
)
async def test_a_description_without_a_version_is_refused(
    standin: EncvoyStandIn, client: EncvoyIdClient, body: str
) -> None:
    standin.faults.add(Fault("GET", "/api-json", status=200, body=body))
    with pytest.raises(BadAnswer):
        await client.version()


async def test_without_a_description_there_is_no_version(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    standin.faults.add(Fault("GET", "/api-json", status=404, body="{}"))
    with pytest.raises(RemoteError):
        await client.version()
