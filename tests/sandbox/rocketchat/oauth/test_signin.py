"""The legacy login engine against an identity provider over real sockets (facts/rocketchat.md §3.2, §3.3)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.rocketchat.second_factor import enrol_totp, totp
from tests.support.provider import Provider
from tests.support.rocket import Reply, Rocket, running

TOKEN = "c" * 43


@pytest_asyncio.fixture
async def rocket(provider: Provider) -> AsyncIterator[Rocket]:
    async with running() as rocket:
        rocket.standin.settings.write("API_Enable_Rate_Limiter", False)
        await connect(rocket, provider)
        yield rocket


async def connect(rocket: Rocket, provider: Provider, **values: Any) -> None:
    """The service `encvoyid` at this provider."""
    defaults = {"url": provider.server.url, "token_path": "/token", "id": "client", "secret": "generated-secret"}
    await rocket.service(**{**defaults, "username_field": "login", "identity_token_sent_via": "header", **values})


def state(style: str = "popup", **more: Any) -> str:
    given = {"loginStyle": style, "credentialToken": TOKEN, "isCordova": False, **more}
    return base64.b64encode(json.dumps(given).encode()).decode()


async def back(rocket: Rocket, query: dict[str, str] | None = None, service: str = "encvoyid") -> tuple[Reply, Any]:
    """The browser comes back; the page and its config."""
    reply = await rocket.get(f"/_oauth/{service}", who=None, **(query or {"code": "generated-code", "state": state()}))
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    found = re.search(r'<div id="config"[^>]*>(.*?)</div>', reply.text)
    assert found
    config = {k: html.unescape(v) if isinstance(v, str) else v for k, v in json.loads(found.group(1)).items()}
    return reply, config


async def complete(rocket: Rocket, secret: Any, token: str = TOKEN) -> Any:
    """The client's login with the credential: the inner message."""
    return await rocket.method("login", {"oauth": {"credentialToken": token, "credentialSecret": secret}}, who=None)


async def come_in(rocket: Rocket) -> Any:
    _, config = await back(rocket)
    return await complete(rocket, config["credentialSecret"])


async def problem_of(rocket: Rocket) -> str:
    """What the client is told after a failed exchange."""
    _, config = await back(rocket)
    assert config["setCredentialToken"] is False
    assert "credentialSecret" not in config
    reason: str = (await complete(rocket, None))["error"]["reason"]
    return reason


# The two requests to the provider.


async def test_the_code_is_exchanged_with_the_credentials_in_the_body(rocket: Rocket, provider: Provider) -> None:
    await back(rocket)
    headers, _, form = provider.seen[0]
    assert form == {
        "code": "generated-code",
        "redirect_uri": f"{rocket.standin.url}/_oauth/encvoyid",
        "grant_type": "authorization_code",
        "state": state(),
        "client_id": "client",
        "client_secret": "generated-secret",
    }
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("Meteor/")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert {"Authorization", "Cookie"}.isdisjoint(headers)


async def test_or_as_basic_when_sent_via_header(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, token_sent_via="header")
    await back(rocket)
    headers, _, form = provider.seen[0]
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"client:generated-secret").decode()
    assert {"client_id", "client_secret"}.isdisjoint(form)


async def test_the_token_goes_as_bearer_when_sent_via_header(rocket: Rocket, provider: Provider) -> None:
    await back(rocket)
    headers, query, _ = provider.seen[1]
    assert (headers["Authorization"], query) == ("Bearer generated-access", {})
    assert headers["Accept"] == "application/json"


@pytest.mark.parametrize("via", ["payload", "default"])
async def test_or_in_the_query_under_its_name(rocket: Rocket, provider: Provider, via: str) -> None:
    await connect(rocket, provider, identity_token_sent_via=via, access_token_param="tok")
    await back(rocket)
    headers, query, _ = provider.seen[1]
    assert query == {"tok": "generated-access"}
    assert "Authorization" not in headers


async def test_default_is_as_the_token_is_sent(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, token_sent_via="header", identity_token_sent_via="default")
    await back(rocket)
    assert provider.seen[1][0]["Authorization"] == "Bearer generated-access"


async def test_absolute_paths_are_taken_as_they_are(rocket: Rocket, provider: Provider) -> None:
    url = provider.server.url
    await connect(
        rocket, provider, url="https://elsewhere.invalid", token_path=f"{url}/token", identity_path=f"{url}/me"
    )
    assert (await come_in(rocket))["result"]["type"] == "oauth"


