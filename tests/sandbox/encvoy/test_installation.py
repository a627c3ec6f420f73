"""Where everything is, who is there, and what else is answered: facts/encvoy-id.md §1, §6, §10."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from sandbox.encvoy import EncvoyStandIn, Switches
from sandbox.encvoy.oidc_errors import prefers_html
from sandbox.faults import Fault, FaultEffect, When
from tests.support.idp_browser import Browser, Create, Wall, token_of, tokens_of

DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = {
    "authorization_endpoint": "/oidc/auth",
    "token_endpoint": "/oidc/token",
    "userinfo_endpoint": "/oidc/me",
    "jwks_uri": "/oidc/jwks",
    "introspection_endpoint": "/oidc/token/introspection",
    "revocation_endpoint": "/oidc/token/revocation",
    "pushed_authorization_request_endpoint": "/oidc/request",
    "end_session_endpoint": "/oidc/session/end",
}


@pytest.mark.parametrize("path", [DISCOVERY, "/oidc" + DISCOVERY])
async def test_the_issuer_is_the_domain_and_the_endpoints_are_under_oidc(
    idp: EncvoyStandIn, browser: Browser, path: str
) -> None:
    answer = await browser.ask("GET", path)
    assert answer.status == 200
    document = answer.json
    assert document["issuer"] == idp.url
    assert {name: document[name] for name in ENDPOINTS} == {name: idp.url + at for name, at in ENDPOINTS.items()}
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert set(document["grant_types_supported"]) == {"authorization_code", "refresh_token", "implicit"}
    assert document["response_types_supported"] == [
        "code",
        "code id_token",
        "code token",
        "code id_token token",
        "id_token",
        "none",
    ]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert (document["request_parameter_supported"], document["claims_parameter_supported"]) == (False, False)
    assert "registration_endpoint" not in document


async def test_endpoints_follow_the_host_that_was_asked_and_the_issuer_does_not(
    idp: EncvoyStandIn, browser: Browser
) -> None:
    by_host = (await browser.ask("GET", DISCOVERY, headers={"Host": "id.inside:3003"})).json
    assert by_host["token_endpoint"] == "http://id.inside:3003/oidc/token"
    forwarded = {"X-Forwarded-Host": "id.example", "X-Forwarded-Proto": "https"}
    by_proxy = (await browser.ask("GET", DISCOVERY, headers=forwarded)).json
    assert by_proxy["token_endpoint"] == "https://id.example/oidc/token"
    assert by_host["issuer"] == by_proxy["issuer"] == idp.url


@pytest.mark.parametrize("path", ["/api/oidc" + DISCOVERY, "/api/oidc/token", "/api/oidc/auth", "/api/oidc"])
async def test_the_path_of_the_vendors_pages_is_404(browser: Browser, path: str) -> None:
    answer = await browser.ask("GET", path)
    assert (answer.status, answer.kind) == (404, "text/html")
    assert "nginx" in answer.text


async def test_an_installation_as_the_vendors_pages_say(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.switches.oidc_prefix = "/api/oidc"
    idp.switches.discovery_at = ("/api/oidc" + DISCOVERY,)
    document = (await browser.ask("GET", "/api/oidc" + DISCOVERY)).json
    assert document["token_endpoint"] == f"{idp.url}/api/oidc/token"
    assert (await browser.ask("GET", "/oidc/jwks")).status == 404
    assert (await browser.ask("GET", "/oidc" + DISCOVERY)).status == 404
    params = {"client_id": idp.state.main_id, "response_type": "code", "redirect_uri": f"{idp.url}/code"}
    page = (await browser.ask("GET", "/api/oidc/auth", params=params | {"scope": "openid"})).location
    resumed = await browser.sign_in(page, idp.person("manager"))
    assert resumed.location.startswith("/api/oidc/auth/")
    assert (await browser.ask("GET", resumed.location)).location.startswith(f"{idp.url}/code?code=")


async def test_discovery_can_be_anywhere_or_nowhere(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.switches.discovery_at = ("/oidc" + DISCOVERY,)
    outside = await browser.ask("GET", DISCOVERY)
    assert (outside.status, outside.kind) == (200, "text/html")
    assert (await browser.ask("GET", "/oidc" + DISCOVERY)).status == 200
    idp.switches.discovery_at = ()
    assert (await browser.ask("GET", "/oidc" + DISCOVERY)).status == 404


async def test_the_public_address_may_be_localhost() -> None:
    idp = EncvoyStandIn(public_url="http://localhost:{port}")
    await idp.start()
    try:
        assert idp.url == f"http://localhost:{idp.port}"
        assert idp.main["redirect_uris"] == [f"{idp.url}/code", f"{idp.url}/login"]
        assert await token_of(idp, "manager")
    finally:
        await idp.stop()


async def test_cookies_are_secure_behind_https() -> None:
    idp = EncvoyStandIn(public_url="https://id.example")
    await idp.start()
    async with Browser(idp) as browser:
        at = f"http://127.0.0.1:{idp.port}/oidc/auth"
        params = {"client_id": idp.state.main_id, "response_type": "code", "scope": "openid"}
        answer = await browser.ask("GET", at, params=params | {"redirect_uri": "https://id.example/code"})
    await idp.stop()
    assert answer.location.startswith("https://id.example/api/interaction/")
    assert all(morsel["secure"] for morsel in answer.cookies.values())


async def test_it_comes_back_on_the_same_port_with_what_it_knew(idp: EncvoyStandIn, create: Create) -> None:
    made = (await create()).json
    port, before = idp.port, dict(idp.clients.by_id)
    await idp.stop()
    await idp.start()
    assert idp.port == port
    assert idp.clients.by_id == before
    assert made["client_id"] in before
    async with Browser(idp) as browser:
        assert (await browser.ask("GET", "/api/v1/settings")).status == 200


async def test_stopping_lets_go_of_what_hangs(idp: EncvoyStandIn, browser: Browser, editor: str) -> None:
    idp.switches.hang_seconds = 60.0
    hanging = asyncio.create_task(browser.ask("PUT", "/api/v1/clients/unknown", token=editor, body={}))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        await idp.stop()
    finished, _ = await asyncio.wait({hanging}, timeout=10)
    assert finished
    assert finished.pop().exception() is not None


async def test_after_coming_back_it_hangs_as_before(idp: EncvoyStandIn, browser: Browser, editor: str) -> None:
    await idp.stop()
    await idp.start()
    assert (await browser.ask("PUT", "/api/v1/clients/unknown", token=editor, body={})).status == 504


async def test_the_introduction(idp: EncvoyStandIn, browser: Browser) -> None:
    introduced = json.loads(idp.introduction.line())
    manager = idp.introduction.account("manager")
    assert introduced["url"] == idp.url
    assert introduced["env"] == {
        "SSOBOT_ENCVOY_URL": idp.url,
        "SSOBOT_ENCVOY_CLIENT_ID": idp.state.main_id,
        "SSOBOT_ENCVOY_LOGIN": "ssobot",
        "SSOBOT_ENCVOY_PASSWORD": manager.password,
    }
    roles = [(account["role"], account["user_id"], account["token"]) for account in introduced["accounts"]]
    assert roles == [
        ("owner", "1", ""),
        ("manager", "2", ""),
        ("editor", "3", ""),
        ("person", "4", ""),
        ("person2", "5", ""),
    ]
    assert len({account["password"] for account in introduced["accounts"]}) == 5
    for account in idp.introduction.accounts:
        page = (await browser.authorize()).location
        assert (await browser.sign_in(page, idp.people.by_id[int(account.user_id)])).status == 302


def test_passwords_are_not_made_from_the_seed() -> None:
    first, second = EncvoyStandIn(seed=1), EncvoyStandIn(seed=1)
    assert first.state.main_id == second.state.main_id
    assert first.person("manager").password != second.person("manager").password


async def test_settings_have_a_public_and_a_privileged_part(
    idp: EncvoyStandIn, browser: Browser, manager: str, editor: str
) -> None:
    public = {
        "i18n",
        "data_processing_agreement",
        "prohibit_identifier_binding",
        "authorize_only_admins",
        "registration_policy",
        "default_public_profile_claims_gravatar",
        "default_public_profile_claims_oauth",
        "allowed_login_fields",
    }
    for token in (None, manager):
        answer = await browser.ask("GET", "/api/v1/settings", token=token)
        assert (answer.status, set(answer.json)) == (200, public)
    privileged = (await browser.ask("GET", "/api/v1/settings", token=editor)).json
    more = {"two_factor_authentication", "ignore_required_fields_for_clients", "sentry", "catalog"}
    assert set(privileged) == public | more
    assert privileged["i18n"] == {"default_language": "en-US"}
    assert privileged["allowed_login_fields"] == "login phone_number"


async def test_settings_are_changed_by_editors_only(
    idp: EncvoyStandIn, browser: Browser, manager: str, editor: str
) -> None:
    body = {"i18n": {"default_language": "de-DE"}}
    assert (await browser.ask("PUT", "/api/v1/settings", token=manager, body=body)).status == 403
    assert idp.settings.default_language == "en-US"
    assert (await browser.ask("PUT", "/api/v1/settings", token=editor, body=body)).status == 200
    assert idp.settings.default_language == "de-DE"
    assert (await browser.ask("PUT", "/api/v1/settings", token=editor, body={"bogus": 1})).status == 400


async def test_rules_are_public_and_their_ids_differ_by_installation(idp: EncvoyStandIn, browser: Browser) -> None:
    rules = (await browser.ask("GET", "/api/v1/settings/rules")).json
    assert {"login", "email"} <= {rule["field_name"] for rule in rules}
    assert all({"id", "field_name", "required", "active"} <= set(rule) for rule in rules)
    assert len({EncvoyStandIn(seed=seed).state.rule("email").id for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html"),
        ("/health", 200, "text/html"),
        ("/code?code=x", 200, "text/html"),
        ("/api", 200, "text/html"),
        ("/api-json", 200, "application/json"),
        ("/auth/token", 500, "application/json"),
        ("/api/v1/bogus", 404, "application/json"),
    ],
)
async def test_other_paths(browser: Browser, path: str, status: int, kind: str) -> None:
    answer = await browser.ask("GET", path)
    assert (answer.status, answer.kind) == (status, kind)


async def test_the_version_is_in_the_description_of_the_api(browser: Browser) -> None:
    assert (await browser.ask("GET", "/api-json")).json["info"]["version"] == "v1.0.10"


async def test_an_unknown_route_has_the_usual_body(browser: Browser) -> None:
    body = (await browser.ask("GET", "/api/v1/bogus?x=1")).json
    assert (body["message"], body["errorCode"], body["path"]) == (
        "Cannot GET /api/v1/bogus?x=1",
        None,
        "/api/v1/bogus?x=1",
    )


async def test_a_new_user_starts_as_an_ordinary_one(
    idp: EncvoyStandIn, browser: Browser, manager: str, editor: str
) -> None:
    body = {"login": "newcomer", "password": "generated-for-a-test", "nickname": "New"}
    assert (await browser.ask("POST", "/api/v1/users", token=manager, body=body)).status == 403
    made = await browser.ask("POST", "/api/v1/users", token=editor, body=body)
    assert (made.status, made.json) == (201, {"id": 6, "nickname": "New"})
    token = (await tokens_of(idp, idp.people.by_id[6]))["access_token"]
    assert (await browser.ask("POST", "/api/v1/clients", token=token, body={})).status == 403


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/v1/settings"), ("POST", "/api/v1/users")])
@pytest.mark.parametrize("data", ["[]", "{"])
async def test_a_body_that_is_no_object(browser: Browser, editor: str, method: str, path: str, data: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await browser.ask(method, path, token=editor, headers=headers, data=data)
    assert (answer.status, answer.json["errorCode"]) == (400, None)


async def test_a_fault_can_lose_the_answer_of_what_was_done(idp: EncvoyStandIn, create: Create) -> None:
    idp.faults.add(Fault("POST", "/api/v1/clients", FaultEffect.DROP, When.AFTER, times=1))
    before = len(idp.clients.by_id)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await create()
    assert len(idp.clients.by_id) == before + 1


async def test_the_ledger_knows_who_asked(idp: EncvoyStandIn, browser: Browser, manager: str) -> None:
    await browser.ask("GET", "/api/v1/clients", token=manager)
    await browser.ask("GET", "/api/v1/settings")
    entries = [entry for entry in idp.ledger.requests("GET") if entry.path.startswith("/api/v1")]
    assert [(entry.path, entry.who) for entry in entries] == [("/api/v1/clients", "2"), ("/api/v1/settings", None)]


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json, text/html", False),
        ("text/html, application/json", True),
        ("text/html;q=0.5, application/json", False),
        ("text/*", True),
        ("image/png", False),
    ],
)
def test_html_is_for_whoever_prefers_it(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html


def test_the_defaults_of_an_installation() -> None:
    switches = Switches()
    assert (switches.node_env, switches.hang_seconds, switches.race) == ("production", 60.0, False)
    assert EncvoyStandIn(clock=Wall()).settings.default_language == "en-US"
