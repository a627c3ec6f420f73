"""People, tokens, roles, login and the workspace by REST (facts/rocketchat.md §1.2, §1.3, §2.8, §3.1, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.rocketchat.people import digest, hashed
from sandbox.rocketchat.second_factor import enrol_totp, totp
from sandbox.rocketchat.standin import ADMIN_ROOM, Switches
from tests.support.rocket import Reply, Rocket, running

NEW = {"username": "new", "name": "New", "email": "new@people.example", "password": "generated-password"}


@pytest_asyncio.fixture
async def rocket() -> AsyncIterator[Rocket]:
    async with running(switches=Switches(rate_limit=False)) as rocket:
        yield rocket


# The seeds.


async def test_the_introduction_names_everybody_and_the_bots_environment(rocket: Rocket) -> None:
    introduction = rocket.standin.introduction
    assert [account.role for account in introduction.accounts] == ["admin", "admin2", "bot", "member"]
    bot = introduction.account("bot")
    assert dict(introduction.env) == {
        "SSOBOT_ROCKETCHAT_URL": rocket.standin.url,
        "SSOBOT_ROCKETCHAT_USER_ID": bot.user_id,
        "SSOBOT_ROCKETCHAT_TOKEN": bot.token,
        "SSOBOT_ROCKETCHAT_PASSWORD": bot.password,
        "SSOBOT_ADMIN_ROOM": ADMIN_ROOM,
    }


async def test_every_seeded_token_and_password_works_and_is_different(rocket: Rocket) -> None:
    accounts = rocket.standin.introduction.accounts
    assert len({a.token for a in accounts} | {a.password for a in accounts}) == 2 * len(accounts)
    for account in accounts:
        assert (await rocket.get("me", who=account.role)).body["_id"] == account.user_id
        assert (await login(rocket, user=account.login, password=account.password)).status == 200


@pytest.mark.parametrize(
    ("role", "username", "roles"),
    [
        ("admin", "admin", ["admin", "user"]),
        ("admin2", "admin2", ["admin", "user"]),
        ("bot", "ssobot", ["bot", "admin", "user"]),
        ("member", "member", ["user"]),
    ],
)
async def test_seeded_roles(rocket: Rocket, role: str, username: str, roles: list[str]) -> None:
    me = (await rocket.get("me", who=role)).body
    assert (me["username"], me["roles"]) == (username, roles)


async def test_everybody_is_in_the_admin_room_and_in_general(rocket: Rocket) -> None:
    for name, kind in ((ADMIN_ROOM, "p"), ("general", "c")):
        room = rocket.standin.chat.rooms.find(name)
        assert room is not None
        assert room.t == kind
        assert set(room.members) == {account.user_id for account in rocket.standin.introduction.accounts}


# users.info and friends.


async def test_roles_and_addresses_are_shown_to_the_permission_only(rocket: Rocket) -> None:
    target = rocket.user("admin").id
    full = (await rocket.get("users.info", userId=target)).body["user"]
    basic = (await rocket.get("users.info", who="member", userId=target)).body["user"]
    assert full["roles"] == ["admin", "user"]
    assert full["emails"] == [{"address": "admin@workspace.example", "verified": True}]
    assert {"roles", "emails", "createdAt"}.isdisjoint(basic)
    assert basic["username"] == "admin"


async def test_everybody_sees_their_own_roles(rocket: Rocket) -> None:
    reply = await rocket.get("users.info", who="member", username="member")
    assert reply.body["user"]["roles"] == ["user"]


async def test_dates_are_iso_text(rocket: Rocket) -> None:
    created = (await rocket.get("users.info", username="admin")).body["user"]["createdAt"]
    assert created.endswith("Z")
    assert created[10] == "T"


async def test_nothing_of_a_user_shows_password_or_tokens(rocket: Rocket) -> None:
    for path in ("me", "users.info?username=admin", "users.list"):
        text = (await rocket.get(path)).text
        assert not any(secret in text for secret in ("bcrypt", "hashedToken", rocket.factor("admin")))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"userId": "nobody"}, "User not found."),
        ({}, 'The required "userId" or "username" param was not provided [error-user-param-not-provided]'),
    ],
)
async def test_who_is_not_found(rocket: Rocket, query: dict[str, str], error: str) -> None:
    reply = await rocket.get("users.info", **query)
    assert (reply.status, reply.body["error"]) == (400, error)


async def test_the_list_of_people(rocket: Rocket) -> None:
    reply = (await rocket.get("users.list")).body
    assert (reply["count"], reply["total"]) == (5, 5)
    assert {user["username"] for user in reply["users"]} == {"admin", "admin2", "ssobot", "member", "rocket.cat"}


LISTED = {"_id", "name", "username", "emails", "roles", "status", "active", "type"}


@pytest.mark.parametrize("path", ["users.list", "users.listByStatus"])
async def test_the_list_of_people_shows_these_fields(rocket: Rocket, path: str) -> None:
    users = {user["username"]: user for user in (await rocket.get(path)).body["users"]}
    assert list(users) == sorted(users)
    assert set(users["ssobot"]) == LISTED
    assert set(users["member"]) == LISTED | {"lastLogin"}
    assert users["member"]["emails"] == [{"address": "member@workspace.example", "verified": True}]


@pytest.mark.parametrize("path", ["users.list", "users.listByStatus"])
async def test_without_the_permission_neither_addresses_nor_roles_are_listed(rocket: Rocket, path: str) -> None:
    rocket.standin.people.permissions["view-d-room"] = {"user"}
    users = (await rocket.get(path, who="member")).body["users"]
    assert all(set(user) == LISTED - {"emails", "roles"} for user in users)


@pytest.mark.parametrize("path", ["users.list", "users.listByStatus"])
async def test_people_come_in_pages_of_100_at_most(rocket: Rocket, path: str) -> None:
    for number in range(130):
        rocket.standin.people.add(f"person{number:03}", emails=[{"address": f"p{number}@x.example", "verified": True}])
    pages = [(await rocket.get(path, count="500", offset=str(offset))).body for offset in (0, 100, 200)]
    assert [(page["count"], page["offset"], page["total"]) for page in pages] == [
        (100, 0, 135),
        (35, 100, 135),
        (0, 200, 135),
    ]
    assert len({user["_id"] for page in pages for user in page["users"]}) == 135


@pytest.mark.parametrize(("path", "since"), [("users.list", "6.0"), ("users.listByStatus", "7.0")])
async def test_a_setting_hides_people_from_who_may_not_look_outside(path: str, since: str) -> None:
    async with running(since) as rocket:
        rocket.standin.settings.write("API_Apply_permission_view-outside-room_on_users-list", True)
        rocket.standin.people.permissions["view-outside-room"] = {"admin"}
        rocket.standin.people.permissions["view-d-room"] = {"user"}
        assert (await rocket.get(path, who="member")).status == 403
        assert (await rocket.get(path)).status == 200


async def test_people_by_status_role_login_and_words(rocket: Rocket) -> None:
    member = rocket.user("member")
    member.reason = "let me in"

    async def names(**query: str) -> list[str]:
        return [user["username"] for user in (await rocket.get("users.listByStatus", **query)).body["users"]]

    assert await names(searchTerm="MEMB") == ["member"]
    assert await names(roles="bot") == ["rocket.cat", "ssobot"]
    assert await names(hasLoggedIn="false") == ["rocket.cat", "ssobot"]
    rocket.standin.people.deactivate(member)
    assert await names(status="deactivated") == ["member"]
    assert "member" not in await names(status="active")
    [shown] = (await rocket.get("users.listByStatus", status="deactivated")).body["users"]
    assert shown["reason"] == "let me in"


async def test_people_in_a_role_have_a_total_and_no_count(rocket: Rocket) -> None:
    body = (await rocket.get("roles.getUsersInRole", role="admin", count="2")).body
    assert set(body) == {"users", "total", "success"}
    assert ([user["username"] for user in body["users"]], body["total"]) == (["admin", "admin2"], 3)
    assert {"roles", "services"}.isdisjoint(body["users"][0])


async def test_rocket_cat_is_in_every_workspace_and_no_person(rocket: Rocket) -> None:
    cat = (await rocket.get("users.info", userId="rocket.cat")).body["user"]
    assert (cat["username"], cat["type"], cat["roles"], cat["emails"]) == ("rocket.cat", "bot", ["bot"], [])
    assert (await login(rocket, user="rocket.cat", password="")).status == 401


async def test_creating_changing_and_deleting_somebody(rocket: Rocket) -> None:
    made = (await rocket.post("users.create", NEW)).body["user"]
    assert (made["username"], made["roles"], made["active"]) == ("new", ["user"], True)
    assert (await login(rocket, user="new", password=NEW["password"])).status == 200
    data = {"name": "Other", "username": "other", "roles": ["user", "bot"]}
    changed = (await rocket.post("users.update", {"userId": made["_id"], "data": data})).body["user"]
    assert (changed["name"], changed["username"], changed["roles"]) == ("Other", "other", ["user", "bot"])
    assert (await rocket.post("users.delete", {"userId": made["_id"]})).status == 200
    assert (await rocket.get("users.info", userId=made["_id"])).status == 400


@pytest.mark.parametrize("taken", [{"username": "Member"}, {"email": "MEMBER@workspace.example"}])
async def test_names_and_addresses_are_unique_in_any_letter_case(rocket: Rocket, taken: dict[str, str]) -> None:
    reply = await rocket.post("users.create", {**NEW, **taken})
    assert (reply.status, reply.body["errorType"]) == (400, "error-field-unavailable")


async def test_a_member_creates_and_changes_nobody(rocket: Rocket) -> None:
    assert (await rocket.post("users.create", NEW, who="member")).status == 403
    other = {"userId": rocket.user("admin").id, "data": {"name": "x"}}
    assert (await rocket.post("users.update", other, who="member")).status == 400
    assert rocket.user("admin").name == "Administrator"


async def test_deactivating_ends_every_login(rocket: Rocket) -> None:
    body = {"userId": rocket.user("member").id, "activeStatus": False}
    assert (await rocket.post("users.setActiveStatus", body)).body["user"]["active"] is False
    assert (await rocket.get("me", who="member")).status == 401
    refused = await login(rocket, user="member", password=rocket.password("member"))
    assert refused.status == 401
    await rocket.post("users.setActiveStatus", {**body, "activeStatus": True})
    assert (await login(rocket, user="member", password=rocket.password("member"))).status == 200


async def test_status_and_presence(rocket: Rocket) -> None:
    assert (await rocket.post("users.setStatus", {"status": "online", "message": "here"})).status == 200
    own = (await rocket.get("users.getStatus")).body
    assert (own["status"], own["message"]) == ("online", "here")
    reply = (await rocket.get("users.presence", ids=rocket.user("bot").id)).body
    assert [(user["username"], user["status"]) for user in reply["users"]] == [("ssobot", "online")]
    assert (await rocket.post("users.setStatus", {"status": "asleep"})).body["errorType"] == "error-invalid-status"


# Personal access tokens.


async def test_a_personal_token_is_made_shown_once_and_removed(rocket: Rocket) -> None:
    made = (await rocket.post("users.generatePersonalAccessToken", {"tokenName": "t", "bypassTwoFactor": True})).body
    token = made["token"]
    assert set(made) == {"token", "success"}
    assert (await rocket.post("users.setStatus", {"message": "x"}, X_Auth_Token=token)).status == 200
    listed = await rocket.get("users.getPersonalAccessTokens")
    [row] = [row for row in listed.body["tokens"] if row["name"] == "t"]
    assert (row["lastTokenPart"], row["bypassTwoFactor"]) == (token[-6:], True)
    assert token not in listed.text
    assert (await rocket.post("users.removePersonalAccessToken", {"tokenName": "t"})).status == 200
    assert (await rocket.post("users.setStatus", {"message": "x"}, X_Auth_Token=token)).status == 401


async def test_only_the_hash_of_a_token_is_kept(rocket: Rocket) -> None:
    token = rocket.standin.introduction.account("bot").token
    kept = rocket.user("bot").tokens[0]
    assert kept.hashed == hashed(token)
    assert token not in vars(kept).values()


async def test_a_token_name_is_used_once(rocket: Rocket) -> None:
    reply = await rocket.post("users.generatePersonalAccessToken", {"tokenName": "ssobot"})
    assert (reply.status, reply.body["errorType"]) == (400, "error-token-already-exists")


async def test_regenerating_ends_the_old_token_and_keeps_its_bypass(rocket: Rocket) -> None:
    made = (await rocket.post("users.regeneratePersonalAccessToken", {"tokenName": "ssobot"})).body
    assert (await rocket.get("me")).status == 401
    account = rocket.standin.introduction.account("bot")
    headers = {"X-User-Id": account.user_id, "X-Auth-Token": made["token"]}
    reply = await rocket.call("POST", "settings/Site_Name", {"value": "x"}, who=None, headers=headers)
    assert reply.status == 200


async def test_a_bot_without_the_user_role_may_not_make_tokens(rocket: Rocket) -> None:
    rocket.user("bot").roles = ["bot"]
    reply = await rocket.post("users.generatePersonalAccessToken", {"tokenName": "x"})
    assert (reply.status, reply.body["errorType"]) == (400, "not-authorized")


async def test_an_unknown_token_is_not_removed(rocket: Rocket) -> None:
    assert (await rocket.post("users.removePersonalAccessToken", {"tokenName": "nothing"})).status == 400


# Roles.


async def test_the_roles_of_a_workspace(rocket: Rocket) -> None:
    roles = {role["_id"]: role for role in (await rocket.get("roles.list")).body["roles"]}
    assert {"admin", "user", "bot", "app", "owner", "moderator"} <= set(roles)
    assert roles["admin"]["scope"] == "Users"
    assert roles["owner"]["scope"] == "Subscriptions"
    assert set(roles["bot"]) == {"_id", "name", "scope", "description", "protected", "mandatory2fa", "_updatedAt"}


async def test_who_has_a_role(rocket: Rocket) -> None:
    reply = (await rocket.get("roles.getUsersInRole", role="admin")).body
    assert {user["username"] for user in reply["users"]} == {"admin", "admin2", "ssobot"}
    assert reply["total"] == 3
    assert (await rocket.get("roles.getUsersInRole", who="member", role="admin")).status == 403
    assert (await rocket.get("roles.getUsersInRole", role="nothing")).status == 400


async def test_who_has_a_role_in_a_room(rocket: Rocket) -> None:
    room = rocket.standin.chat.rooms.find(ADMIN_ROOM)
    assert room is not None
    reply = (await rocket.get("roles.getUsersInRole", role="owner", roomId=room.id)).body
    assert [user["username"] for user in reply["users"]] == ["admin"]


async def test_giving_and_taking_a_role_counts_at_once(rocket: Rocket) -> None:
    body = {"username": "member", "roleId": "admin"}
    assert (await rocket.post("roles.addUserToRole", body)).body["role"]["_id"] == "admin"
    assert (await rocket.get("settings/Site_Url", who="member")).status == 200
    assert (await rocket.post("roles.removeUserFromRole", body)).status == 200
    assert (await rocket.get("settings/Site_Url", who="member")).status == 403


async def test_a_role_is_named_by_its_id_from_8_0_on() -> None:
    for version, status in (("7.10", 200), ("8.0", 400)):
        async with running(version) as rocket:
            body = {"username": "member", "roleName": "bot"}
            assert (await rocket.post("roles.addUserToRole", body)).status == status


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("add-oauth-service", ["admin"]),
        ("view-privileged-setting", ["admin"]),
        ("edit-privileged-setting", ["admin"]),
        ("manage-selected-settings", ["admin"]),
        ("access-permissions", ["admin"]),
        ("view-full-other-user-info", ["admin"]),
        ("manage-apps", ["admin"]),
        ("manage-outgoing-integrations", ["admin"]),
        ("message-impersonate", ["app", "bot"]),
        ("create-d", ["admin", "app", "bot", "user"]),
        ("delete-own-message", ["admin", "user"]),
        ("force-delete-message", ["admin", "owner"]),
        ("create-personal-access-tokens", ["admin", "user"]),
        ("api-bypass-rate-limit", ["admin", "app", "bot"]),
        ("send-many-messages", ["admin", "app", "bot"]),
    ],
)
async def test_default_permissions(rocket: Rocket, permission: str, roles: list[str]) -> None:
    rows = {row["_id"]: row for row in (await rocket.get("permissions.listAll")).body["update"]}
    assert rows[permission]["roles"] == roles


# Login.


async def login(rocket: Rocket, **body: Any) -> Reply:
    return await rocket.post("login", body, who=None)


async def test_login_gives_a_token_and_the_profile(rocket: Rocket) -> None:
    reply = await login(rocket, user="admin", password=rocket.password("admin"))
    assert (reply.status, reply.body["status"], reply.body["success"]) == (200, "success", True)
    data = reply.body["data"]
    assert (data["userId"], data["me"]["username"]) == (rocket.user("admin").id, "admin")
    headers = {"X-User-Id": data["userId"], "X-Auth-Token": data["authToken"]}
    assert (await rocket.call("GET", "me", who=None, headers=headers)).status == 200


@pytest.mark.parametrize("form", ["user", "address", "username", "email", "digest", "hashed", "resume"])
async def test_forms_of_login(rocket: Rocket, form: str) -> None:
    plain = rocket.password("admin")
    bodies: dict[str, Any] = {
        "user": {"user": "admin", "password": plain},
        "address": {"user": "admin@workspace.example", "password": plain},
        "username": {"username": "admin", "password": plain},
        "email": {"email": "admin@workspace.example", "password": plain},
        "digest": {"user": "admin", "password": {"digest": digest(plain), "algorithm": "sha-256"}},
        "hashed": {"user": "admin", "password": digest(plain), "hashed": True},
        "resume": {"resume": rocket.standin.introduction.account("admin").token},
    }
    assert (await login(rocket, **bodies[form])).body["data"]["userId"] == rocket.user("admin").id


@pytest.mark.parametrize(
    "body", [{"user": "admin", "password": "wrong"}, {"user": "nobody", "password": "x"}, {"resume": "x"}, {}]
)
async def test_a_wrong_login(rocket: Rocket, body: dict[str, Any]) -> None:
    reply = await login(rocket, **body)
    assert reply.status == 401
    assert reply.body == {"status": "error", "success": False, "error": "Unauthorized", "message": "Unauthorized"}


async def test_a_wrong_login_of_9() -> None:
    async with running("9.0") as rocket:
        reply = await login(rocket, user="admin", password="wrong")
        assert (reply.status, reply.body) == (401, {"success": False, "error": "unauthorized"})


async def test_login_asks_for_totp(rocket: Rocket) -> None:
    secret = enrol_totp(rocket.user("admin"))
    body = {"user": "admin", "password": rocket.password("admin")}
    asked = await login(rocket, **body)
    assert (asked.status, asked.body["error"]) == (401, "totp-required")
    code = totp(secret, rocket.clock.now())
    assert (await login(rocket, **body, code=code)).status == 200
    assert (await rocket.post("login", body, who=None, x_2fa_code=code)).status == 200
    assert (await login(rocket, **body, code="000000x")).body["error"] == "totp-invalid"


async def test_login_with_a_password_asks_for_no_password_again(rocket: Rocket) -> None:
    assert (await login(rocket, user="admin", password=rocket.password("admin"))).status == 200


async def test_logout_ends_that_login(rocket: Rocket) -> None:
    other = rocket.standin.people.log_in(rocket.user("admin"))
    assert (await rocket.post("logout", who="admin")).body["status"] == "success"
    assert (await rocket.get("me", who="admin")).status == 401
    assert (await rocket.call("GET", "me", who="admin", headers={"X-Auth-Token": other})).status == 200


# The workspace.


@pytest.mark.parametrize("path", ["info", "/api/info"])
async def test_strangers_are_told_major_and_minor(rocket: Rocket, path: str) -> None:
    assert (await rocket.get(path, who=None)).body == {"version": "8.8", "success": True}
    assert (await rocket.get(path, who="member")).body["version"] == "8.8"
    assert (await rocket.get(path, who="admin")).body["info"]["version"] == "8.8.0"


async def test_the_licence(rocket: Rocket) -> None:
    assert (await rocket.get("licenses.info")).body["license"]["activeModules"] == []
    assert (await rocket.get("licenses.isEnterprise")).body["isEnterprise"] is False
    rocket.standin.modules.add("oauth-enterprise")
    assert (await rocket.get("licenses.info", who="member")).body["license"]["activeModules"] == ["oauth-enterprise"]
    assert (await rocket.get("licenses.isEnterprise")).body["isEnterprise"] is True


async def test_no_private_apps_on_the_community_edition(rocket: Rocket) -> None:
    reply = (await rocket.get("/api/apps/count")).body
    assert (reply["maxPrivateApps"], reply["maxMarketplaceApps"]) == (0, 5)


# Methods over REST (§1.7).


async def test_a_method_answers_inside_a_200(rocket: Rocket) -> None:
    answer = await rocket.method("nothing")
    assert (answer["msg"], answer["id"]) == ("result", "1")
    assert answer["error"]["error"] == 404
    assert answer["error"]["errorType"] == "Meteor.Error"


async def test_methods_of_the_chat_are_there_too(rocket: Rocket) -> None:
    room = rocket.standin.chat.rooms.find("general")
    assert room is not None
    assert (await rocket.method("getRoomIdByNameOrId", "general"))["result"] == room.id
    assert (await rocket.method("getRoomIdByNameOrId", "none"))["error"]["error"] == "error-not-allowed"
    assert (await rocket.method("getRoomIdByNameOrId", "a", "b", "c"))["error"]["error"] == 400


async def test_the_anonymous_twin_logs_in(rocket: Rocket) -> None:
    password = {"digest": rocket.factor("member"), "algorithm": "sha-256"}
    answer = await rocket.method("login", {"user": {"username": "member"}, "password": password}, who=None)
    assert answer["result"]["id"] == rocket.user("member").id
    assert set(answer["result"]["tokenExpires"]) == {"$date"}
    assert "error" in await rocket.method("addOAuthService", "x", who=None)


async def test_a_message_that_is_no_method_is_refused(rocket: Rocket) -> None:
    assert (await rocket.post("method.call/x", {"message": "{"})).status == 400
    assert (await rocket.post("method.call/x", {})).body["errorType"] == "invalid-params"
