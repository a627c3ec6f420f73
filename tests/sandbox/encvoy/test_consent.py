"""What a person meets on the way to an ordinary application: steps, publicity, consent (facts/encvoy-id.md §2, §6)."""

from __future__ import annotations

import pytest

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.people import Role
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create


async def attach(idp: EncvoyStandIn, browser: Browser, manager: str, client_id: str, *fields: str) -> None:
    """Attaches rules by the names of their fields."""
    for name in fields:
        at = f"/api/v1/clients/{client_id}/rules/{idp.state.rule(name).id}"
        assert (await browser.ask("POST", at, token=manager)).status == 201


async def to_consent(browser: Browser, page: str) -> Answer:
    """Resumes after the login, up to the page of the consent."""
    resumed = await browser.ask("GET", page.replace("/api/interaction", "/oidc/auth"))
    return await browser.ask("GET", resumed.location)


@pytest.fixture
async def client_id(create: Create) -> str:
    """Id of a new client."""
    return str((await create()).json["client_id"])


async def test_consent_is_asked_once_for_a_client(idp: EncvoyStandIn, browser: Browser, client_id: str) -> None:
    page = (await browser.authorize(client_id)).location
    assert (await browser.sign_in(page, idp.person("person"))).status == 302
    consent = await to_consent(browser, page)
    assert consent.widget["initialRoute"] == "access"
    assert "Chat asks for access" in consent.text
    uid = consent.widget["interactionId"]
    assert f'action="/api/interaction/{uid}/confirm"' in consent.text
    confirmed = await browser.ask("POST", f"/api/interaction/{uid}/confirm")
    assert (confirmed.status, confirmed.location) == (302, f"/oidc/auth/{uid}")
    assert (await browser.ask("GET", confirmed.location)).location.startswith(f"{CALLBACK}?code=")
    page = (await browser.authorize(client_id)).location
    await browser.sign_in(page, idp.person("person"))
    again = await browser.ask("GET", page.replace("/api/interaction", "/oidc/auth"))
    assert again.location.startswith(f"{CALLBACK}?code=")


async def test_consent_gives_the_person_a_role_in_the_client(
    idp: EncvoyStandIn, browser: Browser, client_id: str
) -> None:
    assert idp.people.role(client_id, idp.person("person")) is None
    await browser.code(idp.person("person"), client_id)
    assert idp.people.role(client_id, idp.person("person")) is Role.USER


async def test_consent_for_another_client_is_asked_again(
    idp: EncvoyStandIn, browser: Browser, client_id: str, create: Create
) -> None:
    await browser.code(idp.person("person"), client_id)
    second = (await create()).json["client_id"]
    page = (await browser.authorize(second)).location
    await browser.sign_in(page, idp.person("person"))
    assert (await to_consent(browser, page)).widget["initialRoute"] == "access"


async def test_resuming_without_consent_begins_anew(idp: EncvoyStandIn, browser: Browser, client_id: str) -> None:
    page = (await browser.authorize(client_id)).location
    await browser.sign_in(page, idp.person("person"))
    consent = await to_consent(browser, page)
    skipped = await browser.ask("GET", f"/oidc/auth/{consent.widget['interactionId']}")
    assert (await browser.ask("GET", skipped.location)).widget["initialRoute"] == "login"


async def test_resuming_without_a_login_asks_again(browser: Browser, client_id: str) -> None:
    page = (await browser.authorize(client_id)).location
    skipped = await browser.ask("GET", page.replace("/api/interaction", "/oidc/auth"))
    assert (await browser.ask("GET", skipped.location)).widget["initialRoute"] == "login"


async def test_publicity_is_asked_once(idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str) -> None:
    await attach(idp, browser, manager, client_id, "email", "login")
    person = idp.person("person")
    page = (await browser.authorize(client_id)).location
    answer = await browser.sign_in(page, person)
    assert (answer.status, answer.widget["initialRoute"]) == (201, "publicity")
    assert answer.widget["details"]["fields"] == ["email", "login"]
    assert f'action="/api/interaction/{answer.widget["interactionId"]}/steps"' in answer.text
    allowed = await browser.ask("POST", f"{page}/steps", form={"public_profile_consent": "true"})
    assert allowed.status == 302
    assert (allowed.headers["X-RateLimit-Limit"], allowed.headers["X-RateLimit-Remaining"]) == ("undefined", "NaN")
    assert person.public_profile_claims_oauth == "picture nickname email login"
    page = (await browser.authorize(client_id)).location
    assert (await browser.sign_in(page, person)).status == 302


