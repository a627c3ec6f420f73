"""People sign in through the modern engine over TLS, and are stopped at each step in turn."""

from __future__ import annotations

import asyncio
import json
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.signin.walk import SignedIn, SignInStep, WalkFailed
from sandbox.authority import authority_in
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault
from sandbox.rocketchat.second_factor import enrol_totp
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from tests.support.joined import KEY, Joined, join

VERSIONS = ("8.7", "9.0")


class Secure(Joined):
    """Both sides over TLS."""

    tls: ssl.SSLContext | None = None

    async def walk(self, role: str = "person", **more: Any) -> SignedIn:
        return await super().walk(role, **{"tls": self.tls, "timeout": 5.0, **more})

    async def stopped(self, **more: Any) -> WalkFailed:
        """How the walk fails."""
        with pytest.raises(WalkFailed) as caught:
            await self.walk(**more)
        return caught.value


async def joined_over(folder: Path | None, version: str, path: str = "") -> Secure:
    """Started and joined; over TLS if there is a folder for the authority."""
    authority = authority_in(folder) if folder else None
    switches = Switches(modules=("oauth-enterprise",))
    rocketchat = RocketChatStandIn(version=version, settle=0.02, switches=switches, authority=authority, path=path)
    encvoy = EncvoyStandIn(authority=authority)
    await asyncio.gather(rocketchat.start(), encvoy.start())
    if "Accounts_OAuth_Use_Modern_Flow" in rocketchat.settings:
        rocketchat.settings.write("Accounts_OAuth_Use_Modern_Flow", True)
    both = await join(rocketchat, encvoy)
    secure = Secure(both.rocketchat, both.encvoy, both.client_id)
    secure.tls = authority.client_context() if authority else None
    return secure


async def closed(both: Joined) -> None:
    await asyncio.gather(both.rocketchat.stop(), both.encvoy.stop())


@pytest.fixture
async def joined(tmp_path: Path) -> AsyncIterator[Secure]:
    secure = await joined_over(tmp_path, "9.0")
    yield secure
    await closed(secure)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_person_becomes_a_user_and_is_asked_once(tmp_path: Path, version: str) -> None:
    joined = await joined_over(tmp_path, version)
    first, second = await joined.walk(), await joined.walk()
    user = joined.rocketchat.people.get(first.user_id)
    await closed(joined)

    assert user is not None
    assert user.username == joined.encvoy.person("person").login
    assert (second.user_id, "publicity" in first.pages, "publicity" in second.pages) == (user.id, True, False)


@pytest.mark.parametrize("style", ["popup", "redirect"])
async def test_both_login_styles_end_with_a_token_that_is_good(joined: Secure, style: str) -> None:
    await joined.set(login_style=style)

    signed_in = await joined.walk()

    found = joined.rocketchat.people.with_token(signed_in.token.reveal())
    assert found is not None
    assert found[0].id == signed_in.user_id


async def test_no_legacy_login_is_tried(joined: Secure) -> None:
    await joined.walk()

    assert joined.rocketchat.ledger.requests("POST", "method.call") == []
    redeemed = joined.rocketchat.ledger.requests("POST", "loginCode.redeem")
    assert [entry.status for entry in redeemed] == [200]


async def test_a_workspace_below_a_path_is_walked_too(tmp_path: Path) -> None:
    joined = await joined_over(tmp_path, "9.0", path="/chat")
    signed_in = await joined.walk()
    await closed(joined)

    assert joined.rocketchat.people.get(signed_in.user_id) is not None


# Which engine it is.


async def test_where_the_setting_is_off_it_walks_the_legacy_way(tmp_path: Path) -> None:
    joined = await joined_over(tmp_path, "8.7")
    joined.rocketchat.settings.write("Accounts_OAuth_Use_Modern_Flow", False)
    await joined.walk()
    await closed(joined)

    assert joined.rocketchat.ledger.requests("GET", "/oauth/encvoyid") == []
    assert joined.rocketchat.ledger.requests("POST", "loginCode.redeem") == []


async def test_before_8_7_its_address_is_tried_and_the_legacy_way_taken(tmp_path: Path) -> None:
    joined = await joined_over(tmp_path, "8.6")
    await joined.walk()
    await closed(joined)

    assert [entry.status for entry in joined.rocketchat.ledger.requests("GET", "/oauth/encvoyid")] == [200]


@pytest.mark.parametrize(("engine", "step"), [("modern", SignInStep.BUTTON), ("legacy", SignInStep.CALLBACK)])
async def test_the_engine_that_is_told_is_walked_whatever_is_met(tmp_path: Path, engine: str, step: SignInStep) -> None:
    version = {"modern": "8.6", "legacy": "9.0"}[engine]
    joined = await joined_over(tmp_path, version)
    failure = await joined.stopped(engine=engine)
    await closed(joined)

    assert failure.step is step


# What stops it, and that only what was seen is told.


async def test_over_plain_http_nobody_comes_in_and_the_missing_cookie_is_named() -> None:
    joined = await joined_over(None, "9.0")
    failure = await joined.stopped()
    await closed(joined)

    assert (failure.step, failure.code) == (SignInStep.CALLBACK, "no-cookie")
    assert "no session cookie" in failure.why
    assert "https" in failure.text


