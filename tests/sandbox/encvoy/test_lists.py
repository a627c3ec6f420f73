"""The list of clients and the log: facts/encvoy-id.md §4 "GET /api/v1/clients" and §10."""

from __future__ import annotations

import json

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, token_of

ITEM = {
    "client_id",
    "name",
    "catalog",
    "description",
    "domain",
    "avatar",
    "created_at",
    "type",
    "parent",
    "Provider_relations",
    "_count",
}


@pytest.fixture
async def five(create: Create) -> list[str]:
    """Ids of five clients of the manager, named a to e."""
    return [(await create(name=name)).json["client_id"] for name in "abcde"]


async def listed(browser: Browser, token: str | None, **params: str) -> Answer:
    """One list."""
    return await browser.ask("GET", "/api/v1/clients", token=token, params=params)


def names(answer: Answer) -> list[str]:
    """The names in a list."""
    return [item["name"] for item in answer.json]


async def test_an_item_holds_no_secret_and_no_redirect_uri(browser: Browser, five: list[str], manager: str) -> None:
    items = (await listed(browser, manager, search="a", sortBy="name")).json
    item = next(item for item in items if item["name"] == "a")
    assert set(item) == ITEM
    assert item["parent"] == {"avatar": None, "name": "Org2"}
    assert set(item["Provider_relations"][0]["provider"]) == {"id", "type", "name", "avatar"}
    assert item["_count"] == {"Role": 1}


async def test_who_sees_what(
    idp: EncvoyStandIn, browser: Browser, five: list[str], create: Create, manager: str, editor: str
) -> None:
    await create(editor, name="foreign")
    assert sorted(names(await listed(browser, manager))) == ["Org2", "a", "b", "c", "d", "e"]
    everything = ["Encvoy ID", "Org2", "a", "b", "c", "d", "e", "foreign"]
    assert sorted(names(await listed(browser, editor))) == everything
    assert names(await listed(browser, await token_of(idp, "person"))) == []
    assert (await listed(browser, None)).status == 403


async def test_without_a_limit_everything_comes(browser: Browser, create: Create, manager: str) -> None:
    for _ in range(12):
        await create()
    answer = await listed(browser, manager)
    assert len(answer.json) == 13
    counted = {name: answer.headers[name] for name in answer.headers if name.startswith("X-")}
    assert counted == {"X-Total-Count": "13", "X-Per-Page": "10", "X-Current-Offset": "0", "X-Next-Offset": "10"}


async def test_paging_headers_go_beyond_the_end(browser: Browser, five: list[str], manager: str) -> None:
    answer = await listed(browser, manager, sortBy="name", limit="4", offset="4")
    assert names(answer) == ["d", "e"]
    assert (answer.headers["X-Current-Offset"], answer.headers["X-Next-Offset"]) == ("4", "8")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"limit": "0"}, []),
        ({"limit": "-1"}, ["e"]),
        ({"limit": "2"}, ["Org2", "a"]),
        ({"limit": "2", "sortDirection": "desc"}, ["e", "d"]),
        ({"search": "ORG"}, ["Org2"]),
        ({"search": "chat.EXAMPLE"}, ["a", "b", "c", "d", "e"]),
        ({"filter": '{"name":"b"}'}, ["b"]),
        ({"filter": json.dumps({"redirect_uris": {"has": CALLBACK}}), "limit": "1"}, ["a"]),
        ({"filter": '{"redirect_uris":{"has":"https://elsewhere.example"}}'}, []),
    ],
)
async def test_queries(
    browser: Browser, five: list[str], manager: str, params: dict[str, str], expected: list[str]
) -> None:
    assert names(await listed(browser, manager, **{"sortBy": "name"} | params)) == expected


async def test_filters_by_id_and_parent_but_search_not(
    idp: EncvoyStandIn, browser: Browser, five: list[str], manager: str
) -> None:
    assert names(await listed(browser, manager, filter=json.dumps({"client_id": five[2]}))) == ["c"]
    parent = idp.clients.by_id[five[0]]["parent_id"]
    assert len((await listed(browser, manager, filter=json.dumps({"parent_id": parent}))).json) == 5
    assert names(await listed(browser, manager, search=five[2])) == []


async def test_without_a_sort_the_order_is_not_stable(browser: Browser, five: list[str], manager: str) -> None:
    orders = {tuple(names(await listed(browser, manager))) for _ in range(8)}
    assert len(orders) > 1


@pytest.mark.parametrize("params", [{"lang": "en"}, {"limit": "many"}, {"sortDirection": "up"}])
async def test_unknown_parameters_are_refused(browser: Browser, manager: str, params: dict[str, str]) -> None:
    assert (await listed(browser, manager, **params)).status == 400


@pytest.mark.parametrize(
    "params", [{"filter": "not json"}, {"filter": '{"bogus":1}'}, {"filter": "[]"}, {"sortBy": "bogus"}]
)
@pytest.mark.parametrize("path", ["/api/v1/clients", "/api/v1/logs"])
async def test_lists_that_hang(browser: Browser, manager: str, editor: str, params: dict[str, str], path: str) -> None:
    token = manager if path.endswith("clients") else editor
    assert (await browser.ask("GET", path, token=token, params=params)).status == 504


async def test_the_log_names_every_successful_login(browser: Browser, manager: str, editor: str) -> None:
    params = {"sortBy": "date", "sortDirection": "desc", "limit": "10"}
    lines = (await browser.ask("GET", "/api/v1/logs", token=editor, params=params)).json
    assert {line["user_id"] for line in lines} == {"2", "3"}
    assert {line["event"] for line in lines} == {"USER_LOGIN_SUCCESS"}
    assert all(isinstance(json.loads(line["details"]), dict) for line in lines)


async def test_a_filter_on_the_log_hangs_without_a_user(browser: Browser, manager: str, editor: str) -> None:
    at = "/api/v1/logs"
    event = {"filter": '{"event":"USER_LOGIN_SUCCESS"}'}
    assert (await browser.ask("GET", at, token=editor, params=event)).status == 504
    with_user = {"filter": '{"event":"USER_LOGIN_SUCCESS","user_id":"2"}'}
    lines = (await browser.ask("GET", at, token=editor, params=with_user)).json
    assert [line["user_id"] for line in lines] == ["2"]


async def test_a_manager_sees_the_logins_to_his_own_clients(
    idp: EncvoyStandIn, browser: Browser, five: list[str], manager: str
) -> None:
    await browser.code(idp.person("person"), five[0])
    lines = (await browser.ask("GET", "/api/v1/logs", token=manager)).json
    assert [(line["client_id"], line["user_id"]) for line in lines] == [(five[0], "4")]
