"""Rooms, people and commands over REST, on a real socket (facts/rocketchat.md §4.2, §5.6, §6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.rocketchat.documents import iso
from tests.support.chat_server import ChatServer, chat_server


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        yield running


async def test_a_room_tells_its_type_name_and_size(server: ChatServer) -> None:
    status, body = await server.get(server.bot, "rooms.info", roomId=server.room.id)
    room = body["room"]
    assert (status, room["t"], room["name"], room["usersCount"]) == (200, "p", "sso-admins", 2)
    assert room["u"]["username"] == "ada"
    _, by_name = await server.get(server.bot, "rooms.info", roomName="sso-admins")
    assert by_name["room"]["_id"] == server.room.id


async def test_a_room_tells_whether_it_is_encrypted_a_teams_or_a_discussion(server: ChatServer) -> None:
    server.room.flags |= {"encrypted": True, "teamId": "team", "prid": "parent"}
    _, body = await server.get(server.bot, "rooms.info", roomId=server.room.id)
    assert (body["room"]["encrypted"], body["room"]["teamId"], body["room"]["prid"]) == (True, "team", "parent")


@pytest.mark.parametrize(
    ("query", "error", "kind"),
    [
        ({}, 'The parameter "roomId" or "roomName" is required [error-roomid-param-not-provided]', None),
        ({"roomName": "nowhere"}, None, "error-room-not-found"),
        ({"roomName": "sso-admins"}, "not-allowed", "Not Allowed"),
    ],
)
async def test_a_room_that_is_not_shown(
    server: ChatServer, query: dict[str, str], error: str | None, kind: str | None
) -> None:
    status, body = await server.get(server.eve, "rooms.info", **query)
    assert status == 400
    assert error is None or body["error"] == error
    assert kind is None or body["errorType"] == kind


async def test_a_group_is_found_by_its_members_only(server: ChatServer) -> None:
    status, body = await server.get(server.bot, "groups.info", roomName="sso-admins")
    assert (status, body["group"]["_id"]) == (200, server.room.id)
    for route in ("groups.info", "groups.members", "groups.history", "groups.roles"):
        status, body = await server.get(server.eve, route, roomId=server.room.id)
        assert (status, body["errorType"]) == (400, "error-room-not-found")


async def test_a_channel_is_not_a_group(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    assert (await server.get(server.eve, "channels.info", roomId=channel.id))[1]["channel"]["t"] == "c"
    assert (await server.get(server.ada, "groups.info", roomId=channel.id))[1]["errorType"] == "error-room-not-found"
    assert (await server.get(server.ada, "channels.info", roomId=server.room.id))[1][
        "errorType"
    ] == "error-room-not-found"


async def test_members_come_with_names_and_in_pages(server: ChatServer) -> None:
    _, body = await server.get(server.bot, "groups.members", roomId=server.room.id)
    assert [(m["username"], m["_id"]) for m in body["members"]] == [("ada", server.ada.id), ("ssobot", server.bot.id)]
    assert (body["count"], body["offset"], body["total"]) == (2, 0, 2)
    _, body = await server.get(server.bot, "groups.members", roomId=server.room.id, offset=1, count=1)
    assert ([m["username"] for m in body["members"]], body["total"]) == (["ssobot"], 2)


async def test_room_roles_name_who_holds_them(server: ChatServer) -> None:
    _, body = await server.get(server.bot, "groups.roles", roomId=server.room.id)
    [entry] = body["roles"]
    assert (entry["u"]["username"], entry["roles"], entry["rid"]) == ("ada", ["owner"], server.room.id)


async def test_a_group_is_created_with_its_people(server: ChatServer) -> None:
    status, body = await server.post(server.bot, "groups.create", name="new", members=["ada", "nobody"])
    assert (status, body["group"]["usersCount"], body["group"]["t"]) == (200, 2, "p")
    _, again = await server.post(server.bot, "groups.create", name="new")
    assert again["errorType"] == "error-duplicate-channel-name"


async def test_people_are_invited_and_kicked_by_the_owner_alone(server: ChatServer) -> None:
    given = {"roomId": server.room.id, "userId": server.eve.id}
    assert (await server.post(server.bot, "groups.invite", **given))[1]["errorType"] == "error-not-allowed"
    assert (await server.post(server.ada, "groups.invite", **given))[1]["group"]["usersCount"] == 3
    assert (await server.post(server.bot, "groups.kick", **given))[1]["errorType"] == "error-not-allowed"
    assert await server.post(server.ada, "groups.kick", **given) == (200, {"success": True})
    assert server.eve.id not in server.room.members


async def test_a_channel_is_joined(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    _, body = await server.post(server.eve, "channels.join", roomId=channel.id)
    assert body["channel"]["usersCount"] == 2


async def test_lists_show_what_one_may_see(server: ChatServer) -> None:
    server.chat.create_room(server.ada.id, "general", "c")
    server.chat.direct(server.eve.id, server.ada.id)
    assert [r["name"] for r in (await server.get(server.eve, "channels.list"))[1]["channels"]] == ["general"]
    assert (await server.get(server.eve, "groups.list"))[1]["groups"] == []
    assert [r["name"] for r in (await server.get(server.bot, "groups.list"))[1]["groups"]] == ["sso-admins"]
    assert len((await server.get(server.eve, "im.list"))[1]["ims"]) == 1


async def test_ones_own_rooms_and_subscriptions(server: ChatServer) -> None:
    _, rooms = await server.get(server.bot, "rooms.get")
    _, subscriptions = await server.get(server.bot, "subscriptions.get")
    assert ([r["_id"] for r in rooms["update"]], rooms["remove"]) == ([server.room.id], [])
    [subscription] = subscriptions["update"]
    assert (subscription["rid"], subscription["u"]["_id"], subscription["t"]) == (server.room.id, server.bot.id, "p")


async def test_ones_own_subscription_to_one_room(server: ChatServer) -> None:
    status, body = await server.get(server.bot, "subscriptions.getOne", roomId=server.room.id)
    assert (status, body["success"]) == (200, True)
    assert (body["subscription"]["rid"], body["subscription"]["u"]["_id"]) == (server.room.id, server.bot.id)


async def test_who_is_no_member_has_no_subscription_even_where_they_may_read(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    for room_id in (channel.id, server.room.id, "nowhere"):
        status, body = await server.get(server.eve, "subscriptions.getOne", roomId=room_id)
        assert (status, body) == (200, {"subscription": None, "success": True})


async def test_a_subscription_is_asked_for_by_the_rooms_id(server: ChatServer) -> None:
    status, body = await server.get(server.bot, "subscriptions.getOne", roomName="sso-admins")
    assert (status, body["errorType"]) == (400, "invalid-params")


# Direct messages


@pytest.mark.parametrize("prefix", ["im", "dm"])
async def test_a_direct_room_is_made_once(server: ChatServer, prefix: str) -> None:
    first = (await server.post(server.bot, f"{prefix}.create", username="ada"))[1]["room"]
    again = (await server.post(server.bot, f"{prefix}.create", usernames="ada"))[1]["room"]
    assert first["_id"] == first["rid"] == again["_id"]
    assert sorted(first["usernames"]) == ["ada", "ssobot"]


async def test_a_direct_room_needs_somebody_and_a_permission(server: ChatServer) -> None:
    assert (await server.post(server.bot, "im.create", username="nobody"))[1]["errorType"] == "error-invalid-user"
    server.people.permissions["create-d"] = {"admin"}
    assert (await server.post(server.bot, "im.create", username="ada"))[1]["errorType"] == "error-not-allowed"


async def test_a_direct_rooms_history_is_for_its_people(server: ChatServer) -> None:
    room = server.chat.direct(server.ada.id, server.bot.id)
    server.chat.post(room, server.ada.id, "hello")
    _, body = await server.get(server.bot, "im.history", roomId=room.id)
    assert [m["msg"] for m in body["messages"]] == ["hello"]
    assert (await server.get(server.eve, "im.history", roomId=room.id))[0] == 403


# History


async def history(server: ChatServer, **query: Any) -> list[str]:
    _, body = await server.get(server.bot, "groups.history", roomId=server.room.id, **query)
    return [message["msg"] for message in body["messages"]]


async def test_history_is_newest_first_between_two_times(server: ChatServer) -> None:
    posted = []
    for text in ("one", "two", "three"):
        posted.append(server.chat.post(server.room, server.ada.id, text))
        await asyncio.sleep(0.003)
    assert await history(server) == ["three", "two", "one"]
    assert await history(server, oldest=iso(posted[0].ts)) == ["three", "two"]
    assert await history(server, oldest=iso(posted[0].ts), inclusive="true") == ["three", "two", "one"]
    assert await history(server, latest=iso(posted[2].ts)) == ["two", "one"]
    assert await history(server, latest=iso(posted[2].ts), inclusive="true", count=2) == ["three", "two"]
    assert await history(server, offset=1, count=1) == ["two"]


async def test_history_has_twenty_by_default_and_a_hundred_at_most(server: ChatServer) -> None:
    for number in range(120):
        server.chat.post(server.room, server.ada.id, str(number))
    assert len(await history(server)) == 20
    assert len(await history(server, count=500)) == 100


async def test_history_may_leave_threads_out(server: ChatServer) -> None:
    head = server.chat.post(server.room, server.ada.id, "head")
    server.chat.post(server.room, server.ada.id, "answer", tmid=head.id)
    assert set(await history(server)) == {"head", "answer"}
    assert await history(server, showThreadMessages="false") == ["head"]


# Commands


async def test_commands_are_listed_and_sso_is_not_among_them(server: ChatServer) -> None:
    _, body = await server.get(server.ada, "commands.list")
    assert (body["appsLoaded"], body["total"]) == (True, len(server.chat.commands.registered))
    names = {command["command"] for command in body["commands"]}
    assert "me" in names
    assert "sso" not in names
    assert set(body["commands"][0]) >= {"command", "params", "description", "clientOnly", "providesPreview"}


async def test_one_command_is_looked_up_in_any_letter_case(server: ChatServer) -> None:
    assert (await server.get(server.ada, "commands.get", command="ME"))[1]["command"]["command"] == "me"
    _, body = await server.get(server.ada, "commands.get", command="sso")
    assert body["error"] == "There is no command in the system by the name of: sso"


async def test_a_command_is_run_and_leaves_its_message(server: ChatServer) -> None:
    status, _ = await server.post(server.ada, "commands.run", command="me", params="waves", roomId=server.room.id)
    assert (status, [m.msg for m in server.chat.messages.values()]) == (200, ["_waves_"])


async def test_an_unknown_command_is_400_with_the_servers_text(server: ChatServer) -> None:
    answer = await server.post(server.ada, "commands.run", command="sso", params="setup", roomId=server.room.id)
    assert answer == (400, {"success": False, "error": "The command provided does not exist (or is disabled)."})


async def test_a_command_in_a_strangers_room_is_403(server: ChatServer) -> None:
    status, body = await server.post(server.eve, "commands.run", command="me", params="x", roomId=server.room.id)
    assert (status, body["error"]) == (403, "User does not have access to this room")


async def test_a_command_in_a_wrong_thread_is_refused(server: ChatServer) -> None:
    given = {"command": "me", "params": "x", "roomId": server.room.id, "tmid": "none"}
    assert (await server.post(server.ada, "commands.run", **given))[1]["error"] == "Invalid thread."


async def test_a_room_with_another_name_is_the_same_room(server: ChatServer) -> None:
    server.chat.rename(server.ada.id, server.room, "renamed")
    _, by_id = await server.get(server.bot, "rooms.info", roomId=server.room.id)
    _, by_name = await server.get(server.bot, "rooms.info", roomName="renamed")
    assert by_id["room"]["name"] == "renamed"
    assert by_name == by_id
    assert (await server.get(server.bot, "rooms.info", roomName="sso-admins"))[0] == 400
