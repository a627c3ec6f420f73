"""What is done around every route: who calls, limits, schemas, refusals (facts/rocketchat.md §1.1, §1.5, §1.6)."""

from __future__ import annotations

import re
import time

import pytest

from sandbox.rocketchat.standin import Switches
from tests.support.rocket import Rocket, running

NOT_LOGGED_IN = "You must be logged in to do this."


async def test_both_headers_are_needed(rocket: Rocket) -> None:
    bot = rocket.standin.introduction.account("bot")
    for headers in ({"X-Auth-Token": bot.token}, {"X-User-Id": bot.user_id}, {}):
        assert (await rocket.call("GET", "me", who=None, headers=headers)).status == 401
    assert (await rocket.get("me")).status == 200


async def test_a_token_is_good_for_its_owner_only(rocket: Rocket) -> None:
    token = rocket.standin.introduction.account("bot").token
    headers = {"X-Auth-Token": token, "X-User-Id": rocket.user("admin").id}
    assert (await rocket.call("GET", "me", who=None, headers=headers)).status == 401


async def test_login_tokens_end_after_90_days_and_personal_ones_never(rocket: Rocket) -> None:
    rocket.clock.shift = 91 * 86400
    assert (await rocket.get("me", who="admin")).status == 401
    assert (await rocket.get("me", who="bot")).status == 200


async def test_a_deactivated_user_is_out(rocket: Rocket) -> None:
    rocket.standin.people.deactivate(rocket.user("member"))
    assert (await rocket.get("me", who="member")).status == 401


async def test_401_before_9(rocket: Rocket) -> None:
    assert (await rocket.get("me", who=None)).body == {
        "success": False,
        "error": NOT_LOGGED_IN,
        "status": "error",
        "message": NOT_LOGGED_IN,
    }


async def test_401_and_403_of_9() -> None:
    async with running("9.0") as rocket:
        assert (await rocket.get("me", who=None)).body == {"success": False, "error": NOT_LOGGED_IN}
        refused = await rocket.get("settings/Site_Url", who="member")
        assert (refused.status, refused.body) == (403, {"success": False, "error": "forbidden"})


async def test_403_of_a_missing_permission(rocket: Rocket) -> None:
    refused = await rocket.get("settings/Site_Url", who="member")
    assert refused.status == 403
    assert refused.body == {
        "success": False,
        "error": "User does not have the permissions required for this action [error-unauthorized]",
    }


@pytest.mark.parametrize(
    ("version", "status", "kind"), [("8.8", 400, "not-authorized"), ("9.0", 403, "error-forbidden")]
)
async def test_refusals_are_403_from_9_on(version: str, status: int, kind: str) -> None:
    async with running(version, switches=Switches(twofa="off")) as rocket:
        rocket.standin.people.permissions["create-personal-access-tokens"] = set()
        refused = await rocket.post("users.generatePersonalAccessToken", {"tokenName": "x"}, who="member")
        assert (refused.status, refused.body["errorType"]) == (status, kind)
        assert "Not Authorized" in refused.body["error"]


@pytest.mark.parametrize("path", ["nothing", "settings.nothing"])
async def test_an_unknown_route_is_404(rocket: Rocket, path: str) -> None:
    reply = await rocket.get(path)
    assert (reply.status, reply.body) == (404, {"success": False, "error": "API endpoint does not exist"})


@pytest.mark.parametrize(
    ("path", "since"),
    [("settings", "8.6"), ("settings.removeCustomOAuth", "8.7"), ("settings.refreshOAuthServices", "8.7")],
)
async def test_routes_are_there_from_their_version_on(path: str, since: str) -> None:
    major, minor = since.split(".")
    async with running(f"{major}.{int(minor) - 1}") as rocket:
        assert (await rocket.post(path)).status == 404
    async with running(since) as rocket:
        assert (await rocket.post(path)).status != 404


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "must have required property 'settings'"),
        ({"settings": []}, "must NOT have fewer than 1 items"),
        ({"settings": [{"_id": "Site_Url"}]}, "must have required property 'value'"),
        ({"settings": [{"_id": 1, "value": 1}]}, "must be string"),
        ({"settings": [{"_id": "a", "value": 1, "x": 1}]}, "must NOT have additional properties"),
        ({"settings": [{"_id": "a", "value": 1}], "x": 1}, "must NOT have additional properties"),
    ],
)
async def test_schemas_are_strict(rocket: Rocket, body: object, text: str) -> None:
    reply = await rocket.post("settings", body)
    assert reply.status == 400
    assert reply.body == {"success": False, "error": f"{text} [invalid-params]", "errorType": "invalid-params"}


async def test_a_query_is_as_strict_as_a_body(rocket: Rocket) -> None:
    reply = await rocket.get("settings", nonsense="1")
    assert (reply.status, reply.body["errorType"]) == (400, "invalid-params")


# The rate limit.


