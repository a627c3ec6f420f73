"""Records that the API accepts and the provider does not: the table in facts/encvoy-id.md §4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.idp_browser import CALLBACK, Browser, Create

METADATA = "invalid_client_metadata"
REDIRECT = "invalid_redirect_uri"
BROKEN: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("no redirect_uris", {"redirect_uris": []}, {}, REDIRECT, "redirect_uris must contain members"),
    (
        "a redirect_uri with a fragment",
        {"redirect_uris": [f"{CALLBACK}#part"]},
        {},
        REDIRECT,
        "redirect_uris must not contain fragments",
    ),
    (
        "a scheme of one's own, whose origin is the text null",
        {"redirect_uris": ["com.app://cb"]},
        {},
        METADATA,
        "post_logout_redirect_uris must only contain valid uris",
    ),
    ("an empty secret", {}, {"client_secret": ""}, METADATA, "client_secret is mandatory property"),
    ("a secret beyond ASCII", {}, {"client_secret": "секрет"}, METADATA, "invalid client_secret value"),
    (
        "no grant types",
        {"grant_types": []},
        {},
        METADATA,
        "grant_types must contain 'authorization_code' when code is amongst response_types",
    ),
    (
        "an unknown grant type",
        {"grant_types": ["bogus"]},
        {},
        METADATA,
        "grant_types can only contain 'authorization_code', 'implicit', or 'refresh_token'",
    ),
    (
        "client_credentials",
        {"grant_types": ["client_credentials"]},
        {},
        METADATA,
        "grant_types can only contain 'authorization_code', 'implicit', or 'refresh_token'",
    ),
    (
        "id_token without implicit",
        {"response_types": ["id_token"]},
        {},
        METADATA,
        "grant_types must contain 'implicit' when 'id_token' or 'token' are amongst response_types",
    ),
    (
        "an emptied list of redirect_uris",
        {},
        {"redirect_uris": [""]},
        REDIRECT,
        "redirect_uris must only contain strings",
    ),
    (
        "an algorithm without a key",
        {"id_token_signed_response_alg": "PS256"},
        {},
        METADATA,
        "id_token_signed_response_alg must be 'RS256'",
    ),
]


@pytest.mark.parametrize(
    ("at_create", "later", "error", "description"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
async def test_accepted_by_the_api_but_broken_at_the_provider(
    browser: Browser,
    create: Create,
    manager: str,
    at_create: dict[str, Any],
    later: dict[str, Any],
    error: str,
    description: str,
) -> None:
    answer = await create(**at_create)
    assert answer.status == 201
    made = answer.json
    if later:
        at = f"/api/v1/clients/{made['client_id']}"
        assert (await browser.ask("PUT", at, token=manager, body=later)).status == 200
    expected = {"error": error, "error_description": description}
    request = {"response_type": "code", "scope": "openid", "redirect_uri": CALLBACK}
    pushed = await browser.ask("POST", "/oidc/request", form=request | made)
    assert (pushed.status, pushed.json) == (400, expected)
    grant = {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}
    token = await browser.ask("POST", "/oidc/token", form=grant | made)
    assert (token.status, token.json) == (400, expected)
    page = await browser.authorize(made["client_id"])
    assert (page.status, page.kind) == (400, "text/html")
    assert f"<strong>error</strong>: {error}" in page.text


@pytest.mark.parametrize(
    "uri", ["http://localhost:3000/_oauth/x", "http://127.0.0.1:3000/", "https://a.example/cb?x=1"]
)
async def test_http_is_fine_for_a_web_client(browser: Browser, create: Create, uri: str) -> None:
    made = (await create(redirect_uris=[uri])).json
    form = {"response_type": "code", "scope": "openid", "redirect_uri": uri}
    assert (await browser.ask("POST", "/oidc/request", form=form | made)).status == 201
