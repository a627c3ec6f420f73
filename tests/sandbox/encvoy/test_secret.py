"""The secret of a client, its redirect URIs, and when a change of them counts: facts/encvoy-id.md §7 and §8."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create

REQUEST = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile email"}
BAD_CLIENT = {"error": "invalid_client", "error_description": "client authentication failed"}


@pytest.fixture
async def made(create: Create) -> dict[str, str]:
    """client_id and client_secret of a new client."""
    pair: dict[str, str] = (await create()).json
    return pair


async def change(browser: Browser, manager: str, client_id: str, **fields: Any) -> Answer:
    """One PUT."""
    return await browser.ask("PUT", f"/api/v1/clients/{client_id}", token=manager, body=fields)


async def par(browser: Browser, made: dict[str, str], **more: str) -> Answer:
    """A pushed request with the credentials in the body."""
    return await browser.ask("POST", "/oidc/request", form=REQUEST | made | more)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize("basic", [True, False])
async def test_basic_and_post_are_both_accepted(
    browser: Browser, create: Create, manager: str, method: str, basic: bool
) -> None:
    made = (await create(token_endpoint_auth_method=method)).json
    form = REQUEST | {"client_id": made["client_id"]}
    auth = (made["client_id"], made["client_secret"]) if basic else None
    answer = await browser.ask("POST", "/oidc/request", form=form if basic else form | made, auth=auth)
    assert answer.status == 201


@pytest.mark.parametrize("method", ["none", "client_secret_jwt"])
async def test_the_secret_in_the_body_is_refused_where_it_is_not_the_method(
    browser: Browser, create: Create, method: str
) -> None:
    made = (await create(token_endpoint_auth_method=method)).json
    answer = await par(browser, made)
    assert (answer.status, answer.json) == (401, BAD_CLIENT)


async def test_a_new_secret_switches_at_once_and_the_ledger_says_when(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], manager: str
) -> None:
    before = idp.ledger.now()
    answer = await change(browser, manager, made["client_id"], client_secret="N" * 64)
    assert (answer.status, answer.json["client_secret"]) == (200, "N" * 64)
    assert (await par(browser, made)).json == BAD_CLIENT
    assert (await par(browser, made, client_secret="N" * 64)).status == 201
    switched = idp.ledger.of("switched")
    assert [entry.body for entry in switched] == [{"client_id": made["client_id"], "secret": "N" * 64}]
    assert before < switched[0].at < idp.ledger.requests("PUT", "/clients/")[0].at


async def test_writing_the_same_secret_switches_nothing(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], manager: str
) -> None:
    await change(browser, manager, made["client_id"], client_secret=made["client_secret"])
    assert idp.ledger.of("switched") == []


async def test_the_old_secret_can_be_put_back(browser: Browser, made: dict[str, str], manager: str) -> None:
    await change(browser, manager, made["client_id"], client_secret="N" * 64)
    await change(browser, manager, made["client_id"], client_secret=made["client_secret"])
    assert (await par(browser, made)).status == 201


async def test_codes_and_tokens_survive_a_new_secret(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], manager: str
) -> None:
    client_id, old, new = made["client_id"], made["client_secret"], "N" * 64
    offline = {"prompt": "consent", "scope": "openid offline_access"}
    waiting = await browser.code(idp.person("person"), client_id, **offline)
    await change(browser, manager, client_id, client_secret=new)
    assert (await browser.exchange(waiting, client_id, old)).status == 401
    tokens = (await browser.exchange(waiting, client_id, new)).json
    await change(browser, manager, client_id, client_secret="M" * 64)
    assert (await browser.ask("GET", "/oidc/me", token=tokens["access_token"])).status == 200
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client_id}
    assert (await browser.ask("POST", "/oidc/token", form=form | {"client_secret": new})).status == 401
    assert (await browser.ask("POST", "/oidc/token", form=form | {"client_secret": "M" * 64})).status == 200


@pytest.mark.parametrize("secret", ["with space and more", "a:b%c&d+e=f"])
async def test_odd_characters_work_in_the_body(
    browser: Browser, made: dict[str, str], manager: str, secret: str
) -> None:
    await change(browser, manager, made["client_id"], client_secret=secret)
    assert (await par(browser, made, client_secret=secret)).status == 201


async def test_odd_characters_in_basic_must_be_encoded(browser: Browser, made: dict[str, str], manager: str) -> None:
    await change(browser, manager, made["client_id"], client_secret="a:b%c&d+e")
    form = REQUEST | {"client_id": made["client_id"]}
    plain = await browser.ask("POST", "/oidc/request", form=form, auth=(made["client_id"], "a:b%c&d+e"))
    assert plain.status == 400
    encoded = await browser.ask("POST", "/oidc/request", form=form, auth=(made["client_id"], "a%3Ab%25c%26d%2Be"))
    assert encoded.status == 201


async def test_a_code_from_before_can_be_exchanged_with_the_old_redirect_uri(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], manager: str
) -> None:
    waiting = await browser.code(idp.person("person"), made["client_id"])
    await change(browser, manager, made["client_id"], redirect_uris=["https://moved.example/cb"])
    assert (await par(browser, made)).status == 400
    assert (await par(browser, made, redirect_uri="https://moved.example/cb")).status == 201
    assert (await browser.exchange(waiting, made["client_id"], made["client_secret"])).status == 200


async def test_a_deleted_client_is_gone_at_once(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], manager: str
) -> None:
    answer = await browser.code(idp.person("person"), made["client_id"])
    token = (await browser.exchange(answer, made["client_id"], made["client_secret"])).json["access_token"]
    await browser.ask("DELETE", f"/api/v1/clients/{made['client_id']}", token=manager)
    assert (await par(browser, made)).json == BAD_CLIENT
    assert (await browser.ask("GET", "/oidc/me", token=token)).status == 401
