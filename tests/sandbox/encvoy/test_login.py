"""Login of facts/encvoy-id.md §6, step by step, with path-bound cookies."""

from __future__ import annotations

from bot.sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import Browser


async def test_three_steps_bring_a_code_and_a_token(idp: EncvoyStandIn, browser: Browser) -> None:
    first = await browser.authorize()
    assert first.status == 303
    assert first.location.startswith(f"{idp.url}/api/interaction/")
    second = await browser.sign_in(first.location, idp.person("manager"))
    assert second.status == 302
    assert second.location.startswith("/oidc/auth/")
    third = await browser.ask("GET", second.location)
    assert third.status == 303
    assert third.location.startswith(f"{idp.url}/code?")
    assert third.query["state"] == "S"
    assert third.query["iss"] == idp.url
    tokens = (await browser.exchange(third)).json
    assert set(tokens) == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    assert len(tokens["access_token"]) == 43
    assert (tokens["expires_in"], tokens["scope"], tokens["token_type"]) == (1800, "openid", "Bearer")


async def test_five_steps_with_consent_bring_a_refresh_token(idp: EncvoyStandIn, browser: Browser) -> None:
    first = await browser.authorize(prompt="consent", scope="openid offline_access")
    second = await browser.sign_in(first.location, idp.person("manager"))
    third = await browser.ask("GET", second.location)
    assert third.location.startswith(f"{idp.url}/api/interaction/")
    assert third.location != first.location
    fourth = await browser.ask("GET", third.location)
    assert (fourth.status, fourth.location) == (302, third.location.replace(f"{idp.url}/api/interaction", "/oidc/auth"))
    fifth = await browser.ask("GET", fourth.location)
    tokens = (await browser.exchange(fifth)).json
    assert tokens["scope"] == "openid offline_access"
    assert len(tokens["refresh_token"]) == 43
