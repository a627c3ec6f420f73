"""Who may ask, and how a refusal looks: facts/encvoy-id.md §5 and §6."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.answers import TEXTS, localized
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, token_of, tokens_of

CODE = "translation.errors."
BODY = {"name": "Chat", "domain": "https://chat.example", "redirect_uris": [CALLBACK]}


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 403, None),
        ("Bearer undefined", 403, None),
        ("Bearer bogus", 401, "T3E0068"),
        ("bearer bogus", 400, "T3E0061"),
        ("bogus", 400, "T3E0061"),
        ("Basic cm9vdDp4", 403, "T3E0077"),
    ],
)
async def test_headers_that_do_not_count(browser: Browser, header: str | None, status: int, code: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await browser.ask("GET", "/api/v1/clients?limit=1", headers=headers)
    assert (answer.status, answer.json["statusCode"]) == (status, status)
    assert answer.json["errorCode"] == (CODE + code if code else None)
    assert answer.json["path"] == "/api/v1/clients?limit=1"
    assert set(answer.json) == {"statusCode", "timestamp", "path", "message", "errorCode"}
    if code is None:
        assert answer.json["message"] == "Forbidden resource"


async def test_a_refresh_token_is_no_management_token(idp: EncvoyStandIn, browser: Browser) -> None:
    tokens = await tokens_of(idp, idp.person("manager"), prompt="consent", scope="openid offline_access")
    assert (await browser.ask("GET", "/api/v1/clients", token=tokens["refresh_token"])).status == 401


async def test_a_failing_introspection_is_500_and_no_auth_error(
    idp: EncvoyStandIn, browser: Browser, manager: str
) -> None:
    idp.switches.introspection_status = 502
    answer = await browser.ask("GET", "/api/v1/clients", token=manager)
    assert answer.status == 500
    assert answer.json["errorCode"] is None
    assert answer.json["message"] == "Invalid token: Token introspection failed: 502"
    assert answer.json["details"] == "Token introspection failed: 502"


@pytest.mark.parametrize("language", TEXTS["T3E0068"])
async def test_coded_messages_follow_the_setting_and_nothing_else(
    idp: EncvoyStandIn, browser: Browser, language: str
) -> None:
    idp.settings.default_language = language
    headers = {"Accept-Language": "es-ES", "x-lang": "es-ES"}
    answer = await browser.ask("GET", "/api/v1/clients", token="bogus", headers=headers)
    assert answer.json["message"] == localized("T3E0068", language)
    assert answer.json["errorCode"] == CODE + "T3E0068"


async def test_uncoded_messages_stay_english(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    idp.settings.default_language = "ru-RU"
    assert (await browser.ask("GET", "/api/v1/clients")).json["message"] == "Forbidden resource"
    assert (await create(bogus=1)).json["message"] == "property bogus should not exist"


def test_every_code_has_a_text_in_every_language() -> None:
    languages = {"en-US", "ru-RU", "de-DE", "fr-FR", "es-ES", "it-IT"}
    assert all(set(texts) == languages and len(set(texts.values())) >= 5 for texts in TEXTS.values())


@pytest.mark.parametrize(
    ("credentials", "status", "code"),
    [
        (("manager", None), 200, None),
        (("manager", "wrong"), 403, "T3E0072"),
        (("nobody", "wrong"), 403, "T3E0003"),
        (("plain1@people.example", "wrong"), 403, "T3E0073"),
    ],
)
async def test_basic_in_development(
    idp: EncvoyStandIn, browser: Browser, credentials: tuple[str, str | None], status: int, code: str | None
) -> None:
    idp.switches.node_env = "development"
    name, password = credentials
    manager = idp.person("manager")
    auth = (manager.login, password or manager.password) if name == "manager" else (name, password or "")
    answer = await browser.ask("GET", "/api/v1/clients", auth=auth)
    assert answer.status == status
    if code:
        assert answer.json["errorCode"] == CODE + code


async def test_an_identifier_type_can_be_allowed(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.switches.node_env = "development"
    idp.settings.allowed_login_fields = "login email"
    person = idp.person("person")
    answer = await browser.ask("GET", "/api/v1/clients", auth=("plain1@people.example", person.password))
    assert answer.status == 200


async def test_client_credentials_are_no_basic_login(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    made = (await create()).json
    idp.switches.node_env = "development"
    answer = await browser.ask("GET", "/api/v1/clients", auth=(made["client_id"], made["client_secret"]))
    assert (answer.status, answer.json["errorCode"]) == (403, CODE + "T3E0003")


@pytest.mark.parametrize("value", ["%%%", "cm9vdA==", "Og=="])
async def test_malformed_basic(idp: EncvoyStandIn, browser: Browser, value: str) -> None:
    idp.switches.node_env = "development"
    answer = await browser.ask("GET", "/api/v1/clients", headers={"Authorization": f"Basic {value}"})
    assert (answer.status, answer.json["errorCode"]) == (400, CODE + "T3E0060")


async def test_the_blocked_the_deleted_and_those_without_a_role(
    idp: EncvoyStandIn, browser: Browser, manager: str
) -> None:
    person = idp.person("manager")
    person.blocked = True
    answer = await browser.ask("GET", "/api/v1/clients", token=manager)
    assert (answer.status, answer.json["errorCode"]) == (403, CODE + "T3E0024")
    person.blocked, person.deleted = False, True
    answer = await browser.ask("GET", "/api/v1/clients", token=manager)
    assert (answer.status, answer.json["message"]) == (403, "DELETED")
    person.deleted = False
    del idp.people.roles[(idp.state.main_id, person.id)]
    answer = await browser.ask("GET", "/api/v1/clients", token=manager)
    assert (answer.status, answer.json["errorCode"]) == (400, CODE + "T3E0059")


async def test_an_owner_is_never_blocked(idp: EncvoyStandIn, browser: Browser) -> None:
    token = await token_of(idp, "owner")
    idp.person("owner").blocked = True
    assert (await browser.ask("GET", "/api/v1/clients", token=token)).status == 200


async def test_there_is_no_throttling(browser: Browser, manager: str) -> None:
    answers = [await browser.ask("GET", "/api/v1/clients", token=manager) for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    assert not [name for name in answers[0].headers if "ratelimit" in name.lower()]


async def begun(idp: EncvoyStandIn, browser: Browser, token: str) -> asyncio.Task[Answer]:
    """A create that has passed the guard and not yet inserted."""
    call = asyncio.create_task(browser.ask("POST", "/api/v1/clients", token=token, body=BODY))
    while idp.management.acting is None:  # noqa: ASYNC110 - nothing in the stand-in tells
        await asyncio.sleep(0.001)
    return call


async def test_the_race_blanks_or_replaces_the_acting_user(
    idp: EncvoyStandIn, browser: Browser, manager: str, editor: str
) -> None:
    """A valid create hangs when an anonymous one comes by, and changes hands when somebody else's does."""
    idp.switches.race = True
    idp.switches.race_window = 0.4
    mine = await begun(idp, browser, manager)
    assert (await browser.ask("POST", "/api/v1/clients", body=BODY)).status == 403
    assert (await mine).status == 504
    mine = await begun(idp, browser, manager)
    theirs = await browser.ask("POST", "/api/v1/clients", token=editor, body=BODY)
    made = [idp.clients.by_id[answer.json["client_id"]] for answer in (await mine, theirs)]
    assert [row["parent_id"] for row in made] == [idp.state.main_id] * 2


async def test_without_the_race_concurrent_creates_keep_apart(
    idp: EncvoyStandIn, browser: Browser, manager: str, editor: str
) -> None:
    calls = [browser.ask("POST", "/api/v1/clients", token=token, body=BODY) for token in (manager, None, editor) * 5]
    statuses = [answer.status for answer in await asyncio.gather(*calls)]
    assert statuses == [201, 403, 201] * 5