async def test_publicity_without_the_consent_stays(
    idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str
) -> None:
    await attach(idp, browser, manager, client_id, "email")
    page = (await browser.authorize(client_id)).location
    await browser.sign_in(page, idp.person("person"))
    answer = await browser.ask("POST", f"{page}/steps", form={"public_profile_consent": "false"})
    assert (answer.status, answer.widget["initialRoute"]) == (201, "publicity")


async def test_an_empty_field_must_be_filled_in_first(
    idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str
) -> None:
    await attach(idp, browser, manager, client_id, "email")
    person = idp.person("person2")
    page = (await browser.authorize(client_id)).location
    answer = await browser.sign_in(page, person)
    assert (answer.status, answer.widget["initialRoute"]) == (201, "steps")
    assert 'name="email"' in answer.text
    filled = await browser.ask("POST", f"{page}/steps", form={"email": "plain2@people.example"})
    assert filled.widget["initialRoute"] == "publicity"
    assert person.email == "plain2@people.example"


async def test_a_detached_rule_asks_nothing(idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str) -> None:
    await attach(idp, browser, manager, client_id, "email")
    at = f"/api/v1/clients/{client_id}/rules/{idp.state.rule('email').id}"
    assert [(await browser.ask("DELETE", at, token=manager)).status for _ in range(2)] == [204, 204]
    page = (await browser.authorize(client_id)).location
    assert (await browser.sign_in(page, idp.person("person"))).status == 302


async def test_a_rule_that_is_not_active_asks_for_nothing(
    idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str
) -> None:
    await attach(idp, browser, manager, client_id, "email")
    idp.state.rule("email").active = False
    page = (await browser.authorize(client_id)).location
    assert (await browser.sign_in(page, idp.person("person"))).status == 302


async def test_each_page_takes_only_its_own_answer(idp: EncvoyStandIn, browser: Browser, client_id: str) -> None:
    page = (await browser.authorize(client_id)).location
    assert (await browser.ask("POST", f"{page}/confirm")).widget["initialRoute"] == "error"
    await browser.sign_in(page, idp.person("person"))
    assert (await browser.ask("POST", f"{page}/confirm")).widget["initialRoute"] == "error"
    consent = (await to_consent(browser, page)).widget["interactionId"]
    answer = await browser.sign_in(f"/api/interaction/{consent}", idp.person("person"))
    assert (answer.status, answer.widget["initialRoute"]) == (201, "error")


async def test_attaching_twice_is_attaching_once(
    idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str
) -> None:
    await attach(idp, browser, manager, client_id, "email", "email")
    shown = (await browser.ask("GET", f"/api/v1/clients/{client_id}", token=manager)).json
    assert [rule["field_name"] for rule in shown["rules"]] == ["email"]


async def test_a_client_for_administrators_only(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    client_id = (await create(authorize_only_admins=True)).json["client_id"]
    page = (await browser.authorize(client_id)).location
    refused = await browser.sign_in(page, idp.person("person"))
    assert (refused.status, refused.widget["envVars"]["MESSAGE"]) == (201, "Access restricted")
    assert (await browser.sign_in(page, idp.person("editor"))).status == 302


async def test_required_fields_can_be_ignored_for_clients(idp: EncvoyStandIn, browser: Browser, client_id: str) -> None:
    idp.state.rule("phone_number").required = True
    page = (await browser.authorize(client_id)).location
    assert (await browser.sign_in(page, idp.person("person"))).widget["initialRoute"] == "steps"
    idp.settings.ignore_required_fields_for_clients = True
    assert (await browser.sign_in(page, idp.person("person"))).status == 302


async def test_a_page_cannot_be_broken_by_a_name(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    name = "</script><b>&amp;"
    client_id = (await create(name=name)).json["client_id"]
    page = (await browser.authorize(client_id)).location
    answer = await browser.ask("GET", page)
    assert answer.widget["details"]["client_name"] == name
    assert "<b>" not in answer.text
