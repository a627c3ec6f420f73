"""Publications over a real socket (facts/rocketchat.md §5.3, §5.5), one test for each thing the facts say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.rocketchat.settings import Setting
from tests.support.chat_server import ChatServer, Frame, Someone, chat_server

ROOM_MESSAGES = "stream-room-messages"


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        yield running


# Who may subscribe.


async def test_a_room_is_opened_to_its_members(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    assert (await client.subscribe(ROOM_MESSAGES, server.room.id, {"useCollection": False, "args": []}))[
        "msg"
    ] == "ready"
    assert (await client.subscribe(ROOM_MESSAGES, server.room.id, False))["msg"] == "ready"


@pytest.mark.parametrize("room", ["theirs", "nowhere"])
async def test_a_strangers_room_and_a_missing_one_are_refused_alike(server: ChatServer, room: str) -> None:
    client = await server.ddp(server.eve)
    refusal = await client.subscribe(ROOM_MESSAGES, server.room.id if room == "theirs" else "nowhere", False)
    assert refusal["msg"] == "nosub"
    assert refusal["error"] == {
        "isClientSafe": True,
        "error": "not-allowed",
        "message": "[not-allowed]",
        "errorType": "Meteor.Error",
    }


async def test_a_channel_is_open_to_everybody_logged_in(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    member, nobody = await server.ddp(server.eve), await server.ddp()
    assert (await member.subscribe(ROOM_MESSAGES, channel.id, False))["msg"] == "ready"
    assert (await nobody.subscribe(ROOM_MESSAGES, channel.id, False))["msg"] == "nosub"


async def test_only_ones_own_notifications(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    assert (await client.subscribe("stream-notify-user", f"{server.eve.id}/message", False))["msg"] == "ready"
    assert (await client.subscribe("stream-notify-user", f"{server.ada.id}/message", False))["msg"] == "nosub"


@pytest.mark.parametrize(
    ("stream", "event", "anonymous"),
    [
        ("stream-notify-logged", "Users:NameChanged", "nosub"),
        ("stream-notify-all", "public-settings-changed", "ready"),
        (ROOM_MESSAGES, "__my_messages__", "nosub"),
    ],
)
async def test_what_needs_a_login(server: ChatServer, stream: str, event: str, anonymous: str) -> None:
    somebody, nobody = await server.ddp(server.eve), await server.ddp()
    assert (await somebody.subscribe(stream, event, False))["msg"] == "ready"
    assert (await nobody.subscribe(stream, event, False))["msg"] == anonymous


@pytest.mark.parametrize("name", ["nonsense", "stream-nonsense"])
async def test_an_unknown_publication_is_404(server: ChatServer, name: str) -> None:
    client = await server.ddp(server.eve)
    refusal = await client.subscribe(name, "x")
    assert (refusal["error"]["error"], refusal["error"]["reason"]) == (404, f"Subscription '{name}' not found")


async def test_a_stream_without_an_event_is_refused(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    assert (await client.subscribe("stream-notify-all"))["error"]["error"] == "invalid-event-name"


# What comes.


async def room_event(server: ChatServer, *params: Any) -> Frame:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, *params)
    server.chat.post(server.room, server.ada.id, "hello")
    return await client.hear(lambda frame: frame.get("msg") == "changed")


async def test_an_event_has_the_literal_id_and_the_message(server: ChatServer) -> None:
    frame = await room_event(server, server.room.id, False)
    assert (frame["collection"], frame["id"]) == (ROOM_MESSAGES, "id")
    assert frame["fields"]["eventName"] == server.room.id
    [message] = frame["fields"]["args"]
    assert (message["msg"], message["u"]["_id"]) == ("hello", server.ada.id)
    assert set(message["ts"]) == {"$date"}


async def test_my_messages_come_with_their_room(server: ChatServer) -> None:
    fields = (await room_event(server, "__my_messages__", {"useCollection": False, "args": []}))["fields"]
    assert fields["eventName"] == "__my_messages__"
    assert fields["args"][1] == {"roomParticipant": True, "roomType": "p", "roomName": "sso-admins"}


async def test_my_messages_follow_into_rooms_joined_later(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    await client.subscribe(ROOM_MESSAGES, "__my_messages__", False)
    server.chat.post(server.room, server.ada.id, "before")
    server.chat.add(server.ada.id, server.room, server.eve.id)
    server.chat.post(server.room, server.ada.id, "after")
    heard = [(await client.event(ROOM_MESSAGES))["args"][0] for _ in range(2)]
    assert [(message.get("t"), message["msg"]) for message in heard] == [("au", "eve"), (None, "after")]


async def test_my_messages_end_with_the_membership(server: ChatServer) -> None:
    server.chat.add(server.ada.id, server.room, server.eve.id)
    client = await server.ddp(server.eve)
    await client.subscribe(ROOM_MESSAGES, "__my_messages__", False)
    server.chat.remove(server.ada.id, server.room, server.eve.id)
    server.chat.post(server.room, server.ada.id, "after")
    await client.quiet()
    assert not client.heard


async def test_my_messages_include_channels_one_is_not_in(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    client = await server.ddp(server.eve)
    await client.subscribe(ROOM_MESSAGES, "__my_messages__", False)
    server.chat.post(channel, server.ada.id, "hello")
    assert (await client.event(ROOM_MESSAGES))["args"][1]["roomParticipant"] is False


async def test_a_direct_room_has_no_name(server: ChatServer) -> None:
    room = server.chat.direct(server.ada.id, server.bot.id)
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, "__my_messages__", False)
    server.chat.post(room, server.ada.id, "hello")
    assert (await client.event(ROOM_MESSAGES))["args"][1] == {"roomParticipant": True, "roomType": "d"}


async def test_a_room_subscription_is_asked_for_access_only_once(server: ChatServer) -> None:
    server.chat.add(server.ada.id, server.room, server.eve.id)
    client = await server.ddp(server.eve)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.chat.remove(server.ada.id, server.room, server.eve.id)
    assert (await client.event(ROOM_MESSAGES))["args"][0]["t"] == "ru"


async def test_edits_reactions_and_thread_counts_come_with_the_same_id(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    message = server.chat.post(server.room, server.ada.id, "helo")
    server.chat.edit(server.ada.id, message, "hello")
    server.chat.react(server.bot.id, message, ":tada:")
    answer = server.chat.post(server.room, server.bot.id, "hi", tmid=message.id)
    heard = [(await client.event(ROOM_MESSAGES))["args"][0] for _ in range(5)]
    assert [m["_id"] for m in heard] == [message.id, message.id, message.id, answer.id, message.id]
    assert ["editedAt" in m for m in heard] == [False, True, True, False, True]
    assert heard[-1]["tcount"] == 1


async def test_ones_own_messages_come_too(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, "__my_messages__", False)
    server.chat.post(server.room, server.bot.id, "mine")
    assert (await client.event(ROOM_MESSAGES))["args"][0]["u"]["_id"] == server.bot.id


async def test_a_webhooks_message_differs_by_bot_alone(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.chat.post_as_webhook(server.room, server.ada.id, "!sso rotate")
    message = (await client.event(ROOM_MESSAGES))["args"][0]
    assert message["u"]["_id"] == server.ada.id
    assert "i" in message["bot"]


async def test_an_encrypted_message_is_unreadable(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.chat.post_encrypted(server.room, server.ada.id)
    assert (await client.event(ROOM_MESSAGES))["args"][0]["t"] == "e2e"


async def test_a_second_subscription_doubles_the_events_and_unsub_ends_them(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    numbers = [(await client.subscribe(ROOM_MESSAGES, server.room.id, False))["subs"][0] for _ in range(2)]
    server.chat.post(server.room, server.ada.id, "hello")
    await client.event(ROOM_MESSAGES)
    await client.event(ROOM_MESSAGES)
    for number in numbers:
        await client.send({"msg": "unsub", "id": number})
    assert [await client.hear(lambda f: f.get("msg") == "nosub") for _ in numbers] == [
        {"msg": "nosub", "id": number} for number in numbers
    ]
    server.chat.post(server.room, server.ada.id, "again")
    await client.quiet()
    assert not client.heard


async def test_streams_end_with_the_login(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe("stream-notify-all", "public-settings-changed", False)
    private = (await client.subscribe(ROOM_MESSAGES, "__my_messages__", False))["subs"]
    await client.call("logout")
    assert (await client.hear(lambda f: f.get("msg") == "nosub"))["id"] == private[0]
    server.chat.post(server.room, server.ada.id, "hello")
    await client.quiet()
    assert not client.heard


async def test_another_user_on_the_connection_loses_the_first_ones_streams(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    room = (await client.subscribe(ROOM_MESSAGES, server.room.id, False))["subs"]
    await client.call("login", {"resume": server.eve.token})
    assert (await client.hear(lambda f: f.get("msg") == "nosub"))["id"] == room[0]


async def test_typing_is_seen_and_cleared(server: ChatServer) -> None:
    watcher, typist = await server.ddp(server.ada), await server.ddp(server.bot)
    event = f"{server.room.id}/user-activity"
    await watcher.subscribe("stream-notify-room", event, False)
    await typist.call("stream-notify-room", event, "ssobot", ["user-typing"], {})
    await typist.call("stream-notify-room", event, "ssobot", [], {})
    heard = [(await watcher.event("stream-notify-room"))["args"] for _ in range(2)]
    assert heard == [["ssobot", ["user-typing"], {}], ["ssobot", [], {}]]


@pytest.mark.parametrize(
    ("event", "name"), [("user-activity", "ada"), ("deleteMessage", "ssobot"), ("user-activity", None)]
)
async def test_nobody_types_in_anothers_name_or_invents_events(
    server: ChatServer, event: str, name: str | None
) -> None:
    client = await server.ddp(server.bot)
    answer = await client.call("stream-notify-room", f"{server.room.id}/{event}", *([name, []] if name else []))
    assert answer["error"]["error"] == "not-allowed"


async def test_a_deletion_is_told(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe("stream-notify-room", f"{server.room.id}/deleteMessage", False)
    message = server.chat.post(server.room, server.ada.id, "hello")
    server.chat.delete(server.ada.id, message)
    assert (await client.event("stream-notify-room"))["args"] == [{"_id": message.id}]


async def test_coming_into_a_room_is_told_to_oneself(server: ChatServer) -> None:
    client = await server.ddp(server.eve)
    await client.subscribe("stream-notify-user", f"{server.eve.id}/subscriptions-changed", False)
    await client.subscribe("stream-notify-user", f"{server.eve.id}/rooms-changed", False)
    server.chat.add(server.ada.id, server.room, server.eve.id)
    heard = {(e := await client.event("stream-notify-user"))["eventName"].split("/")[1]: e["args"] for _ in range(2)}
    assert heard["subscriptions-changed"][0] == heard["rooms-changed"][0] == "inserted"
    assert heard["subscriptions-changed"][1]["rid"] == heard["rooms-changed"][1]["_id"] == server.room.id


# The login services are in `test_login_service_publication`, settings below.


async def told(server: ChatServer, who: Someone, stream: str) -> list[Any]:
    """What a session hears of three settings that change: a private, a public and a hidden one."""
    for setting in (
        Setting("Private", "string", ""),
        Setting("Public", "string", "", public=True),
        Setting("Hidden", "string", "", hidden=True),
    ):
        server.settings.add(setting)
    client = await server.ddp(who)
    kind = stream.removeprefix("stream-notify-").replace("all", "public").replace("logged", "private")
    assert (await client.subscribe(stream, f"{kind}-settings-changed", False))["msg"] == "ready"
    for name in ("Private", "Public", "Hidden"):
        server.settings.write(name, "x")
    await client.quiet()
    return [frame["fields"]["args"] for frame in client.heard]


async def test_who_may_see_settings_is_told_of_each_write(server: ChatServer) -> None:
    expected = [["updated", {"_id": name, "value": "x"}] for name in ("Private", "Public")]
    assert await told(server, server.ada, "stream-notify-logged") == expected


async def test_everybody_is_told_of_the_public_ones(server: ChatServer) -> None:
    assert await told(server, server.eve, "stream-notify-all") == [["updated", {"_id": "Public", "value": "x"}]]


@pytest.mark.parametrize(
    "permission", ["view-privileged-setting", "edit-privileged-setting", "manage-selected-settings"]
)
async def test_one_of_three_permissions_is_enough_for_private_settings(server: ChatServer, permission: str) -> None:
    client = await server.ddp(server.eve)
    refusal = await client.subscribe("stream-notify-logged", "private-settings-changed", False)
    assert (refusal["msg"], refusal["error"]["error"]) == ("nosub", "not-allowed")
    server.people.permissions[permission] = {"user"}
    assert (await client.subscribe("stream-notify-logged", "private-settings-changed", False))["msg"] == "ready"


async def test_a_removed_setting_is_told_as_removed(server: ChatServer) -> None:
    server.settings.add(Setting("Private", "string", "x"))
    client = await server.ddp(server.ada)
    await client.subscribe("stream-notify-logged", "private-settings-changed", False)
    server.settings.remove("Private")
    event = await client.event("stream-notify-logged")
    assert event == {"eventName": "private-settings-changed", "args": ["removed", {"_id": "Private", "value": "x"}]}