async def test_what_is_live_counts_not_what_is_stored(rocket: Rocket, provider: Provider) -> None:
    rocket.standin.settings.write("Accounts_OAuth_Custom-Encvoyid-secret", "generated-later")
    await back(rocket)
    assert provider.seen[0][2]["client_secret"] == "generated-secret"
    rocket.standin.login_services.rewrite()
    await back(rocket)
    assert provider.seen[2][2]["client_secret"] == "generated-later"


# The page after the callback.


async def test_the_popup_page_hands_over_the_credential(rocket: Rocket) -> None:
    reply, config = await back(rocket)
    secret = config.pop("credentialSecret")
    assert len(secret) >= 43
    assert config == {
        "setCredentialToken": True,
        "credentialToken": TOKEN,
        "storagePrefix": "Meteor.oauth.credentialSecret-",
        "isCordova": False,
    }
    assert "/packages/oauth/end_of_popup_response.js" in reply.text


async def test_the_redirect_page_leads_back_into_the_workspace(rocket: Rocket) -> None:
    home = f"{rocket.standin.url}/home"
    reply, config = await back(rocket, {"code": "x", "state": state("redirect", redirectUrl=home)})
    assert (config["redirectUrl"], config["setCredentialToken"]) == (home, True)
    assert "/packages/oauth/end_of_redirect_response.js" in reply.text


@pytest.mark.parametrize("evil", ["https://evil.example/", "", "{site}.evil.example/", "//evil.example"])
async def test_a_redirect_to_elsewhere_is_refused(rocket: Rocket, evil: str) -> None:
    given = state("redirect", redirectUrl=evil.replace("{site}", rocket.standin.url))
    _, config = await back(rocket, {"code": "x", "state": given})
    assert (config["redirectUrl"], config["setCredentialToken"]) == (f"{rocket.standin.url}/", False)


@pytest.mark.parametrize("script", ["end_of_popup_response.js", "end_of_redirect_response.js"])
async def test_the_scripts_are_served(rocket: Rocket, script: str) -> None:
    reply = await rocket.get(f"/packages/oauth/{script}", who=None)
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, "text/javascript")


@pytest.mark.parametrize("bad", ["", "!", "bm90IGpzb24=", base64.b64encode(b'{"loginStyle":"odd"}').decode()])
async def test_a_state_that_cannot_be_read_never_breaks_the_page(rocket: Rocket, bad: str) -> None:
    reply, _ = await back(rocket, {"code": "x", "state": bad})
    assert "end_of_popup_response.js" in reply.text


# Failures: always 200, told at the login.


async def test_an_error_of_the_provider_parks_nothing(rocket: Rocket, provider: Provider) -> None:
    _, config = await back(rocket, {"error": "access_denied", "state": state()})
    assert config["setCredentialToken"] is False
    assert provider.seen == []
    assert (await complete(rocket, None))["error"]["reason"] == "No matching login attempt found"


async def test_a_refused_exchange(rocket: Rocket, provider: Provider) -> None:
    provider.token_status, provider.token_answer = 401, {"error": "invalid_client"}
    url = f"{provider.server.url}/token"
    assert await problem_of(rocket) == f"Failed to complete OAuth handshake with encvoyid at {url}. Unauthorized"


@pytest.mark.parametrize(
    ("answer", "end"),
    [({"error": "invalid_grant"}, "invalid_grant"), ("<html>", "the answer is not JSON"), ({}, "no access token")],
)
async def test_an_exchange_that_gives_no_token(rocket: Rocket, provider: Provider, answer: Any, end: str) -> None:
    provider.token_answer = answer
    problem = await problem_of(rocket)
    assert problem.startswith("Failed to complete OAuth handshake with encvoyid at ")
    assert problem.endswith(end)


async def test_a_refused_identity(rocket: Rocket, provider: Provider) -> None:
    provider.identity_status = 403
    url = f"{provider.server.url}/me"
    assert await problem_of(rocket) == f"Failed to fetch identity from encvoyid at {url}. Forbidden"


async def test_a_provider_that_is_away(rocket: Rocket, provider: Provider) -> None:
    await provider.server.stop()
    assert (await problem_of(rocket)).startswith("Failed to complete OAuth handshake with encvoyid at ")


