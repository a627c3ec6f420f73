"""Probes that need no person: facts/encvoy-id.md §9."""

from __future__ import annotations

import base64

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, Wall

REQUEST = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile email"}
BAD_CLIENT = {"error": "invalid_client", "error_description": "client authentication failed"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
async def made(create: Create) -> dict[str, str]:
    """client_id and client_secret of a new client."""
    pair: dict[str, str] = (await create()).json
    return pair


async def par(browser: Browser, made: dict[str, str], **more: str) -> Answer:
    """A pushed request with the credentials in the body."""
    return await browser.ask("POST", "/oidc/request", form=REQUEST | made | more)


async def test_par_with_the_secret_in_the_body(browser: Browser, made: dict[str, str]) -> None:
    answer = await par(browser, made)
    assert answer.status == 201
    assert answer.json["expires_in"] == 60
    assert answer.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_par_with_basic(browser: Browser, made: dict[str, str]) -> None:
    form = REQUEST | {"client_id": made["client_id"]}
    answer = await browser.ask("POST", "/oidc/request", form=form, auth=(made["client_id"], made["client_secret"]))
    assert answer.status == 201


@pytest.mark.parametrize("basic", [True, False])
async def test_a_wrong_secret_and_an_unknown_id_look_the_same(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], basic: bool
) -> None:
    for client_id in (made["client_id"], "unknown"):
        form = REQUEST | {"client_id": client_id}
        if basic:
            answer = await browser.ask("POST", "/oidc/request", form=form, auth=(client_id, "wrong"))
        else:
            answer = await browser.ask("POST", "/oidc/request", form=form | {"client_secret": "wrong"})
        assert (answer.status, answer.json) == (401, BAD_CLIENT)
        challenge = answer.headers.get("WWW-Authenticate", "")
        assert challenge.startswith(f'Basic realm="{idp.url}"') == basic
        assert answer.headers["Cache-Control"] == "no-store"


async def test_basic_without_the_client_id_in_the_form_is_not_enough_for_par(
    browser: Browser, made: dict[str, str]
) -> None:
    answer = await browser.ask("POST", "/oidc/request", form=REQUEST, auth=(made["client_id"], made["client_secret"]))
    assert (answer.status, answer.json["error_description"]) == (400, "missing required parameter 'client_id'")


async def test_two_client_ids_do_not_match(browser: Browser, made: dict[str, str]) -> None:
    form = REQUEST | {"client_id": "other"}
    answer = await browser.ask("POST", "/oidc/request", form=form, auth=(made["client_id"], made["client_secret"]))
    assert (answer.status, answer.json["error_description"]) == (400, "mismatch in body and authorization client ids")


async def test_basic_and_body_at_once_are_refused(browser: Browser, made: dict[str, str]) -> None:
    answer = await browser.ask(
        "POST", "/oidc/request", form=REQUEST | made, auth=(made["client_id"], made["client_secret"])
    )
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("uri", [CALLBACK + "/", CALLBACK + "?x=1", CALLBACK.replace(".example", ".example:444")])
async def test_a_redirect_uri_matches_exactly(browser: Browser, made: dict[str, str], uri: str) -> None:
    answer = await par(browser, made, redirect_uri=uri)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    text = "redirect_uri did not match any of the client's registered redirect_uris"
    assert answer.json["error_description"] == text


@pytest.mark.parametrize("endpoint", ["/oidc/request", "/oidc/auth"])
async def test_one_registered_redirect_uri_may_be_left_out(
    browser: Browser, made: dict[str, str], endpoint: str
) -> None:
    params = {"response_type": "code", "scope": "openid"}
    if endpoint == "/oidc/request":
        assert (await browser.ask("POST", endpoint, form=params | made)).status == 201
    else:
        params["client_id"] = made["client_id"]
        assert (await browser.ask("GET", endpoint, params=params)).status == 303


async def test_two_registered_redirect_uris_must_be_told_apart(idp: EncvoyStandIn, browser: Browser) -> None:
    params = {"response_type": "code", "scope": "openid", "client_id": idp.state.main_id}
    answer = await browser.ask("GET", "/oidc/auth", params=params)
    assert answer.status == 400
    assert "missing required parameter &#39;redirect_uri&#39;" in answer.text


