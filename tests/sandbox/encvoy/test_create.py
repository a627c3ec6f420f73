"""POST /api/v1/clients: facts/encvoy-id.md §3, §4 and the hang of §5."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.clients import DEFAULTS, origin
from sandbox.encvoy.fields import URL
from tests.support.idp_browser import CALLBACK, Browser, Create, token_of

GOOD = {"name": "Chat", "domain": "https://chat.example", "redirect_uris": [CALLBACK]}


async def test_exactly_two_keys_come_back(create: Create) -> None:
    answer = await create()
    assert answer.status == 201
    assert set(answer.json) == {"client_id", "client_secret"}
    assert (len(answer.json["client_id"]), len(answer.json["client_secret"])) == (22, 87)
    assert (answer.json["client_id"] + answer.json["client_secret"]).isalnum()


async def test_defaults_of_a_minimal_create(idp: EncvoyStandIn, browser: Browser, create: Create, manager: str) -> None:
    made = (await create()).json
    stored = (await browser.ask("GET", f"/api/v1/clients/{made['client_id']}", token=manager)).json
    organisation = next(row for row in idp.clients.by_id.values() if row["name"] == "Org2")
    given = GOOD | made | {"post_logout_redirect_uris": ["https://chat.example"]}
    given |= {"parent_id": organisation["client_id"], "created_at": "2027-01-15T08:00:00.000Z"}
    more: dict[str, Any] = {"type": None, "parent": {"avatar": None, "name": "Org2"}, "rules": []}
    assert stored == DEFAULTS | given | more


async def test_an_editor_creates_under_the_main_client(
    idp: EncvoyStandIn, browser: Browser, create: Create, editor: str
) -> None:
    made = (await create(editor)).json
    assert idp.clients.by_id[made["client_id"]]["parent_id"] == idp.state.main_id


async def test_names_are_not_unique(create: Create) -> None:
    assert [(await create()).status for _ in range(2)] == [201, 201]


async def test_strings_are_converted_where_the_server_does(idp: EncvoyStandIn, create: Create) -> None:
    fields = {"catalog": "true", "grant_types": "authorization_code,refresh_token", "mini_widget": True}
    made = (await create(**fields)).json
    row = idp.clients.by_id[made["client_id"]]
    assert (row["catalog"], row["grant_types"]) == (True, ["authorization_code", "refresh_token"])
    assert row["mini_widget"] is False


async def test_an_unknown_type_is_ignored(idp: EncvoyStandIn, create: Create) -> None:
    made = (await create(type_id="unknown")).json
    assert idp.clients.by_id[made["client_id"]]["type_id"] is None


async def test_post_logout_uris_are_kept_or_made_from_the_origins(idp: EncvoyStandIn, create: Create) -> None:
    given = (await create(post_logout_redirect_uris=["https://elsewhere.example/out"])).json
    assert idp.clients.by_id[given["client_id"]]["post_logout_redirect_uris"] == ["https://elsewhere.example/out"]
    made = (await create(redirect_uris=["https://a.example:443/x", "http://b.example:8080/y"])).json
    row = idp.clients.by_id[made["client_id"]]
    assert row["post_logout_redirect_uris"] == ["https://a.example", "http://b.example:8080"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "n" * 51}, "name must be shorter than or equal to 50 characters"),
        ({"bogus": 1}, "property bogus should not exist"),
        ({"client_id": "mine"}, "property client_id should not exist"),
        ({"client_secret": "mine"}, "property client_secret should not exist"),
        ({"application_type": "native"}, "property application_type should not exist"),
        ({"redirect_uris": ["no scheme"]}, "Invalid URL format: redirect_uris "),
        ({"domain": "chat.example"}, "Invalid URL format: domain "),
        ({"domain": ""}, "Invalid URL format: domain "),
        (
            {"redirect_uris": ["https://a.example/" + "x" * 2000]},
            "each value in redirect_uris must be shorter than or equal to 2000 characters",
        ),
        ({"description": "d" * 256}, "description must be shorter than or equal to 255 characters"),
        (
            {"subject_type": "bogus"},
            "subject_type must be one of the following values: public, pairwise",
        ),
        ({"catalog": "maybe"}, "catalog must be a boolean value"),
        (
            {"name": "n" * 51, "bogus": 1},
            "property bogus should not exist, name must be shorter than or equal to 50 characters",
        ),
    ],
)
async def test_validation_joins_its_messages(create: Create, fields: dict[str, Any], message: str) -> None:
    answer = await create(**fields)
    assert (answer.status, answer.json["message"]) == (400, message)
    assert answer.json["errorCode"] is None
    assert answer.json["path"] == "/api/v1/clients"
    assert "details" not in answer.json


@pytest.mark.parametrize("name", ["", " leading", None, 7])
async def test_names_that_are_none(create: Create, name: Any) -> None:
    answer = await create(name=name)
    assert answer.status == 400
    assert "name must" in answer.json["message"]


@pytest.mark.parametrize("name", ["x", "n" * 50, "Чат 🚀", "a b"])
async def test_names_that_are_fine(create: Create, name: str) -> None:
    assert (await create(name=name)).status == 201


async def test_broken_json_is_400_with_the_parsers_message(browser: Browser, manager: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await browser.ask("POST", "/api/v1/clients", token=manager, headers=headers, data="{")
    assert (answer.status, answer.json["errorCode"]) == (400, None)
    assert "JSON" in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Chat", "redirect_uris": [CALLBACK]},
        {"name": "Chat", "domain": "https://chat.example"},
        GOOD | {"domain": None},
        GOOD | {"redirect_uris": None},
        GOOD | {"redirect_uris": CALLBACK},
        GOOD | {"redirect_uris": [""]},
        GOOD | {"redirect_uris": "x", "bogus": 1},
    ],
)
async def test_a_create_that_hangs(browser: Browser, manager: str, idp: EncvoyStandIn, body: dict[str, Any]) -> None:
    before = len(idp.clients.by_id)
    answer = await browser.ask("POST", "/api/v1/clients", token=manager, body=body)
    assert (answer.status, answer.kind) == (504, "text/html")
    assert "504 Gateway Time-out" in answer.text
    assert len(idp.clients.by_id) == before


async def test_a_form_hangs(browser: Browser, manager: str) -> None:
    form = {"name": "Chat", "domain": "https://chat.example", "redirect_uris": CALLBACK}
    assert (await browser.ask("POST", "/api/v1/clients", token=manager, form=form)).status == 504


async def test_a_hang_lasts_as_long_as_the_switch_says(idp: EncvoyStandIn, browser: Browser, manager: str) -> None:
    idp.switches.hang_seconds = 60.0
    with pytest.raises(TimeoutError):
        await browser.ask("POST", "/api/v1/clients", token=manager, body={"name": "Chat"}, timeout=0.2)


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 201), ("editor", 201), ("manager", 201), ("person", 403), (None, 403)]
)
async def test_who_may_create(idp: EncvoyStandIn, browser: Browser, role: str | None, status: int) -> None:
    token = await token_of(idp, role) if role else None
    answer = await browser.ask("POST", "/api/v1/clients", token=token, body=GOOD)
    assert answer.status == status
    if status == 403:
        assert (answer.json["message"], answer.json["errorCode"]) == ("Forbidden resource", None)


async def test_whoever_owns_no_top_level_client_cannot_create(idp: EncvoyStandIn, create: Create) -> None:
    idp.people.roles = {key: role for key, role in idp.people.roles.items() if key != _organisation(idp)}
    answer = await create()
    assert (answer.status, answer.json["errorCode"]) == (500, "translation.errors.T3E0071")


async def test_without_the_provider_login_password_nothing_can_be_created(idp: EncvoyStandIn, create: Create) -> None:
    idp.switches.password_login = False
    answer = await create()
    assert (answer.status, answer.json["errorCode"]) == (500, "translation.errors.T3E0030")


def _organisation(idp: EncvoyStandIn) -> tuple[str, int]:
    return next((row["client_id"], 2) for row in idp.clients.by_id.values() if row["name"] == "Org2")


ACCEPTED = [
    "http://localhost:3000",
    "http://127.0.0.1:3000/",
    "http://10.0.0.5",
    "http://rc:3000",
    "ftp://x.y",
    "com.app://cb",
    "https://a.example/cb?x=1#part",
    "https://a.example/*",
    "https://user@a.example/",
    "https://пример.example/",
]
REJECTED = [
    "e.example",
    "HTTPS://a.example",
    "https://A.example",
    "http://[::1]:3000/",
    "http://rocket_chat:3000",
    "http://a.example:8",
    "https://a.example:123456",
    "",
    "https://",
    "https://a.example/with space",
]


@pytest.mark.parametrize(("url", "fits"), [(url, True) for url in ACCEPTED] + [(url, False) for url in REJECTED])
def test_the_one_rule_for_urls(url: str, fits: bool) -> None:
    assert bool(URL.fullmatch(url)) is fits


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example"),
        ("http://a.example:80/x", "http://a.example"),
        ("http://a.example:8080/x", "http://a.example:8080"),
        ("com.app://cb", "null"),
    ],
)
def test_origins_are_those_of_javascript(url: str, expected: str) -> None:
    assert origin(url) == expected


async def test_the_body_in_the_ledger_is_the_one_that_came(idp: EncvoyStandIn, create: Create) -> None:
    await create()
    entry = idp.ledger.requests("POST", "/api/v1/clients")[0]
    assert (entry.body, entry.who, entry.status) == (GOOD, "2", 201)
    assert json.dumps(entry.body)
