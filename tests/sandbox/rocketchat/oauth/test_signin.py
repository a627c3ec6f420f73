"""The legacy login engine against an identity provider over real sockets (facts/rocketchat.md §3.2, §3.3)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.second_factor import enrol_totp, totp
from sandbox.rocketchat.standin import Switches
from tests.sandbox.rocketchat.oauth.provider import (
    TOKEN,
    Provider,
    back,
    come_in,
    complete,
    connect,
    problem,
    problem_of,
    state,
)
from tests.support.rocket import Rocket, running

FAILED = "Failed to complete OAuth handshake with encvoyid at "
NO_MATCH = (0x8ACDC2F, "No matching login attempt found")
HIDDEN = (401, "User not found")
"""What every refusal before somebody is known reads since 7.0."""


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


# Rows of facts/rocketchat.md §16.


async def test_identity_token_sent_via_empty(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, token_sent_via="header", identity_token_sent_via="")
    await back(rocket)
    headers, query, _ = provider.seen[1]
    assert ("Authorization" in headers, query) == (False, {"access_token": "generated-access"})


async def test_access_token_param_empty(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, identity_token_sent_via="payload", access_token_param="")
    await back(rocket)
    assert provider.seen[1][1] == {"": "generated-access"}


async def test_login_style_empty(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, login_style="")
    await back(rocket)
    assert provider.seen[0][2]["redirect_uri"] == f"{rocket.standin.url}/_oauth/encvoyid?close"


@pytest.mark.parametrize("answer", [{}, "[]", '"text"'])
async def test_token_answer_without_access_token(rocket: Rocket, provider: Provider, answer: Any) -> None:
    provider.token_answer = answer
    await back(rocket)
    assert provider.seen[1][0]["Authorization"] == "Bearer undefined"


@pytest.mark.parametrize("name", [42, ["ada", "lovelace"]])
async def test_numeric_or_list_user_name_is_shown_as_it_is(rocket: Rocket, provider: Provider, name: Any) -> None:
    provider.claims["login"] = name
    user = rocket.standin.people.get((await come_in(rocket))["result"]["id"])
    assert user
    assert user.basic()["username"] == name


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


@pytest.mark.parametrize("bad", ["", "!", "bm90IGpzb24=", base64.b64encode(b"null").decode()])
async def test_a_state_that_cannot_be_read_never_breaks_the_page(rocket: Rocket, bad: str) -> None:
    reply, _ = await back(rocket, {"code": "x", "state": bad})
    assert "end_of_popup_response.js" in reply.text


# Failures: always 200, and nobody is told why.


async def test_an_error_of_the_provider_parks_nothing(rocket: Rocket, provider: Provider) -> None:
    _, config = await back(rocket, {"error": "access_denied", "state": state()})
    assert config["setCredentialToken"] is False
    assert provider.seen == []
    assert (await complete(rocket, None))["error"]["reason"] == "User not found"


async def test_of_a_failed_exchange_the_client_hears_nothing(rocket: Rocket, provider: Provider) -> None:
    provider.token_status = 401
    await back(rocket)
    assert (await complete(rocket, None))["error"] == {}


@pytest.mark.parametrize(("status", "text"), [(400, "Bad Request"), (401, "Unauthorized"), (404, "Not Found")])
async def test_a_refused_exchange(rocket: Rocket, provider: Provider, status: int, text: str) -> None:
    provider.token_status, provider.token_answer = status, {"error": "invalid_client"}
    assert await problem_of(rocket) == f"{FAILED}{provider.server.url}/token. {text}"


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        ({"error": "invalid_grant"}, "invalid_grant"),
        (
            "<html>",
            "invalid json response body at {url} reason: Unexpected token '<', \"<html>\" is not valid JSON",
        ),
        ("null", "No response received"),
    ],
)
async def test_an_exchange_that_gives_no_token(rocket: Rocket, provider: Provider, answer: Any, end: str) -> None:
    provider.token_answer = answer
    url = f"{provider.server.url}/token"
    assert await problem_of(rocket) == f"{FAILED}{url}. {end.format(url=url)}"


async def test_a_refused_identity(rocket: Rocket, provider: Provider) -> None:
    provider.identity_status = 403
    url = f"{provider.server.url}/me"
    assert await problem_of(rocket) == f"Failed to fetch identity from encvoyid at {url}. Forbidden"


async def test_a_provider_that_is_away(rocket: Rocket, provider: Provider) -> None:
    await provider.server.stop()
    url = f"{provider.server.url}/token"
    where = provider.server.url.removeprefix("http://")
    assert await problem_of(rocket) == f"{FAILED}{url}. request to {url} failed, reason: connect ECONNREFUSED {where}"


async def test_a_missing_claim(rocket: Rocket, provider: Provider) -> None:
    del provider.claims["login"]
    url = f"{provider.server.url}/me"
    expected = f"Failed to fetch identity from encvoyid at {url}. CustomOAuth: Failed to extract username"
    assert await problem_of(rocket) == expected


@pytest.mark.parametrize("service", ["nothing", "github"])
async def test_a_service_that_is_not_there(rocket: Rocket, service: str) -> None:
    _, config = await back(rocket, service=service)
    assert config["setCredentialToken"] is False
    assert problem(rocket) == f"Unexpected OAuth service {service}"


async def test_documents_without_value_count_as_the_defaults(rocket: Rocket, provider: Provider) -> None:
    """As after removal and adding again (facts/rocketchat.md §2.6)."""
    rocket.standin.login_services.drop("encvoyid")
    await connect(rocket, provider, token_path=None, secret=None, access_token_param=None)
    await back(rocket)
    assert problem(rocket) == f"{FAILED}{provider.server.url}/oauth/token. Not Found"
    await connect(rocket, provider, secret=None, identity_token_sent_via="", access_token_param=None)
    await back(rocket)
    assert provider.seen[0][2]["client_secret"] == "undefined"
    assert provider.seen[1][1] == {"access_token": "generated-access"}


async def test_each_instance_goes_by_what_it_was_configured_with_itself(provider: Provider) -> None:
    """Addresses and paths are the answering instance's own, client id and secret are the shared record's
    (facts/rocketchat.md §2.4, §3.1b)."""
    async with running(switches=Switches(instances=2, broadcasts=False)) as rocket:
        rocket.standin.settings.write("API_Enable_Rate_Limiter", False)
        await connect(rocket, provider)
        one, _ = rocket.standin.instances.each
        one.save("Accounts_OAuth_Custom-Encvoyid-token_path", "/nowhere")
        one.save("Accounts_OAuth_Custom-Encvoyid-secret", "another-secret")
        one.run()
        ends = [(await back(rocket))[1]["setCredentialToken"] for _ in range(4)]
        assert sorted(ends) == [False, False, True, True]
        assert {form["client_secret"] for _, _, form in provider.seen if form} == {"another-secret"}


async def test_who_comes_in_is_decided_by_the_instance_that_is_asked_for_the_login(provider: Provider) -> None:
    async with running(switches=Switches(instances=2, broadcasts=False)) as rocket:
        rocket.standin.settings.write("API_Enable_Rate_Limiter", False)
        await connect(rocket, provider, name_field="name", merge_users=False)
        await come_in(rocket)
        one, two = rocket.standin.instances.each
        one.save("Accounts_OAuth_Custom-Encvoyid-merge_users", True)
        one.run()
        provider.claims |= {"name": "Renamed"}
        secret = (await back(rocket))[1]["credentialSecret"]
        with pytest.raises(MeteorError):
            rocket.standin.sign_in.log_in(TOKEN, secret, None, two.id)
        secret = (await back(rocket))[1]["credentialSecret"]
        user, _ = rocket.standin.sign_in.log_in(TOKEN, secret, None, one.id)
        assert user.name == "Renamed"


async def test_a_service_without_an_address_is_never_configured(rocket: Rocket) -> None:
    await rocket.service("Other", url=None)
    await back(rocket, service="other")
    assert problem(rocket) == "Unexpected OAuth service other"


async def test_a_service_that_was_switched_off(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_OAuth_Custom-Encvoyid", False)
    rocket.standin.login_services.rewrite()
    assert await problem_of(rocket) == "Service not configured"
    await rocket.standin.restart()
    assert await problem_of(rocket) == "Unexpected OAuth service encvoyid"


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
    assert (error["error"], error["reason"]) == HIDDEN


@pytest.mark.parametrize(("version", "said"), [("6.14", NO_MATCH), ("7.0", HIDDEN)])
async def test_without_an_attempt_the_text_depends_on_the_version(version: str, said: tuple[int, str]) -> None:
    async with running(version) as rocket:
        error = (await complete(rocket, "x"))["error"]
        assert (error["error"], error["reason"]) == said


@pytest.mark.parametrize("secret", ["wrong", "", None])
async def test_the_secret_must_match(rocket: Rocket, secret: str | None) -> None:
    await back(rocket)
    assert (await complete(rocket, secret))["error"]["error"] == HIDDEN[0]


@pytest.mark.parametrize(("seconds", "fits"), [(59.0, True), (61.0, False)])
async def test_a_credential_lives_for_a_minute(rocket: Rocket, seconds: float, fits: bool) -> None:
    _, config = await back(rocket)
    rocket.clock.shift = seconds
    assert ("result" in await complete(rocket, config["credentialSecret"])) is fits


@pytest.mark.parametrize(
    ("version", "said"), [("6.14", (403, "Username already exists.")), ("7.0", HIDDEN), ("8.8", HIDDEN)]
)
async def test_a_refusal_while_the_user_is_resolved(provider: Provider, version: str, said: tuple[int, str]) -> None:
    provider.claims["login"] = "member"
    async with running(version) as rocket:
        await connect(rocket, provider)
        error = (await come_in(rocket))["error"]
        assert (error["error"], error["reason"]) == said
        assert problem(rocket) == "Username already exists. [403]"


async def test_whoever_is_known_and_not_activated_is_told(rocket: Rocket) -> None:
    user_id = (await come_in(rocket))["result"]["id"]
    user = rocket.standin.people.get(user_id)
    assert user
    user.active = False
    assert (await come_in(rocket))["error"]["error"] == "error-user-is-not-activated"


async def test_a_fault_of_the_server_itself_is_refused_as_well(rocket: Rocket, provider: Provider) -> None:
    del provider.claims["sub"]
    assert (await come_in(rocket))["error"]["error"] == HIDDEN[0]
    assert problem(rocket) == "Service data for service encvoyid must include id"


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
