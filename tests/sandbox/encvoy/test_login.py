"""Login of facts/encvoy-id.md §6, step by step, with path-bound cookies, and every page that is not a success."""

from __future__ import annotations

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import Browser, Wall


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
    resumed = third.location.replace(f"{idp.url}/api/interaction", "/oidc/auth")
    assert (fourth.status, fourth.location) == (302, resumed)
    fifth = await browser.ask("GET", fourth.location)
    tokens = (await browser.exchange(fifth)).json
    assert tokens["scope"] == "openid offline_access"
    assert len(tokens["refresh_token"]) == 43


async def test_cookies_are_bound_to_their_paths(idp: EncvoyStandIn, browser: Browser) -> None:
    first = await browser.authorize()
    uid = first.location.rpartition("/")[2]
    paths = {name: morsel["path"] for name, morsel in first.cookies.items()}
    assert paths == {
        "_interaction": f"/api/interaction/{uid}",
        "_interaction.sig": f"/api/interaction/{uid}",
        "_interaction_resume": f"/oidc/auth/{uid}",
        "_interaction_resume.sig": f"/oidc/auth/{uid}",
    }
    assert all(morsel["httponly"] and morsel["samesite"] == "Lax" for morsel in first.cookies.values())
    assert not any(morsel["secure"] for morsel in first.cookies.values())


async def test_resuming_sets_the_session_cookies_on_the_root(idp: EncvoyStandIn, browser: Browser) -> None:
    answer = await browser.code(idp.person("manager"))
    session = {name: morsel["path"] for name, morsel in answer.cookies.items() if name.startswith("_session")}
    assert session == dict.fromkeys(("_session", "_session.sig", "_session.legacy", "_session.legacy.sig"), "/")


async def test_a_browser_that_drops_the_first_session_cookie_has_the_second(
    idp: EncvoyStandIn, browser: Browser
) -> None:
    """SameSite=None without Secure is dropped by browsers; the legacy cookie carries the session then."""
    answer = await browser.code(idp.person("manager"))
    assert (answer.cookies["_session"]["samesite"], answer.cookies["_session.legacy"]["samesite"]) == ("None", "")
    first = (await browser.exchange(answer)).json["access_token"]
    browser.http.cookie_jar.clear(lambda morsel: morsel.key in ("_session", "_session.sig"))
    await browser.code(idp.person("manager"))
    assert (await browser.ask("GET", "/api/v1/clients", token=first)).status == 401


@pytest.mark.parametrize("name", ["_interaction", "_interaction.sig"])
async def test_without_its_cookie_a_login_is_lost(idp: EncvoyStandIn, browser: Browser, name: str) -> None:
    page = (await browser.authorize()).location
    browser.http.cookie_jar.clear(lambda morsel: morsel.key == name)
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.kind, answer.widget["initialRoute"]) == (201, "text/html", "error")
    variables = answer.widget["envVars"]
    assert variables == {"MESSAGE": "Something went wrong", "MESSAGE_DETAIL": "Interaction details failed: 500"}


