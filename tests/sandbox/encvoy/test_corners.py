"""What `oidc-provider` 8.8 answers in the corners where the facts are silent.

Each row was read off the library itself, asked with the same request.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import CALLBACK, Browser, Create, tokens_of

REQUEST = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid"}
CHALLENGE = {"code_challenge": "c" * 43, "code_challenge_method": "S256"}
INVALID = "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"request": "x"}, "request_not_supported", None),
        ({"request_uri": "urn:x"}, "request_uri_not_supported", None),
        ({"registration": "x"}, "registration_not_supported", None),
        ({"id_token_hint": "x"}, INVALID, "could not validate id_token_hint"),
        ({"max_age": "-1"}, INVALID, "invalid max_age parameter value"),
        ({"prompt": "bogus"}, INVALID, "unsupported prompt value requested"),
        ({"prompt": "none login"}, INVALID, "prompt none must only be used alone"),
        ({"response_mode": "bogus"}, "unsupported_response_mode", "unsupported response_mode requested"),
        ({"response_type": "bogus"}, "unsupported_response_type", "unsupported response_type requested"),
        ({"response_type": "code token"}, INVALID, "requested response_type is not allowed for this client"),
        ({"response_type": ""}, INVALID, "missing required parameter 'response_type'"),
        (
            {"response_type": "code token", "response_mode": "query"},
            INVALID,
            "requested response_mode is not allowed for the requested response_type",
        ),
        (
            {"scope": "profile", "nonce": "N"},
            INVALID,
            "openid scope must be requested when using the nonce parameter",
        ),
        (CHALLENGE | {"code_challenge_method": "plain"}, INVALID, "not supported value of code_challenge_method"),
        (
            {"code_challenge_method": "S256"},
            INVALID,
            "code_challenge must be provided with code_challenge_method",
        ),
        (
            CHALLENGE | {"code_challenge": "c"},
            INVALID,
            "code_challenge must be a string with a minimum length of 43 characters",
        ),
        (
            CHALLENGE | {"code_challenge": "c" * 129},
            INVALID,
            "code_challenge must be a string with a maximum length of 128 characters",
        ),
        (CHALLENGE | {"code_challenge": "c " * 43}, INVALID, "code_challenge contains invalid characters"),
    ],
)
async def test_a_pushed_request_that_is_wrong(
    browser: Browser, create: Create, changes: dict[str, str], error: str, description: str | None
) -> None:
    answer = await browser.ask("POST", "/oidc/request", form=REQUEST | (await create()).json | changes)
    expected = {"error": error} | ({"error_description": description} if description else {})
    assert (answer.status, answer.json) == (400, expected)


@pytest.mark.parametrize("path", ["/oidc/request", "/oidc/token"])
async def test_a_parameter_given_twice(browser: Browser, create: Create, path: str) -> None:
    made = (await create()).json
    twice = "grant_type" if path == "/oidc/token" else "scope"
    form = [*(REQUEST | made | {"grant_type": "authorization_code"}).items(), (twice, "openid")]
    answer = await browser.ask("POST", path, form=form)
    assert answer.status == 400
    assert answer.json["error_description"] == f"'{twice}' parameter must not be provided twice"


async def test_a_duplicated_client_id_leads_nowhere(browser: Browser, create: Create) -> None:
    client_id = (await create()).json["client_id"]
    answer = await browser.ask("GET", f"/oidc/auth?client_id={client_id}&client_id={client_id}&response_type=code")
    assert (answer.status, answer.kind) == (400, "text/html")


@pytest.mark.parametrize(
    ("header", "description"),
    [
        ("Basic", "invalid authorization header value format"),
        ("Basic %%%", "invalid authorization header value format"),
        ("Bearer x", "invalid authorization header value format"),
        ("Basic eDo=", "client_secret must be provided in the Authorization header"),
        (
            "Basic eDoleno=",
            "client_id and client_secret in the authorization header are not properly encoded",
        ),
    ],
)
async def test_a_basic_header_that_is_none(browser: Browser, header: str, description: str) -> None:
    form = {"grant_type": "authorization_code"}
    answer = await browser.ask("POST", "/oidc/token", form=form, headers={"Authorization": header})
    assert (answer.status, answer.json) == (400, {"error": INVALID, "error_description": description})


async def test_a_malformed_assertion(browser: Browser, create: Create) -> None:
    form = {"client_id": (await create()).json["client_id"], "client_assertion": "x", "client_assertion_type": "y"}
    answer = await browser.ask("POST", "/oidc/token", form=form)
    assert (answer.status, answer.json["error_description"]) == (400, "invalid client_assertion format")


async def test_the_challenge_comes_with_a_page_too(browser: Browser) -> None:
    answer = await browser.ask("POST", "/oidc/token", form={}, auth=("x", "y"), headers={"Accept": "text/html"})
    assert (answer.status, answer.kind) == (401, "text/html")
    assert answer.headers["WWW-Authenticate"].endswith('error_description="client authentication failed"')


async def test_somebody_elses_token_cannot_be_revoked(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    token = (await tokens_of(idp, idp.person("manager")))["access_token"]
    answer = await browser.ask("POST", "/oidc/token/revocation", form={"token": token} | (await create()).json)
    assert (answer.status, answer.json["error_description"]) == (400, "this token does not belong to you")
    assert (await browser.ask("GET", "/api/v1/clients", token=token)).status == 200


@pytest.mark.parametrize("path", ["/oidc/token/introspection", "/oidc/token/revocation"])
async def test_a_token_must_be_named(browser: Browser, create: Create, path: str) -> None:
    answer = await browser.ask("POST", path, form=(await create()).json)
    assert (answer.status, answer.json["error_description"]) == (400, "missing required parameter 'token'")


async def test_two_ways_of_sending_an_access_token(browser: Browser) -> None:
    answer = await browser.ask("POST", "/oidc/me", form={"access_token": "x"}, token="x")
    text = "access token must only be provided using one mechanism"
    assert (answer.status, answer.json["error_description"]) == (400, text)


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks or jwks_uri is mandatory for this client"),
        (
            {"subject_type": "pairwise", "redirect_uris": ["https://a.example/", "https://b.example/"]},
            "sector_identifier_uri is mandatory property",
        ),
        ({"response_types": []}, "response_types must contain members"),
        (
            {"grant_types": ["authorization_code", "implicit"], "redirect_uris": ["http://a.example/"]},
            "post_logout_redirect_uris for web clients using implicit flow MUST only register URLs "
            "using the https scheme",
        ),
    ],
)
async def test_other_records_that_do_not_load(
    browser: Browser, create: Create, fields: dict[str, Any], description: str
) -> None:
    made = (await create(**fields)).json
    answer = await browser.ask("POST", "/oidc/token/introspection", form=made | {"token": "x"})
    assert (answer.status, answer.json["error_description"]) == (400, description)


async def test_resuming_takes_its_cookie_back(idp: EncvoyStandIn, browser: Browser) -> None:
    answer = await browser.code(idp.person("manager"))
    assert answer.cookies["_interaction_resume"].value == ""
    assert answer.cookies["_interaction_resume"]["expires"].startswith("Thu, 01 Jan 1970")


async def test_an_answer_as_a_form_submits_itself(idp: EncvoyStandIn, browser: Browser) -> None:
    answer = await browser.authorize(prompt="none", response_mode="form_post")
    assert (answer.status, answer.kind) == (400, "text/html")
    assert f'action="{idp.url}/code"' in answer.text
    assert 'name="error" value="interaction_required"' in answer.text


@pytest.mark.parametrize(("accept", "kind"), [("application/json", "text/plain"), ("text/html", "text/html")])
async def test_a_redirect_has_a_body_of_the_wanted_kind(browser: Browser, accept: str, kind: str) -> None:
    params = {"client_id": browser.stand_in.state.main_id, "response_type": "code", "scope": "openid"}
    params["redirect_uri"] = f"{browser.stand_in.url}/code"
    answer = await browser.ask("GET", "/oidc/auth", params=params, headers={"Accept": accept})
    assert (answer.status, answer.kind) == (303, kind)
    assert answer.text.startswith("Redirecting to ")


async def test_a_scope_that_does_not_exist_grants_nothing(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize(scope="bogus")).location
    resumed = await browser.sign_in(page, idp.person("manager"))
    answer = await browser.ask("GET", resumed.location)
    assert answer.query["error"] == "access_denied"
