"""The websocket over a real socket: login, methods, rate limits (facts/rocketchat.md §1.6, §5.1, §5.2)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.rocketchat.rate_limit import Limit
from sandbox.rocketchat.second_factor import enrol_totp, totp
from sandbox.rocketchat.settings import Setting
from tests.support.chat_server import ChatServer, Ddp, chat_server


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        yield running


def hashed(password: str) -> dict[str, str]:
    return {"digest": hashlib.sha256(password.encode()).hexdigest(), "algorithm": "sha-256"}


async def test_the_greeting_comes_first(server: ChatServer) -> None:
    client = await server.open()
    assert await client.hear(lambda _: True) == {"server_id": "0"}


async def test_a_wrong_version_fails_and_ends_the_connection(server: ChatServer) -> None:
    client = await server.open()
    await client.send({"msg": "connect", "version": "0", "support": ["0"]})
    assert await client.hear(lambda f: f.get("msg") == "failed") == {"msg": "failed", "version": "1"}
    await client.ended()


async def test_pings_are_answered(server: ChatServer) -> None:
    client = await server.ddp()
    await client.send({"msg": "ping", "id": "7"})
    assert await client.hear(lambda f: f.get("msg") == "pong") == {"msg": "pong", "id": "7"}


async def test_silence_is_pinged_and_then_the_connection_ends() -> None:
    async with chat_server(heartbeat=0.05, patience=0.05) as server:
        client = await server.open()
        await client.connect()
        await client.hear(lambda f: f == {"msg": "ping"})
        await client.ended()


async def test_a_pong_keeps_the_connection() -> None:
    async with chat_server(heartbeat=0.05, patience=5.0) as server:
        client = await server.open()
        await client.connect()
        for _ in range(3):
            await client.hear(lambda f: f == {"msg": "ping"})
            await client.send({"msg": "pong"})


# Login.


async def test_a_token_logs_in_and_the_user_is_added(server: ChatServer) -> None:
    client = await server.open()
    await client.connect()
    result = (await client.call("login", {"resume": server.ada.token}))["result"]
    added = await client.hear(lambda f: f.get("msg") == "added")
    assert (result["id"], result["token"], result["type"]) == (server.ada.id, server.ada.token, "resume")
    assert isinstance(result["tokenExpires"]["$date"], int)
    assert (added["collection"], added["id"], added["fields"]["username"]) == ("users", server.ada.id, "ada")


async def test_a_bad_token_is_403(server: ChatServer) -> None:
    client = await server.ddp()
    error = (await client.call("login", {"resume": "wrong"}))["error"]
    assert (error["error"], error["errorType"], error["isClientSafe"]) == (403, "Meteor.Error", True)


@pytest.mark.parametrize("password", ["ada-password", hashed("ada-password")])
async def test_a_password_logs_in_with_a_new_token(server: ChatServer, password: Any) -> None:
    client = await server.ddp()
    result = (await client.call("login", {"user": {"username": "ada"}, "password": password}))["result"]
    found = server.people.with_token(result["token"])
    assert found is not None
    assert found[0].id == result["id"] == server.ada.id


@pytest.mark.parametrize(
    "options",
    [
        {"user": {"username": "ada"}, "password": hashed("wrong")},
        {"user": {"username": "nobody"}, "password": hashed("ada-password")},
        {"oauth": {"credentialToken": "t", "credentialSecret": "s"}},
    ],
)
async def test_bad_credentials_are_403(server: ChatServer, options: dict[str, Any]) -> None:
    client = await server.ddp()
    assert (await client.call("login", options))["error"]["error"] == 403


@pytest.mark.parametrize("options", [{}, {"user": "ada"}, None, 7])
async def test_nonsense_is_400(server: ChatServer, options: Any) -> None:
    client = await server.ddp()
    assert (await client.call("login", options))["error"]["error"] == 400


async def test_a_second_factor_is_asked_and_given(server: ChatServer) -> None:
    server.settings.add(Setting("Accounts_TwoFactorAuthentication_Enabled", "boolean", True))
    secret = enrol_totp(server.ada.user)
    login = {"user": {"username": "ada"}, "password": hashed("ada-password")}
    client = await server.ddp()
    assert (await client.call("login", login))["error"]["error"] == "totp-required"
    code = totp(secret, server.chat.now())
    answer = await client.call("login", {"totp": {"code": code, "login": login}})
    assert answer["result"]["id"] == server.ada.id


async def test_after_logout_nobody_is_logged_in(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    await client.call("logout")
    answer = await client.call("sendMessage", {"rid": server.room.id, "msg": "hello"})
    assert answer["error"]["error"] == "error-invalid-user"


async def test_the_order_of_a_logins_frames_varies_with_the_seed(server: ChatServer) -> None:
    orders = set()
    for _ in range(12):
        client = await server.open()
        await client.connect()
        client.heard.clear()
        await client.send({"msg": "method", "id": "1", "method": "login", "params": [{"resume": server.ada.token}]})
        orders.add(tuple([(await client.hear(lambda _: True))["msg"] for _ in range(3)]))
        await client.socket.close()
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset({"result", "updated", "added"})}


# Methods.


async def send(client: Ddp, server: ChatServer, **message: Any) -> dict[str, Any]:
    return await client.call("sendMessage", {"rid": server.room.id, **message})


async def test_sending_answers_with_the_message(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    message = (await send(client, server, _id="mine", msg="hello"))["result"]
    assert (message["_id"], message["msg"], message["u"]["username"]) == ("mine", "hello", "ada")
    assert isinstance(message["ts"]["$date"], int)


async def test_the_same_id_twice_is_answered_with_nothing(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    await send(client, server, _id="mine", msg="first")
    answer = await send(client, server, _id="mine", msg="second")
    assert "result" not in answer
    assert "error" not in answer
    assert [m.msg for m in server.chat.messages.values()] == ["first"]


async def test_a_room_that_is_not_ones_own_is_an_error_and_a_note(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    await client.subscribe("stream-notify-user", f"{server.eve.id}/message", False)
    assert (await send(client, server, msg="hello"))["error"]["error"] == "error-not-allowed"
    note = (await client.event("stream-notify-user"))["args"][0]
    assert (note["u"]["username"], note["private"]) == ("rocket.cat", True)


async def test_too_long_a_text_is_swallowed(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    answer = await send(client, server, msg="x" * 5001)
    assert "error" not in answer
    assert not server.chat.messages


async def test_unknown_fields_of_a_message_fail_the_match(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    assert (await send(client, server, msg="hello", alias="x"))["error"]["error"] == 400


async def test_system_messages_cannot_be_sent(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    assert (await send(client, server, msg="hello", t="uj"))["error"]["error"] == 500
    assert not server.chat.messages


async def test_messages_are_edited_and_deleted(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    message = (await send(client, server, msg="helo"))["result"]
    await client.call("updateMessage", {"_id": message["_id"], "rid": server.room.id, "msg": "hello"})
    assert server.chat.messages[message["_id"]].msg == "hello"
    await client.call("deleteMessage", {"_id": message["_id"]})
    assert not server.chat.messages


async def test_only_a_few_keys_may_be_edited(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    message = server.chat.post(server.room, server.ada.id, "hello")
    answer = await client.call("updateMessage", {"_id": message.id, "rid": "other", "msg": "x"})
    assert answer["error"]["error"] == "error-invalid-update-key"


async def test_a_reaction_is_set(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    message = server.chat.post(server.room, server.bot.id, "hello")
    await client.call("setReaction", ":tada:", message.id, True)
    assert message.reactions == {":tada:": ["ada"]}


async def test_rooms_are_found_by_name(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    room = (await client.call("getRoomByTypeAndName", "p", "sso-admins"))["result"]
    assert (room["_id"], room["usersCount"]) == (server.room.id, 2)
    assert (await client.call("getRoomIdByNameOrId", "sso-admins"))["result"] == server.room.id
    assert (await client.call("getRoomNameById", server.room.id))["result"] == "sso-admins"


async def test_strangers_do_not_find_rooms(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    codes = [
        (await client.call("getRoomByTypeAndName", "p", "sso-admins"))["error"]["error"],
        (await client.call("getRoomIdByNameOrId", "sso-admins"))["error"]["error"],
        (await client.call("getRoomNameById", server.room.id))["error"]["error"],
    ]
    assert codes == ["error-no-permission", "error-not-allowed", "error-invalid-room"]


async def test_a_channel_is_joined_and_left(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    client = await server.ddp(server.eve)
    assert (await client.call("joinRoom", channel.id))["result"] is True
    assert server.eve.id in channel.members
    await client.call("leaveRoom", channel.id)
    assert server.eve.id not in channel.members


async def test_a_direct_room_is_made(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    room = (await client.call("createDirectMessage", "ada"))["result"]
    assert (room["t"], sorted(room["usernames"])) == ("d", ["ada", "eve"])
    listed = (await client.call("rooms/get"))["result"]
    assert [r["_id"] for r in listed] == [room["rid"]]
    assert (await client.call("subscriptions/get"))["result"][0]["name"] == "ada"


async def test_an_unknown_method_is_404(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    error = (await client.call("dance"))["error"]
    assert (error["error"], error["reason"]) == (404, "Method 'dance' not found")


async def test_missing_parameters_fail_the_match(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    assert (await client.call("sendMessage"))["error"]["error"] == 400
    assert (await client.call("joinRoom", 1, 2, 3))["error"]["error"] == 400


# Rate limits.


async def test_the_eleventh_call_of_a_method_is_one_too_many(server: ChatServer) -> None:
    client = await server.ddp(server.ada)
    answers = [await client.call("getRoomNameById", server.room.id) for _ in range(11)]
    assert all("result" in answer for answer in answers[:10])
    error = answers[10]["error"]
    assert error["error"] == "too-many-requests"
    assert 0 < error["details"]["timeToReset"] <= 10_000


async def test_too_many_subscriptions_are_refused(server: ChatServer) -> None:
    server.endpoint.limiter.connection_by_method = Limit(1, 60)
    client = await server.ddp()
    answers = [await client.subscribe("meteor.loginServiceConfiguration") for _ in range(2)]
    assert answers[0]["msg"] == "ready"
    assert answers[1]["error"]["error"] == "too-many-requests"


async def test_two_connections_are_served_at_once(server: ChatServer) -> None:
    one, two = await asyncio.gather(server.ddp(server.ada), server.ddp(server.bot))
    await asyncio.gather(send(one, server, msg="a"), send(two, server, msg="b"))
    assert sorted(m.msg for m in server.chat.messages.values()) == ["a", "b"]
