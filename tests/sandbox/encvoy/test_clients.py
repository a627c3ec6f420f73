"""Reading, changing and deleting clients, and roles in them: facts/encvoy-id.md §3, §4 and §6."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.people import Role
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, token_of, tokens_of

SHORT = {"client_id", "name", "description", "domain", "avatar", "created_at", "type"}
RESTRICTED = "translation.errors.T3E0026"


@pytest.fixture
async def client_id(create: Create) -> str:
    """Id of a client of the manager."""
    return str((await create()).json["client_id"])


@pytest.fixture
async def foreign(create: Create, editor: str) -> str:
    """Id of a client of the administrator."""
    return str((await create(editor, name="Foreign")).json["client_id"])


async def put(browser: Browser, token: str | None, client_id: str, body: Any) -> Answer:
    """One PUT."""
    return await browser.ask("PUT", f"/api/v1/clients/{client_id}", token=token, body=body)


async def get(browser: Browser, token: str | None, client_id: str) -> Answer:
    """One GET."""
    return await browser.ask("GET", f"/api/v1/clients/{client_id}", token=token)


async def test_the_full_form_is_for_whoever_may_change_it(
    browser: Browser, client_id: str, manager: str, editor: str
) -> None:
    for token in (manager, editor):
        shown = (await get(browser, token, client_id)).json
        assert len(shown["client_secret"]) == 87
        assert {"type", "parent", "rules", "redirect_uris"} <= set(shown)


async def test_the_short_form_comes_with_200_too(idp: EncvoyStandIn, browser: Browser, client_id: str) -> None:
    anonymous = await get(browser, None, client_id)
    assert (anonymous.status, set(anonymous.json)) == (200, SHORT)
    await browser.code(idp.person("person"), client_id)
    member = await get(browser, await token_of(idp, "person"), client_id)
    assert (member.status, set(member.json)) == (200, SHORT)


async def test_an_unknown_id_is_not_404(idp: EncvoyStandIn, browser: Browser, manager: str, editor: str) -> None:
    privileged = await get(browser, editor, "unknown")
    assert (privileged.status, privileged.json) == (200, {"rules": []})
    anonymous = await get(browser, None, "unknown")
    assert (anonymous.status, anonymous.text) == (200, "")
    for token in (manager, await token_of(idp, "person")):
        refused = await get(browser, token, "unknown")
        assert (refused.status, refused.json["errorCode"]) == (403, RESTRICTED)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_manager_is_kept_from_foreign_clients(
    browser: Browser, foreign: str, manager: str, method: str
) -> None:
    body: dict[str, Any] | None = {} if method == "PUT" else None
    answer = await browser.ask(method, f"/api/v1/clients/{foreign}", token=manager, body=body)
    assert (answer.status, answer.json["errorCode"]) == (403, RESTRICTED)
    assert "details" not in answer.json


async def test_a_put_changes_what_it_names_and_answers_everything(
    browser: Browser, client_id: str, manager: str
) -> None:
    before = (await get(browser, manager, client_id)).json
    answer = await put(browser, manager, client_id, {"description": "ssobot 7f3c"})
    assert answer.status == 200
    expected = before | {"description": "ssobot 7f3c"}
    for name in ("type", "parent", "rules"):
        del expected[name]
    assert answer.json == expected


async def test_an_empty_put_is_a_no_op(browser: Browser, client_id: str, manager: str) -> None:
    before = (await get(browser, manager, client_id)).json
    assert (await put(browser, manager, client_id, {})).status == 200
    assert (await get(browser, manager, client_id)).json == before


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ({"access_token_ttl": -1}, {"access_token_ttl": -1}),
        ({"refresh_token_ttl": 12.9}, {"refresh_token_ttl": 12}),
        ({"redirect_uris": []}, {"redirect_uris": []}),
        ({"redirect_uris": [""]}, {"redirect_uris": [""]}),
        ({"name": None}, {"name": None}),
        ({"domain": None}, {"domain": None}),
        ({"application_type": "native"}, {"application_type": "native"}),
        ({"client_secret": ""}, {"client_secret": ""}),
        ({"widget_title": "Chat"}, {"widget_title": "Chat"}),
    ],
)
async def test_what_a_put_accepts(
    browser: Browser, client_id: str, manager: str, body: dict[str, Any], stored: dict[str, Any]
) -> None:
    answer = await put(browser, manager, client_id, body)
    assert answer.status == 200
    assert answer.json | stored == answer.json


@pytest.mark.parametrize("name", ["client_id", "parent_id", "avatar", "bogus"])
async def test_what_a_put_does_not_know(browser: Browser, client_id: str, manager: str, name: str) -> None:
    answer = await put(browser, manager, client_id, {name: "x"})
    assert (answer.status, answer.json["message"]) == (400, f"property {name} should not exist")


async def test_a_secret_has_at_most_255_characters(browser: Browser, client_id: str, manager: str) -> None:
    assert (await put(browser, manager, client_id, {"client_secret": "s" * 255})).status == 200
    answer = await put(browser, manager, client_id, {"client_secret": "s" * 256})
    assert answer.json["message"] == "client_secret must be shorter than or equal to 255 characters"


@pytest.mark.parametrize("body", [{"redirect_uris": CALLBACK}, {"client_secret": None}])
async def test_a_put_that_hangs(browser: Browser, client_id: str, manager: str, body: dict[str, Any]) -> None:
    before = (await get(browser, manager, client_id)).json
    assert (await put(browser, manager, client_id, body)).status == 504
    assert (await get(browser, manager, client_id)).json == before


async def test_a_put_on_an_unknown_id_hangs_for_an_editor(browser: Browser, editor: str) -> None:
    assert (await put(browser, editor, "unknown", {})).status == 504


@pytest.mark.parametrize(
    "field",
    ["redirect_uris", "post_logout_redirect_uris", "client_secret", "token_endpoint_auth_method", "subject_type"],
)
async def test_the_main_client_forbids_fields_by_name(
    idp: EncvoyStandIn, browser: Browser, editor: str, field: str
) -> None:
    value = [CALLBACK] if field.endswith("uris") else "public" if field == "subject_type" else "none"
    answer = await put(browser, editor, idp.state.main_id, {field: value})
    assert (answer.status, answer.json["errorCode"]) == (400, "translation.errors.T3E0067")
    assert answer.json["details"] == field


async def test_harmless_fields_of_the_main_client_can_be_changed_even_by_a_manager(
    idp: EncvoyStandIn, browser: Browser, manager: str
) -> None:
    assert (await put(browser, manager, idp.state.main_id, {"name": "Renamed"})).status == 200
    assert idp.main["name"] == "Renamed"


async def test_delete_is_idempotent_and_empty(
    idp: EncvoyStandIn, browser: Browser, client_id: str, editor: str
) -> None:
    for _ in range(2):
        answer = await browser.ask("DELETE", f"/api/v1/clients/{client_id}", token=editor)
        assert (answer.status, answer.text) == (200, "")
    assert client_id not in idp.clients.by_id


async def test_a_second_delete_by_a_manager_is_refused(browser: Browser, client_id: str, manager: str) -> None:
    at = f"/api/v1/clients/{client_id}"
    assert [(await browser.ask("DELETE", at, token=manager)).status for _ in range(2)] == [200, 403]


async def test_the_main_client_cannot_be_deleted(idp: EncvoyStandIn, browser: Browser, editor: str) -> None:
    answer = await browser.ask("DELETE", f"/api/v1/clients/{idp.state.main_id}", token=editor)
    assert (answer.status, answer.json["errorCode"]) == (400, "translation.errors.T3E0067")


async def test_the_applications_of_an_organisation_go_with_it(
    idp: EncvoyStandIn, browser: Browser, client_id: str, editor: str
) -> None:
    organisation = idp.clients.by_id[client_id]["parent_id"]
    await browser.ask("DELETE", f"/api/v1/clients/{organisation}", token=editor)
    assert client_id not in idp.clients.by_id


async def test_the_white_list_is_public(browser: Browser, client_id: str) -> None:
    answer = await browser.ask("GET", "/api/v1/clients/white-list")
    assert "https://chat.example" in answer.json["origins"]


async def test_an_ordinary_user_who_is_editor_of_one_client_has_all_rights_there(
    idp: EncvoyStandIn, browser: Browser, client_id: str, foreign: str, manager: str
) -> None:
    await browser.code(idp.person("person"), client_id)
    at = f"/api/v1/clients/{client_id}/users/4/role"
    assert (await browser.ask("PUT", at, token=manager, body={"role": "EDITOR"})).status == 204
    token = await token_of(idp, "person")
    assert "client_secret" in (await get(browser, token, client_id)).json
    assert (await put(browser, token, client_id, {"client_secret": "N" * 64})).status == 200
    assert (await put(browser, token, foreign, {})).status == 403
    assert (await browser.ask("DELETE", f"/api/v1/clients/{client_id}", token=token)).status == 200


async def test_a_role_without_a_row_hangs(browser: Browser, client_id: str, manager: str) -> None:
    at = f"/api/v1/clients/{client_id}/users/4/role"
    assert (await browser.ask("PUT", at, token=manager, body={"role": "EDITOR"})).status == 504


async def test_a_new_manager_gets_an_organisation(idp: EncvoyStandIn, browser: Browser, editor: str) -> None:
    at = f"/api/v1/clients/{idp.state.main_id}/users/4/role"
    assert (await browser.ask("PUT", at, token=editor, body={"role": "ADMIN"})).status == 204
    organisation = next(row for row in idp.clients.by_id.values() if row["name"] == "Org4")
    assert idp.people.role(organisation["client_id"], idp.person("person")) is Role.OWNER
    token = await token_of(idp, "person")
    body = {"name": "Own", "domain": "https://own.example", "redirect_uris": ["https://own.example/cb"]}
    made = (await browser.ask("POST", "/api/v1/clients", token=token, body=body)).json
    assert idp.clients.by_id[made["client_id"]]["parent_id"] == organisation["client_id"]


@pytest.mark.parametrize("role", ["EDITOR", "USER"])
async def test_any_other_role_of_a_manager_deletes_all_that_he_made(
    idp: EncvoyStandIn, browser: Browser, client_id: str, foreign: str, editor: str, role: str
) -> None:
    """facts/encvoy-id.md §6, seen on a running server."""
    at = f"/api/v1/clients/{idp.state.main_id}/users/{idp.person('manager').id}/role"
    assert (await browser.ask("PUT", at, token=editor, body={"role": role})).status == 204
    assert client_id not in idp.clients.by_id
    assert not [row for row in idp.clients.by_id.values() if row["name"].startswith("Org")]
    assert foreign in idp.clients.by_id


async def test_manager_is_a_role_of_the_main_client_only(
    idp: EncvoyStandIn, browser: Browser, client_id: str, manager: str
) -> None:
    await browser.code(idp.person("person"), client_id)
    at = f"/api/v1/clients/{client_id}/users/4/role"
    assert (await browser.ask("PUT", at, token=manager, body={"role": "ADMIN"})).status == 400


async def test_patch_is_404(browser: Browser, client_id: str, manager: str) -> None:
    answer = await browser.ask("PATCH", f"/api/v1/clients/{client_id}", token=manager, body={})
    assert (answer.status, answer.json["errorCode"]) == (404, None)


async def test_parallel_writes_by_one_user_all_arrive(browser: Browser, client_id: str, manager: str) -> None:
    answers = await asyncio.gather(*(put(browser, manager, client_id, {"name": f"n{i}"}) for i in range(20)))
    assert {answer.status for answer in answers} == {200}


async def test_a_token_from_any_scope_will_do(idp: EncvoyStandIn, browser: Browser) -> None:
    token = (await tokens_of(idp, idp.person("manager"), scope="profile"))["access_token"]
    assert (await browser.ask("GET", "/api/v1/clients", token=token)).status == 200
