"""People sign in, and are stopped at each step in turn."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest

from bot.secret import Secret
from bot.signin.walk import SignedIn, SignInStep, WalkFailed, sign_in
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect


async def walk(chat: Any, role: str = "person", **more: Any) -> SignedIn:
    """The person of that role signs in."""
    person = chat.identity.person(role)
    password = Secret(more.pop("password", person.password))
    return await sign_in(chat.url, "encvoyid", person.login, password, timeout=3.0, **more)


async def stopped(chat: Any, role: str = "person", **more: Any) -> WalkFailed:
    """How the walk of that person fails."""
    with pytest.raises(WalkFailed) as caught:
        await walk(chat, role, **more)
    return caught.value


async def test_a_person_comes_through_and_is_asked_once(chat: Any) -> None:
    first = await walk(chat)
    second = await walk(chat)

    assert (first.user_id, first.pages) == (second.user_id, ("publicity", "access"))
    assert "publicity" not in second.pages
    assert first.token != second.token


async def test_rocketchat_learns_login_and_email_by_the_consent(chat: Any, identity: EncvoyStandIn) -> None:
    signed_in = await walk(chat)

    claims = chat.users[signed_in.user_id.removeprefix("user")]
    person = identity.person("person")
    assert (claims["login"], claims["email"]) == (person.login, person.email)


async def test_an_empty_field_that_is_asked_for_is_filled_in(chat: Any) -> None:
    signed_in = await walk(chat, "person2", profile={"email": "plain2@people.example"})

    assert signed_in.pages == ("steps", "publicity", "access")


async def test_an_empty_field_without_an_answer_stops(chat: Any) -> None:
    failure = await stopped(chat, "person2")

    assert (failure.step, failure.code) == (SignInStep.PASSWORD, "steps")


async def test_a_field_that_stays_empty_stops(chat: Any) -> None:
    failure = await stopped(chat, "person2", profile={"phone_number": "1"})

    assert (failure.step, failure.code) == (SignInStep.CONSENT, "steps")


@pytest.mark.parametrize(("style", "has_redirect"), [("redirect", True), ("popup", False)])
async def test_the_state_is_as_the_web_client_makes_it(chat: Any, style: str, has_redirect: bool) -> None:
    chat.login_style = style

    await walk(chat)

    (state,) = chat.states
    assert state["loginStyle"] == style
    assert ("redirectUrl" in state) is has_redirect


async def test_the_issuer_comes_back_with_the_code(chat: Any) -> None:
    await walk(chat)

    assert set(chat.queries[0]) == {"code", "state", "iss"}


async def test_a_wrong_password_is_named(chat: Any) -> None:
    failure = await stopped(chat, password="wrong-word")

    assert (failure.step, failure.code) == (SignInStep.PASSWORD, "error")
    assert "Invalid credentials" in failure.why


@pytest.mark.parametrize("route", ["identifiers", "bind", "missing-identifiers", "recover-account"])
async def test_a_page_that_a_machine_cannot_answer_is_named(chat: Any, identity: EncvoyStandIn, route: str) -> None:
    identity.switches.login_route = route

    failure = await stopped(chat)

    assert (failure.step, failure.code) == (SignInStep.PASSWORD, route)


async def test_no_button_is_named(chat: Any) -> None:
    chat.button = False

    assert (await stopped(chat)).step is SignInStep.BUTTON


async def test_a_rate_limit_at_the_login_page_is_named(chat: Any) -> None:
    chat.status = 429

    failure = await stopped(chat)

    assert failure.step is SignInStep.BUTTON
    assert (failure.code, failure.why) == ("429", "Rocket.Chat asks to slow down.")


async def test_a_callback_that_is_not_registered_is_named(chat: Any, identity: EncvoyStandIn) -> None:
    identity.clients.by_id[chat.client_id]["redirect_uris"] = ["https://other.example/cb"]

    failure = await stopped(chat)

    assert (failure.step, failure.code) == (SignInStep.AUTHORIZE, "invalid_redirect_uri")


async def test_an_application_that_is_gone_is_named(chat: Any, identity: EncvoyStandIn) -> None:
    identity.clients.delete(chat.client_id)

    failure = await stopped(chat)

    assert (failure.step, failure.code) == (SignInStep.AUTHORIZE, "invalid_client")


async def test_a_wrong_path_is_named(chat: Any) -> None:
    chat.authorize_path = "/api/oidc/auth"

    assert (await stopped(chat)).step is SignInStep.AUTHORIZE


async def test_a_wrong_secret_in_rocketchat_stops_at_the_callback(chat: Any) -> None:
    chat.secret = "another"

    failure = await stopped(chat)

    assert (failure.step, failure.code) == (SignInStep.CALLBACK, None)
    assert "does not say why" in failure.why


async def test_a_failed_callback_is_no_failed_login_too(chat: Any) -> None:
    chat.secret = "another"

    await stopped(chat)

    assert chat.logins == 0


@pytest.mark.parametrize("page", ["", "<html>the application's shell</html>", '<div id="config">broken</div>'])
async def test_another_page_at_the_callback_is_named(chat: Any, page: str) -> None:
    chat.page = page

    assert (await stopped(chat)).step is SignInStep.CALLBACK


async def test_a_callback_of_another_sign_in_is_refused(chat: Any) -> None:
    config = {"setCredentialToken": True, "credentialToken": "another", "credentialSecret": "s"}
    chat.page = f"<div id='config'>{json.dumps(config)}</div>"

    failure = await stopped(chat)

    assert failure.step is SignInStep.CALLBACK
    assert "another sign-in" in failure.why


@pytest.mark.parametrize(
    ("refusal", "code", "said"),
    [
        ({"error": 403, "reason": "Username already exists."}, "403", "Username already exists"),
        ({"error": "totp-required", "reason": "TOTP Required"}, "totp-required", "TOTP Required"),
        ({"error": "@all", "reason": "see https://phish.example"}, None, "see https phish example"),
    ],
)
async def test_a_refusal_of_rocketchat_is_told_and_defused(
    chat: Any, refusal: dict[str, Any], code: str | None, said: str
) -> None:
    chat.refuses = refusal

    failure = await stopped(chat)

    assert (failure.step, failure.code) == (SignInStep.LOGIN, code)
    assert said in failure.why


@pytest.mark.parametrize("errors_are_400", [False, True])
@pytest.mark.parametrize("refusal", [{}, {"error": 401, "reason": "User not found"}])
async def test_no_reason_is_inferred_from_an_answer_that_has_none(
    chat: Any, refusal: dict[str, Any], errors_are_400: bool
) -> None:
    chat.refuses, chat.errors_are_400 = refusal, errors_are_400

    failure = await stopped(chat)

    assert failure.step is SignInStep.LOGIN
    assert "same response for every reason" in failure.why
    assert "not found" not in failure.text


async def test_without_a_login_style_the_callback_is_that_of_old_clients(chat: Any, identity: EncvoyStandIn) -> None:
    chat.login_style = ""
    identity.clients.by_id[chat.client_id]["redirect_uris"] = [f"{chat.url}/_oauth/encvoyid?close"]

    await walk(chat)

    assert "close" in chat.queries[0]


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("/oidc/auth", SignInStep.AUTHORIZE),
        ("/api/interaction/", SignInStep.AUTHORIZE),
        ("/oidc/auth/", SignInStep.CONSENT),
    ],
)
async def test_a_silent_encvoy_id_stops_where_it_fell_silent(
    chat: Any, identity: EncvoyStandIn, path: str, step: SignInStep
) -> None:
    identity.faults.add(Fault("GET", path, effect=FaultEffect.DROP))

    assert (await stopped(chat)).step is step


async def test_a_silent_rocketchat_is_named(chat: Any) -> None:
    with pytest.raises(WalkFailed) as caught:
        await sign_in("http://127.0.0.1:9", "encvoyid", "x", Secret("y"), timeout=1.0)

    assert caught.value.step is SignInStep.BUTTON
    assert "Rocket.Chat cannot be reached" in caught.value.why


@pytest.mark.parametrize("elsewhere", ["https://phish.example/", "http://127.0.0.1:9/"])
async def test_a_redirect_to_a_third_party_is_not_followed(chat: Any, identity: EncvoyStandIn, elsewhere: str) -> None:
    identity.faults.add(Fault("POST", "/api/interaction/", status=302, headers={"Location": elsewhere}))

    failure = await stopped(chat)

    assert failure.step is SignInStep.PASSWORD
    assert "neither its own nor ours" in failure.why
    assert "phish" not in failure.text


async def test_going_round_in_circles_ends(chat: Any, identity: EncvoyStandIn) -> None:
    identity.faults.add(Fault("GET", "/oidc/auth", status=303, headers={"Location": "/oidc/auth"}))

    failure = await stopped(chat)

    assert "redirect loop" in failure.why
    assert len(identity.ledger.requests("GET", "/oidc/auth")) < 30


async def test_no_failure_holds_the_password(chat: Any) -> None:
    chat.refuses = {"error": 403, "reason": "no"}
    password = chat.identity.person("person").password

    failure = await stopped(chat)

    assert password not in "".join(traceback.format_exception(failure)) + repr(vars(failure))


async def test_the_token_cannot_be_printed(chat: Any) -> None:
    signed_in = await walk(chat)

    assert signed_in.token.reveal() not in repr(signed_in)
