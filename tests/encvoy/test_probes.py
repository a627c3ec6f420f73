"""Credentials shown to the token side (facts/encvoy-id.md §9), with PAR and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.connection.ports import ApplicationFields, Probe
from bot.encvoy.client import EncvoyIdClient
from bot.errors import BadAnswer, NoAnswer, Unauthenticated
from bot.secret import Secret, new_secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect

CALLBACK = "https://chat.example.org/_oauth/encvoyid"


@pytest.fixture(params=["par", "token"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With `token` the discovery document names no PAR endpoint."""
    if request.param == "token":
        monkeypatch.setattr("bot.encvoy.discovery._PAR", "not_advertised")
    return str(request.param)


@pytest.fixture
async def application(client: EncvoyIdClient) -> tuple[str, Secret]:
    fields = ApplicationFields(name="n", domain="https://chat.example.org", redirect_uris=(CALLBACK,))
    client_id, secret = await client.create_application(fields), new_secret()
    await client.write_application(client_id, ApplicationFields(secret=secret))
    return client_id, secret


async def test_ours_is_accepted(client: EncvoyIdClient, application: tuple[str, Secret], way: str) -> None:
    assert await client.probe(*application, CALLBACK) is Probe.ACCEPTED


async def test_a_random_secret_is_refused(client: EncvoyIdClient, application: tuple[str, Secret], way: str) -> None:
    assert await client.probe(application[0], new_secret(), CALLBACK) is Probe.REFUSED


async def test_an_unknown_id_is_refused(client: EncvoyIdClient, way: str) -> None:
    assert await client.probe("nosuchapplication", new_secret(), CALLBACK) is Probe.REFUSED


@pytest.mark.parametrize("other", [CALLBACK + "/", "https://other.example/_oauth/encvoyid"])
async def test_another_redirect_uri_is_refused_as_such(
    client: EncvoyIdClient, application: tuple[str, Secret], way: str, other: str
) -> None:
    assert await client.probe(*application, other) is Probe.REDIRECT_REFUSED


@pytest.mark.parametrize(("column", "value"), [("response_types", ["none"]), ("grant_types", ["refresh_token"])])
async def test_a_record_that_allows_no_sign_in_is_not_called_a_wrong_redirect_uri(
    client: EncvoyIdClient, application: tuple[str, Secret], standin: EncvoyStandIn, column: str, value: list[str]
) -> None:
    standin.clients.by_id[application[0]][column] = value

    assert await client.probe(*application, CALLBACK) is Probe.BROKEN


async def test_the_previous_secret_is_refused_at_once(
    client: EncvoyIdClient, application: tuple[str, Secret], way: str
) -> None:
    client_id, previous = application
    await client.write_application(client_id, ApplicationFields(secret=new_secret()))

    assert await client.probe(client_id, previous, CALLBACK) is Probe.REFUSED


async def test_a_broken_record_is_broken(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret], way: str
) -> None:
    standin.clients.by_id[application[0]]["grant_types"] = []

    assert await client.probe(*application, CALLBACK) is Probe.BROKEN


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_the_secret_in_the_body_does_for_both_methods(
    client: EncvoyIdClient, application: tuple[str, Secret], way: str, method: str
) -> None:
    await client.write_application(application[0], ApplicationFields(token_endpoint_auth_method=method))

    assert await client.probe(*application, CALLBACK) is Probe.ACCEPTED


async def test_the_probe_needs_no_login(make_client: Callable[..., EncvoyIdClient], standin: EncvoyStandIn) -> None:
    await make_client(password="wrong-word").probe("nosuchapplication", new_secret(), CALLBACK)

    assert standin.ledger.requests(path="/api/") == []


async def test_the_secret_is_in_no_address(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret], way: str
) -> None:
    await client.probe(*application, CALLBACK)

    assert all(application[1].reveal() not in entry.path + entry.query for entry in standin.ledger.requests())


async def test_no_interaction_is_begun(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret], way: str
) -> None:
    before = len(standin.state.vault.interactions)
    await client.probe(*application, CALLBACK)

    assert len(standin.state.vault.interactions) == before


async def test_a_proxy_in_trouble_says_nothing_of_the_secret(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret], way: str
) -> None:
    for path in ("/oidc/request", "/oidc/token"):
        standin.faults.add(Fault("POST", path, status=502, body="<html>", content_type="text/html"))

    with pytest.raises(BadAnswer):
        await client.probe(*application, CALLBACK)


async def test_a_proxy_that_wants_a_password_says_nothing_of_the_secret(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret]
) -> None:
    standin.faults.add(Fault("POST", "/oidc/request", status=401, body="<html>", content_type="text/html"))

    with pytest.raises(Unauthenticated):
        await client.probe(*application, CALLBACK)


async def test_a_page_with_status_400_says_nothing_of_the_secret(
    client: EncvoyIdClient, standin: EncvoyStandIn, application: tuple[str, Secret]
) -> None:
    standin.faults.add(Fault("POST", "/oidc/request", status=400, body="<html>", content_type="text/html"))

    with pytest.raises(BadAnswer):
        await client.probe(*application, CALLBACK)


async def test_silence_says_nothing_of_the_secret(
    make_client: Callable[..., EncvoyIdClient], standin: EncvoyStandIn
) -> None:
    standin.faults.add(Fault("POST", "/oidc/request", effect=FaultEffect.HANG))

    with pytest.raises(NoAnswer):
        await make_client(timeout=0.2).probe("whatever", new_secret(), CALLBACK)