async def test_without_a_reason_in_sight_none_is_told(joined: Secure) -> None:
    joined.rocketchat.faults.add(Fault("GET", "/_oauth/", status=302, headers={"Location": "/login"}))

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.CALLBACK, "login")
    assert "cookie" not in failure.text


@pytest.mark.parametrize(
    "settings",
    [{"secret": "another"}, {"identity_path": "/nothing"}, {"token_path": "/nothing"}, {"username_field": "nothing"}],
)
async def test_every_failure_inside_is_an_error_page_without_a_reason(joined: Secure, settings: dict[str, Any]) -> None:
    await joined.set(**settings)
    joined.rocketchat.login_services.rewrite()

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.CALLBACK, "500")
    assert "does not say why" in failure.why


async def test_a_refused_person_looks_the_same(joined: Secure) -> None:
    joined.rocketchat.people.add(joined.encvoy.person("person").login)

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.CALLBACK, "500")
    assert "exists" not in failure.text


async def test_a_service_that_is_off_has_no_button(joined: Secure) -> None:
    await joined.set(on=False)

    assert (await joined.stopped()).step is SignInStep.BUTTON


async def test_a_button_behind_which_nothing_begins_is_named(tmp_path: Path) -> None:
    joined = await joined_over(tmp_path, "8.9")
    await joined.set(secret="")
    failure = await joined.stopped()
    await closed(joined)

    assert failure.step is SignInStep.BUTTON
    assert "starts no sign-in" in failure.why


async def test_a_limit_at_the_button_is_named(joined: Secure) -> None:
    joined.rocketchat.faults.add(Fault("GET", "/oauth/", status=429, body='{"success": false}'))

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.BUTTON, "too-many-requests")


async def test_another_way_back_than_site_url_is_named(joined: Secure) -> None:
    joined.rocketchat.settings.write("Site_Url", "https://moved.example")
    joined.rocketchat.login_services.rewrite()
    joined.rocketchat.settings.write("Site_Url", joined.rocketchat.url)

    failure = await joined.stopped()

    assert failure.step is SignInStep.BUTTON
    assert "Site_Url" in failure.why
    assert "moved" not in failure.text


async def test_an_absolute_authorize_path_leads_nowhere(joined: Secure) -> None:
    await joined.set(authorize_path=f"{joined.encvoy.url}/oidc/auth")
    joined.rocketchat.login_services.rewrite()

    assert (await joined.stopped()).step is SignInStep.AUTHORIZE


async def test_an_error_of_encvoy_id_is_named(joined: Secure) -> None:
    back = f"{joined.rocketchat.url}/_oauth/encvoyid?error=invalid_request&error_description=see+phish.example"
    joined.encvoy.faults.add(Fault("GET", "/oidc/auth", status=303, headers={"Location": back}))

    failure = await joined.stopped()
    assert (failure.step, failure.code) == (SignInStep.CALLBACK, "invalid_request")
    assert "Encvoy ID sent the browser back with an error" in failure.why
    assert "phish" not in failure.text


async def test_a_second_factor_is_named(joined: Secure) -> None:
    user = joined.rocketchat.people.get((await joined.walk()).user_id)
    assert user is not None
    enrol_totp(user)

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.LOGIN, "totp-required")
    assert "totp" in failure.why


async def test_another_page_at_the_callback_is_named(joined: Secure) -> None:
    joined.rocketchat.faults.add(Fault("GET", "/_oauth/", status=200, body="<html>shell</html>"))

    failure = await joined.stopped()

    assert failure.step is SignInStep.CALLBACK
    assert "(200)" in failure.why


REFUSALS = [
    ("/api/v1/loginCode.redeem", 400, {"success": False, "errorType": "error-invalid-code"}, "error-invalid-code"),
    ("/api/v1/loginCode.redeem", 429, {"success": False}, "too-many-requests"),
    ("/api/v1/loginCode.redeem", 200, {"success": True}, None),
    ("/api/v1/loginCode.redeem", 502, None, None),
    ("/api/v1/login", 401, {"success": False, "error": "unauthorized"}, "unauthorized"),
    ("/api/v1/login", 200, {"data": {}}, None),
    ("/api/v1/login", 200, {"data": {"userId": "somebody"}}, None),
]


@pytest.mark.parametrize(("path", "status", "body", "code"), REFUSALS)
async def test_a_login_that_is_not_taken_is_named(
    joined: Secure, path: str, status: int, body: dict[str, Any] | None, code: str | None
) -> None:
    text = "<html>" if body is None else json.dumps(body)
    joined.rocketchat.faults.add(Fault("POST", path, status=status, body=text, matches=lambda r, _: r.path == path))

    failure = await joined.stopped()

    assert (failure.step, failure.code) == (SignInStep.LOGIN, code)


async def test_no_failure_holds_a_secret(joined: Secure) -> None:
    joined.rocketchat.faults.add(Fault("POST", "/api/v1/login", status=401, body="{}", skip=1))

    failure = await joined.stopped()

    told = "".join(traceback.format_exception(failure)) + repr(vars(failure))
    given = [entry.body for entry in joined.rocketchat.ledger.requests("POST", "/api/v1/login")]
    secrets = [value for body in given for value in body.values()]
    assert secrets
    assert all(value not in told for value in [*secrets, joined.encvoy.person("person").password])
    assert joined.rocketchat.settings.get(f"{KEY}-secret") not in told