async def test_a_forged_cookie_is_as_good_as_none(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    uid = page.rpartition("/")[2]
    forged = {"Cookie": f"_interaction={uid}; _interaction.sig=forged"}
    async with Browser(idp) as other:
        answer = await other.ask("GET", page, headers=forged)
    assert answer.widget["initialRoute"] == "error"


async def test_resuming_without_the_cookie_is_a_page(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    resumed = (await browser.sign_in(page, idp.person("manager"))).location
    browser.http.cookie_jar.clear()
    answer = await browser.ask("GET", resumed)
    assert (answer.status, answer.kind) == (400, "text/html")
    assert "authorization request has expired" in answer.text


async def test_an_interaction_ends_after_a_day(idp: EncvoyStandIn, browser: Browser, wall: Wall) -> None:
    page = (await browser.authorize()).location
    wall.pass_by(86_401)
    answer = await browser.sign_in(page, idp.person("manager"))
    assert answer.widget["envVars"]["MESSAGE_DETAIL"] == "Interaction details failed: 500"


async def test_the_page_of_an_interaction_can_be_used_by_a_browser(browser: Browser) -> None:
    page = (await browser.authorize()).location
    answer = await browser.ask("GET", page)
    assert (answer.status, answer.kind) == (200, "text/html")
    assert answer.widget["initialRoute"] == "login"
    assert answer.widget["interactionId"] == page.rpartition("/")[2]
    assert f'action="/api/interaction/{page.rpartition("/")[2]}/auth?type=CREDENTIALS"' in answer.text
    for name in ("identifier", "password", "prompt"):
        assert f'name="{name}"' in answer.text
    for name in ("identifier", "password"):
        assert f'<label for="{name}">' in answer.text


async def test_a_wrong_password_is_201_and_html_and_may_be_tried_again(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    refused = await browser.sign_in(page, idp.person("manager"), password="wrong")
    assert (refused.status, refused.kind) == (201, "text/html")
    assert refused.widget["initialRoute"] == "error"
    assert refused.widget["envVars"]["MESSAGE"] == "Invalid credentials"
    assert refused.widget["interactionId"] == page.rpartition("/")[2]
    assert (await browser.sign_in(page, idp.person("manager"))).status == 302


async def test_messages_of_the_page_follow_the_language_of_the_system(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.settings.default_language = "ru-RU"
    page = (await browser.authorize()).location
    refused = await browser.sign_in(page, idp.person("manager"), password="wrong")
    assert refused.widget["envVars"]["MESSAGE"] == "Неверные учетные данные"


@pytest.mark.parametrize("field", ["login", "email", "phone_number", "id"])
async def test_every_identifier_lets_in(idp: EncvoyStandIn, browser: Browser, field: str) -> None:
    person = idp.person("person")
    person.phone_number = "79990000001"
    page = (await browser.authorize()).location
    assert (await browser.sign_in(page, person, identifier=str(getattr(person, field)))).status == 302


async def test_the_login_is_case_sensitive(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("person"), identifier="PLAIN1")
    assert answer.widget["envVars"]["MESSAGE"] == "User not found"


async def test_a_login_may_be_json(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    person = idp.person("person")
    body = {"identifier": person.login, "password": person.password, "prompt": "login"}
    answer = await browser.ask("POST", f"{page}/auth", params={"type": "CREDENTIALS"}, body=body)
    assert answer.status == 302


@pytest.mark.parametrize("missing", ["identifier", "password", "prompt"])
async def test_every_field_of_a_login_is_required(idp: EncvoyStandIn, browser: Browser, missing: str) -> None:
    page = (await browser.authorize()).location
    person = idp.person("person")
    form = {"identifier": person.login, "password": person.password, "prompt": "login"}
    del form[missing]
    answer = await browser.ask("POST", f"{page}/auth", params={"type": "CREDENTIALS"}, form=form)
    assert answer.status == 201
    assert answer.widget["envVars"]["MESSAGE"] == f"{missing} must be a string"


async def test_unknown_fields_of_a_login_are_refused(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("person"), remember="true")
    assert answer.widget["envVars"]["MESSAGE"] == "property remember should not exist"


async def test_a_blocked_user_is_told(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.person("manager").blocked = True
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["envVars"]["MESSAGE"]) == (201, "User is blocked")


async def test_a_deleted_user_may_recover(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.person("manager").deleted = True
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["initialRoute"]) == (201, "recover-account")


async def test_the_second_factor_stops_a_program(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.settings.two_factor_authentication = True
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["initialRoute"]) == (201, "identifiers")


async def test_the_second_factor_is_wanted_only_for_controlled_methods(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.settings.two_factor_authentication = True
    idp.settings.controlled_methods = ("password_change",)
    page = (await browser.authorize()).location
    assert (await browser.sign_in(page, idp.person("manager"))).status == 302


async def test_root_skips_every_check_on_the_main_client(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.settings.two_factor_authentication = True
    idp.state.rule("phone_number").required = True
    page = (await browser.authorize()).location
    assert (await browser.sign_in(page, idp.person("owner"))).status == 302


async def test_a_required_profile_field_stops_a_program(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.state.rule("phone_number").required = True
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["initialRoute"]) == (201, "steps")
    assert answer.widget["details"]["fields"] == ["phone_number"]


async def test_a_rule_that_is_not_active_asks_nothing(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.state.rule("phone_number").required = True
    idp.state.rule("phone_number").active = False
    page = (await browser.authorize()).location
    assert (await browser.sign_in(page, idp.person("manager"))).status == 302


async def test_password_login_can_be_off(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.switches.password_login = False
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["envVars"]["MESSAGE"]) == (201, "Provider not found")


@pytest.mark.parametrize("route", ["identifiers", "missing-identifiers", "recover-account", "bind", "steps"])
async def test_any_other_route_can_be_met(idp: EncvoyStandIn, browser: Browser, route: str) -> None:
    idp.switches.login_route = route
    page = (await browser.authorize()).location
    answer = await browser.sign_in(page, idp.person("manager"))
    assert (answer.status, answer.widget["initialRoute"]) == (201, route)


async def test_there_is_no_silent_sign_on(idp: EncvoyStandIn, browser: Browser) -> None:
    await browser.code(idp.person("manager"))
    again = await browser.authorize()
    assert again.location.startswith(f"{idp.url}/api/interaction/")
    silent = await browser.authorize(prompt="none")
    assert silent.query["error"] == "interaction_required"


async def test_a_login_is_written_to_the_log(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    await browser.sign_in(page, idp.person("manager"), password="wrong")
    assert idp.state.logs == []
    await browser.sign_in(page, idp.person("manager"))
    assert [(line["event"], line["user_id"]) for line in idp.state.logs] == [("USER_LOGIN_SUCCESS", "2")]


async def test_a_login_begun_in_another_session_cannot_be_resumed(idp: EncvoyStandIn, browser: Browser) -> None:
    await browser.code(idp.person("manager"))
    page = (await browser.authorize()).location
    resumed = (await browser.sign_in(page, idp.person("manager"))).location
    browser.http.cookie_jar.clear(lambda morsel: morsel.key.startswith("_session"))
    answer = await browser.ask("GET", resumed)
    assert answer.status == 400
    assert "interaction session and authentication session mismatch" in answer.text


async def test_somebody_else_in_the_same_jar_first_ends_the_session(idp: EncvoyStandIn, browser: Browser) -> None:
    first = (await browser.exchange(await browser.code(idp.person("manager")))).json["access_token"]
    page = (await browser.authorize()).location
    done = await browser.sign_in(page, idp.person("editor"))
    form = await browser.ask("GET", done.location)
    assert f'<form method="post" action="{idp.url}/oidc/session/end/confirm">' in form.text
    xsrf = form.text.partition('name="xsrf" value="')[2].partition('"')[0]
    left = await browser.ask("POST", "/oidc/session/end/confirm", form={"xsrf": xsrf, "logout": "yes"})
    second = (await browser.exchange(await browser.ask("GET", left.location))).json["access_token"]
    assert (await browser.ask("GET", "/api/v1/clients", token=first)).status == 401
    assert (await browser.ask("GET", "/api/v1/clients", token=second)).status == 200