async def test_a_missing_claim(rocket: Rocket, provider: Provider) -> None:
    del provider.claims["login"]
    assert await problem_of(rocket) == "CustomOAuth: Failed to extract username"


async def test_a_service_that_is_not_live(rocket: Rocket) -> None:
    _, config = await back(rocket, service="nothing")
    assert config["setCredentialToken"] is False


# Completion.


async def test_a_person_comes_in_and_their_token_works(rocket: Rocket) -> None:
    result = (await come_in(rocket))["result"]
    assert (result["type"], set(result)) == ("oauth", {"id", "token", "tokenExpires", "type"})
    headers = {"X-User-Id": result["id"], "X-Auth-Token": result["token"]}
    me = (await rocket.call("GET", "me", who=None, headers=headers)).body
    assert (me["username"], me["name"], me["roles"]) == ("ada", "Ada", ["user"])
    assert rocket.standin.ledger.of("sign-in")[-1].who == result["id"]


async def test_the_same_person_comes_in_again_as_the_same_user(rocket: Rocket) -> None:
    first, second = await come_in(rocket), await come_in(rocket)
    assert first["result"]["id"] == second["result"]["id"]


async def test_a_credential_is_good_once(rocket: Rocket) -> None:
    _, config = await back(rocket)
    assert "result" in await complete(rocket, config["credentialSecret"])
    error = (await complete(rocket, config["credentialSecret"]))["error"]
    assert (error["error"], error["reason"]) == (0x8ACDC2F, "No matching login attempt found")


@pytest.mark.parametrize("secret", ["wrong", "", None])
async def test_the_secret_must_match(rocket: Rocket, secret: str | None) -> None:
    await back(rocket)
    assert (await complete(rocket, secret))["error"]["error"] == 0x8ACDC2F


@pytest.mark.parametrize(("seconds", "fits"), [(59.0, True), (61.0, False)])
async def test_a_credential_lives_for_a_minute(rocket: Rocket, seconds: float, fits: bool) -> None:
    _, config = await back(rocket)
    rocket.clock.shift = seconds
    assert ("result" in await complete(rocket, config["credentialSecret"])) is fits


async def test_an_existing_name_is_refused_at_the_login(rocket: Rocket, provider: Provider) -> None:
    provider.claims["login"] = "member"
    error = (await come_in(rocket))["error"]
    assert (error["error"], error["message"]) == (403, "Username already exists. [403]")


async def test_totp_is_asked_and_the_credential_waits_longer(rocket: Rocket) -> None:
    user_id = (await come_in(rocket))["result"]["id"]
    user = rocket.standin.people.get(user_id)
    assert user is not None
    secret = enrol_totp(user)
    _, config = await back(rocket)
    assert (await complete(rocket, config["credentialSecret"]))["error"]["error"] == "totp-required"
    rocket.clock.shift = 110.0
    login = {"oauth": {"credentialToken": TOKEN, "credentialSecret": config["credentialSecret"]}}
    code = totp(secret, rocket.clock.now())
    answer = await rocket.method("login", {"totp": {"code": code, "login": login}}, who=None)
    assert answer["result"]["id"] == user_id


async def test_a_new_person_is_asked_for_an_email_code_only_after_half_an_hour(rocket: Rocket) -> None:
    await come_in(rocket)
    assert "result" in await come_in(rocket)
    rocket.clock.shift = 1801.0
    error = (await come_in(rocket))["error"]
    assert (error["error"], error["details"]["method"]) == ("totp-required", "email")


# A workspace below a path.


async def test_a_workspace_below_a_path(provider: Provider) -> None:
    async with running(path="/chat") as rocket:
        assert rocket.standin.url.endswith("/chat")
        assert rocket.standin.settings.get("Site_Url") == rocket.standin.url
        await connect(rocket, provider)
        reply, config = await back(rocket)
        assert 'src="/chat/packages/oauth/end_of_popup_response.js"' in reply.text
        assert provider.seen[0][2]["redirect_uri"].endswith("/chat/_oauth/encvoyid")
        assert "result" in await complete(rocket, config["credentialSecret"])
        assert (await rocket.get("nothing")).status == 404


async def test_site_url_decides_about_the_callback(rocket: Rocket, provider: Provider) -> None:
    rocket.standin.settings.write("Site_Url", "https://chat.example/")
    await back(rocket)
    assert provider.seen[0][2]["redirect_uri"] == "https://chat.example/_oauth/encvoyid"