async def test_a_pushed_request_is_used_once_within_a_minute(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str], wall: Wall
) -> None:
    client_id = made["client_id"]
    uri = (await par(browser, made, state="pushed")).json["request_uri"]
    params = {"client_id": client_id, "request_uri": uri}
    page = (await browser.ask("GET", "/oidc/auth", params=params)).location
    await browser.sign_in(page, idp.person("person"))
    answer = await browser.ask("GET", page.replace("/api/interaction", "/oidc/auth"))
    await browser.ask("POST", f"{answer.location}/confirm")
    answer = await browser.ask("GET", answer.location.replace("/api/interaction", "/oidc/auth"))
    assert answer.query["state"] == "pushed"
    again = await browser.ask("GET", "/oidc/auth", params=params)
    assert "invalid_request_uri" in again.text + again.headers.get("Location", "")
    late = (await par(browser, made)).json["request_uri"]
    wall.pass_by(60)
    answer = await browser.ask("GET", "/oidc/auth", params={"client_id": client_id, "request_uri": late})
    assert "invalid_request_uri" in answer.text + answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("secret", "status", "error"), [(None, 400, "invalid_grant"), ("wrong", 401, "invalid_client")]
)
async def test_a_bogus_code_tells_whether_the_secret_is_right(
    browser: Browser, made: dict[str, str], secret: str | None, status: int, error: str
) -> None:
    form = {"grant_type": "authorization_code", "code": "bogus", "redirect_uri": CALLBACK} | made
    answer = await browser.ask("POST", "/oidc/token", form=form | ({"client_secret": secret} if secret else {}))
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("secret", "status"), [(None, 200), ("wrong", 401)])
async def test_introspection_of_a_bogus_token_tells_it_too(
    browser: Browser, made: dict[str, str], secret: str | None, status: int
) -> None:
    form = {"token": "bogus"} | made | ({"client_secret": secret} if secret else {})
    answer = await browser.ask("POST", "/oidc/token/introspection", form=form)
    assert answer.status == status
    assert answer.json == ({"active": False} if status == 200 else BAD_CLIENT)


async def test_prompt_none_redirects_and_leaves_no_interaction(
    idp: EncvoyStandIn, browser: Browser, made: dict[str, str]
) -> None:
    answer = await browser.authorize(made["client_id"], prompt="none")
    assert answer.status == 303
    assert answer.location.startswith(CALLBACK)
    assert answer.query == {
        "error": "interaction_required",
        "error_description": "End-User authentication is required",
        "state": "S",
        "iss": idp.url,
    }
    assert "error_description=End-User+authentication+is+required" in answer.location
    assert idp.state.vault.interactions == {}


@pytest.mark.parametrize("headers", [BROWSER, PROGRAM])
@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"client_id": "unknown"}, "invalid_client", "client is invalid"),
        ({"client_id": ""}, "invalid_request", "missing required parameter &#39;client_id&#39;"),
        (
            {"redirect_uri": "https://evil.example"},
            "invalid_redirect_uri",
            "redirect_uri did not match any of the client&#39;s registered redirect_uris",
        ),
    ],
)
async def test_auth_answers_html_whatever_is_accepted(
    browser: Browser,
    made: dict[str, str],
    headers: dict[str, str],
    changes: dict[str, str],
    error: str,
    description: str,
) -> None:
    params = REQUEST | {"client_id": made["client_id"]} | changes
    answer = await browser.ask("GET", "/oidc/auth", params=params, headers=headers)
    assert (answer.status, answer.kind) == (400, "text/html")
    assert "<title>oops! something went wrong</title>" in answer.text
    assert f"<pre><strong>error</strong>: {error}</pre>" in answer.text
    assert f"<pre><strong>error_description</strong>: {description}</pre>" in answer.text


@pytest.mark.parametrize(
    ("changes", "error", "mark"),
    [
        ({"response_type": "bogus"}, "unsupported_response_type", "?"),
        ({"response_type": "id_token", "nonce": "N"}, "invalid_request", "#"),
        ({"prompt": "none login"}, "invalid_request", "?"),
        ({"code_challenge": "c" * 43}, "invalid_request", "?"),
    ],
)
async def test_other_errors_of_an_authorization_go_back_to_the_client(
    browser: Browser, made: dict[str, str], changes: dict[str, str], error: str, mark: str
) -> None:
    answer = await browser.authorize(made["client_id"], **changes)
    assert answer.status == 303
    assert answer.location.startswith(f"{CALLBACK}{mark}error={error}&")