async def test_the_eleventh_call_within_a_minute_is_too_many(rocket: Rocket) -> None:
    replies = [await rocket.get("me", who="member") for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    text = replies[-1].body.pop("error")
    assert replies[-1].body == {"success": False}
    assert re.fullmatch(
        r"Error, too many requests\. Please slow down\. You must wait \d+ seconds before trying this endpoint again\. "
        r"\[error-too-many-requests\]",
        text,
    )


async def test_the_headers_tell_limit_rest_and_end(rocket: Rocket) -> None:
    replies = [await rocket.get("me", who="member") for _ in range(11)]
    assert {reply.headers["X-RateLimit-Limit"] for reply in replies} == {"10"}
    assert [int(reply.headers["X-RateLimit-Remaining"]) for reply in replies] == [*range(9, -1, -1), 0]
    reset = int(replies[-1].headers["X-RateLimit-Reset"])
    assert 55_000 < reset - time.time() * 1000 <= 60_100


async def test_the_window_ends_after_a_minute(rocket: Rocket) -> None:
    for _ in range(11):
        await rocket.get("me", who="member")
    rocket.clock.shift = 59.0
    assert (await rocket.get("me", who="member")).status == 429
    rocket.clock.shift = 60.5
    assert (await rocket.get("me", who="member")).status == 200


async def test_who_may_bypass_is_not_counted_and_sees_no_headers(rocket: Rocket) -> None:
    replies = [await rocket.get("me", who="bot") for _ in range(12)]
    assert {reply.status for reply in replies} == {200}
    assert not any(name.startswith("X-RateLimit") for reply in replies for name in reply.headers)


OPEN = ["settings.oauth", "settings.public", "service.configurations", "info"]
MIXED = [200] * 10 + [429]


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize(
    ("version", "switch", "statuses"),
    [("7.10", None, MIXED), ("8.8", None, [200] * 11), ("8.8", False, MIXED), ("7.10", True, [200] * 11)],
)
async def test_who_may_bypass_without_login(version: str, switch: bool | None, statuses: list[int], path: str) -> None:
    async with running(version, switches=Switches(open_routes_know_user=switch)) as rocket:
        replies = [await rocket.get(path, who="bot") for _ in range(11)]
        assert [reply.status for reply in replies] == statuses
        assert ("X-RateLimit-Limit" in replies[0].headers) is (statuses == MIXED)


@pytest.mark.parametrize("path", OPEN)
async def test_without_login_strangers_and_those_without_the_permission_are_limited(rocket: Rocket, path: str) -> None:
    replies = [await rocket.get(path, who=who) for who in [None, "member"] * 5 + [None]]
    assert [reply.status for reply in replies] == MIXED
    assert replies[0].headers["X-RateLimit-Remaining"] == "9"


async def test_without_login_both_headers_are_needed_to_bypass(rocket: Rocket) -> None:
    account = rocket.standin.introduction.account("bot")
    headers = {"X-Auth-Token": account.token}
    replies = [await rocket.call("GET", "settings.oauth", who=None, headers=headers) for _ in range(11)]
    assert [reply.status for reply in replies] == MIXED


async def test_two_open_routes_are_two_buckets(rocket: Rocket) -> None:
    for _ in range(11):
        await rocket.get("settings.oauth", who=None)
    assert (await rocket.get("service.configurations", who=None)).status == 200


async def test_people_share_a_bucket_by_address_and_routes_do_not(rocket: Rocket) -> None:
    rocket.standin.people.permissions["api-bypass-rate-limit"] = set()
    for who in ("member", "admin") * 5:
        await rocket.get("me", who=who)
    assert (await rocket.get("me", who="admin2")).status == 429
    assert (await rocket.get("roles.list", who="admin2")).status == 200


async def test_all_settings_are_one_bucket_for_each_method(rocket: Rocket) -> None:
    rocket.standin.people.permissions["api-bypass-rate-limit"] = set()
    for number in range(10):
        await rocket.post(f"settings/{'Site_Name' if number % 2 else 'SMTP_Host'}", {"value": "x"})
    assert (await rocket.post("settings/Site_Url", {"value": "x"})).status == 429
    assert (await rocket.get("settings/Site_Url")).status == 200


async def test_the_limiter_can_be_switched_off(rocket: Rocket) -> None:
    rocket.standin.settings.write("API_Enable_Rate_Limiter", False)
    replies = [await rocket.get("info", who=None) for _ in range(12)]
    assert {reply.status for reply in replies} == {200}


async def test_the_limit_is_a_setting(rocket: Rocket) -> None:
    rocket.standin.settings.write("API_Enable_Rate_Limiter_Limit_Calls_Default", 2)
    assert [(await rocket.get("info", who=None)).status for _ in range(3)] == [200, 200, 429]


async def test_a_refused_caller_is_not_counted(rocket: Rocket) -> None:
    for _ in range(12):
        assert (await rocket.get("me", who=None)).status == 401
    assert (await rocket.get("me", who="member")).status == 200


async def test_every_request_is_in_the_ledger_with_who_asked(rocket: Rocket) -> None:
    await rocket.post("settings/Site_Name", {"value": "x"})
    entry = rocket.standin.ledger.writes()[-1]
    assert (entry.path, entry.status, entry.who) == ("/api/v1/settings/Site_Name", 200, rocket.user("bot").id)


async def test_a_body_that_is_no_json_is_refused(rocket: Rocket) -> None:
    account = rocket.standin.introduction.account("bot")
    headers = {"X-User-Id": account.user_id, "X-Auth-Token": account.token, "Content-Type": "application/json"}
    async with rocket.raw("POST", "/api/v1/settings/Site_Name", data="{", headers=headers) as response:
        assert response.status == 400