@pytest.mark.parametrize("scope", ["openid bogus", "bogus openid email"])
async def test_unknown_scopes_are_ignored(browser: Browser, made: dict[str, str], scope: str) -> None:
    assert (await par(browser, made, scope=scope)).status == 201
    assert (await browser.authorize(made["client_id"], scope=scope)).status == 303


@pytest.mark.parametrize(
    "path", ["/oidc/token", "/oidc/request", "/oidc/token/introspection", "/oidc/token/revocation"]
)
@pytest.mark.parametrize(("headers", "kind"), [(BROWSER, "text/html"), (PROGRAM, "application/json")])
async def test_errors_follow_the_accept_header(browser: Browser, path: str, headers: dict[str, str], kind: str) -> None:
    form = {"client_id": "unknown", "client_secret": "wrong"}
    answer = await browser.ask("POST", path, form=form, headers=headers)
    assert (answer.status, answer.kind) == (401, kind)


@pytest.mark.parametrize(
    ("form", "status", "description"),
    [
        ({}, 400, "no client authentication mechanism provided"),
        ({"grant_type": "authorization_code"}, 400, "no client authentication mechanism provided"),
        ({"client_id": "ID"}, 401, "client authentication failed"),
        ({"client_id": "ID", "client_secret": "SECRET"}, 400, "missing required parameter 'grant_type'"),
    ],
)
async def test_what_the_token_endpoint_misses(
    browser: Browser, made: dict[str, str], form: dict[str, str], status: int, description: str
) -> None:
    values = {"ID": made["client_id"], "SECRET": made["client_secret"]}
    answer = await browser.ask(
        "POST", "/oidc/token", form={name: values.get(text, text) for name, text in form.items()}
    )
    assert (answer.status, answer.json["error_description"]) == (status, description)


async def test_the_token_endpoint_takes_forms_only(browser: Browser) -> None:
    answer = await browser.ask("POST", "/oidc/token", body={"grant_type": "authorization_code"})
    assert answer.status == 400
    text = "only application/x-www-form-urlencoded content-type bodies are supported on POST /token"
    assert answer.json == {"error": "invalid_request", "error_description": text}


async def test_a_pushed_request_belongs_to_its_client(browser: Browser, made: dict[str, str], create: Create) -> None:
    uri = (await par(browser, made)).json["request_uri"]
    other = (await create()).json["client_id"]
    answer = await browser.ask("GET", "/oidc/auth", params={"client_id": other, "request_uri": uri})
    assert answer.status == 303
    assert answer.query["error"] == "invalid_request_object"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/oidc/reg", 404), ("GET", "/oidc/token", 404), ("GET", "/oidc/request", 405)],
)
async def test_routes_and_methods_that_are_not_there(browser: Browser, method: str, path: str, status: int) -> None:
    answer = await browser.ask(method, path, headers=PROGRAM)
    assert answer.status == status
    if status == 404:
        assert answer.json["error"] == "invalid_request"


async def test_a_form_is_wanted_at_auth_too_and_its_absence_is_a_page(browser: Browser) -> None:
    answer = await browser.ask("POST", "/oidc/auth", body=REQUEST, headers=PROGRAM)
    assert (answer.status, answer.kind) == (400, "text/html")
    assert "content-type bodies are supported on POST /auth" in answer.text


@pytest.mark.parametrize("path", ["/oidc/jwks", "/oidc/.well-known/openid-configuration"])
async def test_documents_have_a_head_and_take_no_post(browser: Browser, path: str) -> None:
    assert (await browser.ask("HEAD", path)).status == 200
    assert (await browser.ask("POST", path)).json["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("claims", "status", "error"),
    [(b"", 400, "invalid_request"), (b"{}", 401, "invalid_client"), (b'{"sub": "x"}', 400, "invalid_request")],
)
async def test_nobody_is_let_in_by_a_signed_assertion(browser: Browser, claims: bytes, status: int, error: str) -> None:
    assertion = f"x.{base64.urlsafe_b64encode(claims).decode()}.x"
    answer = await browser.ask("POST", "/oidc/token", form={"client_assertion": assertion})
    assert (answer.status, answer.json["error"]) == (status, error)
