"""Messages over REST, on a real socket (facts/rocketchat.md §6, §5.6, §1.6)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.rocketchat.documents import iso, milliseconds
from sandbox.rocketchat.settings import Setting
from tests.support.chat_server import ChatServer, chat_server


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        yield running


# chat.postMessage


async def test_posting_answers_with_time_channel_and_message(server: ChatServer) -> None:
    status, body = await server.post(server.ada, "chat.postMessage", roomId=server.room.id, text=" hello ")
    assert (status, body["success"], body["channel"]) == (200, True, server.room.id)
    assert isinstance(body["ts"], int)
    message = body["message"]
    assert (message["msg"], message["rid"], message["u"]["username"]) == ("hello", server.room.id, "ada")
    assert message["groupable"] is False
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message["ts"])


@pytest.mark.parametrize("channel", ["#sso-admins", "sso-admins", ["sso-admins"]])
async def test_a_room_is_named_in_several_ways(server: ChatServer, channel: Any) -> None:
    status, body = await server.post(server.ada, "chat.postMessage", channel=channel, text="hello")
    assert (status, body["message"]["rid"]) == (200, server.room.id)


async def test_posting_to_a_person_opens_a_direct_room(server: ChatServer) -> None:
    _, body = await server.post(server.bot, "chat.postMessage", channel="@ada", text="hello")
    room = server.chat.rooms.all[body["message"]["rid"]]
    assert (room.t, set(room.members)) == ("d", {server.ada.id, server.bot.id})
    _, again = await server.post(server.bot, "chat.postMessage", channel=server.ada.id, text="hello")
    assert again["message"]["rid"] == room.id


async def test_posting_to_a_channel_joins_it(server: ChatServer) -> None:
    channel = server.chat.create_room(server.ada.id, "general", "c")
    await server.post(server.eve, "chat.postMessage", channel="#general", text="hello")
    assert server.eve.id in channel.members


async def test_several_rooms_get_one_message_each(server: ChatServer) -> None:
    other = server.chat.create_room(server.ada.id, "other", "p")
    await server.post(server.ada, "chat.postMessage", roomId=[server.room.id, other.id], text="hello")
    assert [m.rid for m in server.chat.messages.values()] == [server.room.id, other.id]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "nowhere"},
        {"roomId": "r", "channel": "#c", "text": "both"},
        {"channel": "#c", "text": "thread", "tmid": "m"},
        {"roomId": "r", "text": "blocks", "blocks": []},
        {"roomId": "r", "text": 7},
        {"roomId": "r", "message": "x"},
    ],
)
async def test_the_body_is_strict(server: ChatServer, body: dict[str, Any]) -> None:
    status, answer = await server.post(server.ada, "chat.postMessage", **body)
    assert (status, answer["errorType"]) == (400, "invalid-params")
    assert not server.chat.messages


async def test_a_thread_goes_with_the_room_id(server: ChatServer) -> None:
    head = server.chat.post(server.room, server.ada.id, "question")
    _, body = await server.post(server.bot, "chat.postMessage", roomId=server.room.id, text="answer", tmid=head.id)
    assert body["message"]["tmid"] == head.id
    assert head.tcount == 1


@pytest.mark.parametrize("body", [{"text": "x" * 5001}, {"attachments": [{"text": "x" * 5001}]}])
async def test_too_long_a_text_is_refused(server: ChatServer, body: dict[str, Any]) -> None:
    answer = await server.post(server.ada, "chat.postMessage", roomId=server.room.id, **body)
    assert answer == (400, {"success": False, "error": "error-message-size-exceeded"})


async def test_an_alias_needs_message_impersonate(server: ChatServer) -> None:
    given = {"roomId": server.room.id, "text": "hello", "alias": "SSO"}
    assert await server.post(server.ada, "chat.postMessage", **given) == (
        400,
        {"success": False, "error": "Not enough permission"},
    )
    _, body = await server.post(server.bot, "chat.postMessage", **given)
    assert body["message"]["alias"] == "SSO"


async def test_no_room_no_message(server: ChatServer) -> None:
    status, body = await server.post(server.ada, "chat.postMessage", channel="#nowhere", text="hello")
    assert (status, body["error"], body["errorType"]) == (400, "[invalid-channel]", "invalid-channel")


async def test_a_strangers_room_is_not_allowed_and_has_no_error_type(server: ChatServer) -> None:
    answer = await server.post(server.eve, "chat.postMessage", roomId=server.room.id, text="hello")
    assert answer == (400, {"success": False, "error": "error-not-allowed"})


async def test_rest_never_reads_commands(server: ChatServer) -> None:
    _, body = await server.post(server.ada, "chat.postMessage", roomId=server.room.id, text="/sso setup")
    assert body["message"]["msg"] == "/sso setup"


# chat.sendMessage


async def send(server: ChatServer, **message: Any) -> tuple[int, dict[str, Any]]:
    return await server.post(server.bot, "chat.sendMessage", message={"rid": server.room.id, **message})


async def test_sending_keeps_the_chosen_id(server: ChatServer) -> None:
    status, body = await send(server, _id="mine", msg="hello")
    assert (status, set(body), body["message"]["_id"]) == (200, {"message", "success"}, "mine")


async def test_the_same_id_again_is_400_and_changes_nothing(server: ChatServer) -> None:
    await send(server, _id="mine", msg="first")
    status, body = await send(server, _id="mine", msg="second")
    assert (status, body["error"]) == (400, "Cannot read properties of undefined (reading 'starred')")
    assert [m.msg for m in server.chat.messages.values()] == ["first"]


BUTTON = {"type": "button", "text": "Test", "msg": "!sso test", "msg_in_chat_window": True}


async def test_buttons_are_kept_and_everybody_sees_them(server: ChatServer) -> None:
    attachments = [{"text": "Next:", "button_alignment": "horizontal", "actions": [BUTTON]}]
    status, body = await send(server, _id="mine", msg="done", attachments=attachments)
    assert (status, body["message"]["attachments"]) == (200, attachments)
    _, body = await server.get(server.ada, "chat.getMessage", msgId="mine")
    assert body["message"]["attachments"] == attachments


@pytest.mark.parametrize(
    "attachment",
    [
        {"actions": [BUTTON | {"msg": 1}]},
        {"actions": [BUTTON | {"msg_in_chat_window": "yes"}]},
        {"actions": ["x"]},
        {"actions": BUTTON},
        {"text": ["x"]},
        {"fields": [{"title": "", "value": "x"}]},
        {"fields": [{"title": "x"}]},
        {"fields": [{"title": "x", "value": ""}]},
    ],
    ids=str,
)
async def test_an_attachment_that_is_not_as_expected_is_refused(server: ChatServer, attachment: dict[str, Any]) -> None:
    status, body = await send(server, _id="mine", msg="done", attachments=[attachment])
    assert (status, body["success"], body["error"].partition(":")[0]) == (400, False, "Match error")
    assert "mine" not in server.chat.messages
    posted = await server.post(
        server.bot, "chat.postMessage", roomId=server.room.id, text="done", attachments=[attachment]
    )
    assert posted[0] == 400


async def test_a_list_of_something_else_is_refused_by_the_schema(server: ChatServer) -> None:
    status, body = await send(server, msg="done", attachments=["x"])
    assert (status, body["errorType"]) == (400, "invalid-params")


async def test_an_edit_keeps_the_buttons_and_brings_none(server: ChatServer) -> None:
    await send(server, _id="mine", msg="working", attachments=[{"actions": [BUTTON]}])
    edit = {"roomId": server.room.id, "msgId": "mine", "text": "done"}
    status, body = await server.post(server.bot, "chat.update", **edit, attachments=[])
    assert (status, body["errorType"]) == (400, "invalid-params")
    status, body = await server.post(server.bot, "chat.update", **edit)
    assert (status, body["message"]["msg"], body["message"]["attachments"]) == (200, "done", [{"actions": [BUTTON]}])


LINKED = "see http://a.example/x and http://b.example but not `http://c.example`"


@pytest.mark.parametrize(
    ("given", "fetched"),
    [
        ({}, ["http://a.example/x", "http://b.example"]),
        ({"previewUrls": None}, ["http://a.example/x", "http://b.example"]),
        ({"previewUrls": ["http://b.example"]}, ["http://b.example"]),
        ({"previewUrls": []}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("edited", [False, True])
async def test_a_preview_is_fetched_of_every_link_that_is_not_left_out(
    server: ChatServer, given: dict[str, Any], fetched: list[str], edited: bool
) -> None:
    server.settings.add(Setting("Site_Url", "string", "http://chat.example"))
    message = {"rid": server.room.id, "_id": "mine", "msg": "nothing" if edited else LINKED}
    assert (await server.post(server.bot, "chat.sendMessage", message=message, **given))[0] == 200
    if edited:
        edit = {"roomId": server.room.id, "msgId": "mine", "text": LINKED, **given}
        assert (await server.post(server.bot, "chat.update", **edit))[0] == 200
    _, body = await server.get(server.bot, "chat.getMessage", msgId="mine")
    assert [url["url"] for url in body["message"]["urls"]] == ["http://a.example/x", "http://b.example"]
    assert [url["url"] for url in body["message"]["urls"] if url["meta"]] == fetched


async def test_of_the_servers_own_address_a_preview_is_fetched_all_the_same(server: ChatServer) -> None:
    server.settings.add(Setting("Site_Url", "string", "http://chat.example/"))
    message = {"rid": server.room.id, "_id": "mine", "msg": "http://chat.example/home"}
    await server.post(server.bot, "chat.sendMessage", message=message, previewUrls=[])
    assert server.chat.messages["mine"].urls == [
        {"url": "http://chat.example/home", "meta": {"pageTitle": "chat.example"}}
    ]


MUTED, READ_ONLY = "You_have_been_muted", "You can't send messages because the room is readonly."


def silence(server: ChatServer, how: str) -> None:
    if how == MUTED:
        server.chat.mute(server.ada.id, server.room, server.bot.id)
    else:
        server.room.flags["ro"] = True


@pytest.mark.parametrize("how", [MUTED, READ_ONLY])
async def test_who_is_silenced_is_refused_and_cannot_edit_either(server: ChatServer, how: str) -> None:
    await send(server, _id="mine", msg="before")
    silence(server, how)
    refusal = (400, {"success": False, "error": how})
    assert await send(server, msg="hello") == refusal
    edit = {"roomId": server.room.id, "msgId": "mine", "text": "after"}
    assert await server.post(server.bot, "chat.update", **edit) == refusal
    assert await server.post(server.bot, "chat.postMessage", roomId=server.room.id, text="hello") == refusal
    assert (await server.post(server.ada, "chat.postMessage", roomId=server.room.id, text="hello"))[0] == 200


@pytest.mark.parametrize("how", [MUTED, READ_ONLY])
async def test_an_old_server_says_200_and_keeps_nothing(server: ChatServer, how: str) -> None:
    server.chat.quiet_refusals = True
    silence(server, how)
    assert await send(server, _id="mine", msg="hello") == (200, {"success": True, "message": False})
    assert "mine" not in server.chat.messages


async def test_who_speaks_again_is_heard(server: ChatServer) -> None:
    server.chat.mute(server.ada.id, server.room, server.bot.id)
    server.chat.mute(server.ada.id, server.room, server.bot.id, muted=False)
    assert (await send(server, msg="hello"))[0] == 200


async def test_without_threads_every_message_in_one_is_refused(server: ChatServer) -> None:
    server.settings.add(Setting("Threads_enabled", "boolean", False))
    _, head = await send(server, msg="head")
    status, body = await send(server, msg="hello", tmid=head["message"]["_id"])
    assert (status, body["errorType"]) == (400, "error-not-allowed")
    form = {"roomId": server.room.id, "text": "hello", "tmid": head["message"]["_id"]}
    assert (await server.post(server.bot, "chat.postMessage", **form))[1]["errorType"] == "error-not-allowed"
    assert (await send(server, msg="outside"))[0] == 200


async def test_a_room_that_is_gone_takes_nothing_and_has_nothing(server: ChatServer) -> None:
    await send(server, _id="mine", msg="before")
    server.chat.delete_room(server.room)
    assert await send(server, msg="hello") == (400, {"success": False, "error": "error-invalid-room"})
    assert (await server.get(server.bot, "chat.getMessage", msgId="mine"))[0] == 400


async def test_blocks_and_attachments_are_taken(server: ChatServer) -> None:
    _, body = await send(server, msg="hello", blocks=[{"type": "divider"}], attachments=[{"text": "a"}])
    assert body["message"]["blocks"] == [{"type": "divider"}]
    assert body["message"]["attachments"] == [{"text": "a"}]


async def test_a_message_needs_a_room(server: ChatServer) -> None:
    status, body = await send(server, msg="no room", rid="")
    assert (status, body["error"]) == (400, "The 'rid' property on the message object is missing.")


@pytest.mark.parametrize("message", [{"msg": 1}, {"attachments": {}}, {"tshow": "perhaps"}])
async def test_the_message_is_checked(server: ChatServer, message: dict[str, Any]) -> None:
    status, body = await send(server, **message)
    assert (status, body["errorType"]) == (400, "invalid-params")


@pytest.mark.parametrize("more", [{"u": {"_id": "x"}}, {"ts": 1}, {"bot": {"i": "x"}}, {"roomId": "x"}])
async def test_what_else_a_message_holds_is_dropped(server: ChatServer, more: dict[str, Any]) -> None:
    status, body = await send(server, msg="hello", **more)
    ((name, value),) = more.items()
    assert (status, body["message"].get(name) == value) == (200, False)


async def test_the_size_is_checked_with_a_code(server: ChatServer) -> None:
    status, body = await send(server, msg="x" * 5001)
    assert (status, body["errorType"]) == (400, "error-message-size-exceeded")


async def test_five_in_a_second_unless_one_may_send_many(server: ChatServer) -> None:
    message = {"rid": server.chat.direct(server.eve.id, server.ada.id).id, "msg": "hello"}
    answers = [await server.post(server.eve, "chat.sendMessage", message=message) for _ in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [429]
    assert [(await send(server, msg="hello"))[0] for _ in range(6)] == [200] * 6


async def test_system_types_are_refused(server: ChatServer) -> None:
    status, body = await send(server, msg="hello", t="uj")
    assert (status, body["error"]) == (400, "Cannot send system messages using 'chat.sendMessage'")


# chat.update, chat.delete, chat.react, chat.pinMessage, chat.getMessage


async def test_updating_answers_with_the_edited_message(server: ChatServer) -> None:
    message = server.chat.post(server.room, server.bot.id, "working")
    status, body = await server.post(server.bot, "chat.update", roomId=server.room.id, msgId=message.id, text="done")
    assert (status, body["message"]["msg"]) == (200, "done")
    assert body["message"]["editedBy"] == {"_id": server.bot.id, "username": "ssobot"}
    assert body["message"]["_updatedAt"] >= body["message"]["editedAt"] > ""


@pytest.mark.parametrize("route", ["chat.update", "chat.delete"])
async def test_the_message_must_exist_and_be_of_that_room(server: ChatServer, route: str) -> None:
    message = server.chat.post(server.room, server.bot.id, "hello")
    text = {"text": "x"} if route == "chat.update" else {}
    missing = await server.post(server.bot, route, roomId=server.room.id, msgId="none", **text)
    elsewhere = await server.post(server.bot, route, roomId="other", msgId=message.id, **text)
    assert missing == (400, {"success": False, "error": 'No message found with the id of "none".'})
    assert elsewhere[1]["error"] == "The room id provided does not match where the message is from."


async def test_editing_may_be_switched_off(server: ChatServer) -> None:
    message = server.chat.post(server.room, server.bot.id, "hello")
    server.people.permissions["edit-message"] = set()
    server.settings.add(Setting("Message_AllowEditing", "boolean", False))
    status, body = await server.post(server.bot, "chat.update", roomId=server.room.id, msgId=message.id, text="x")
    assert (status, body["errorType"]) == (400, "error-action-not-allowed")


async def test_a_bot_may_not_delete_its_message_but_a_user_may(server: ChatServer) -> None:
    server.bot.user.roles = ["bot"]
    mine, theirs = (server.chat.post(server.room, who.id, "hello") for who in (server.bot, server.ada))
    status, body = await server.post(server.bot, "chat.delete", roomId=server.room.id, msgId=mine.id)
    assert (status, body["errorType"]) == (400, "error-action-not-allowed")
    status, body = await server.post(server.ada, "chat.delete", roomId=server.room.id, msgId=theirs.id)
    assert (status, body["_id"], body["message"]["u"]["_id"]) == (200, theirs.id, server.ada.id)
    assert set(server.chat.messages) == {mine.id}


@pytest.mark.parametrize("key", ["emoji", "reaction"])
async def test_reacting_under_either_name(server: ChatServer, key: str) -> None:
    message = server.chat.post(server.room, server.ada.id, "hello")
    answer = await server.post(server.bot, "chat.react", messageId=message.id, **{key: ":tada:"})
    assert answer == (200, {"success": True})
    assert message.reactions == {":tada:": ["ssobot"]}


async def test_reacting_to_nothing_is_not_found(server: ChatServer) -> None:
    status, body = await server.post(server.bot, "chat.react", messageId="none", emoji=":x:")
    assert (status, body["errorType"]) == (400, "error-message-not-found")


async def test_pinning_answers_with_the_system_message(server: ChatServer) -> None:
    message = server.chat.post(server.room, server.bot.id, "hello")
    status, body = await server.post(server.ada, "chat.pinMessage", messageId=message.id)
    assert (status, body["message"]["t"]) == (200, "message_pinned")
    refused = await server.post(server.bot, "chat.pinMessage", messageId=message.id)
    assert refused[1]["errorType"] == "error-action-not-allowed"


async def test_one_message_is_read_by_those_in_the_room(server: ChatServer) -> None:
    message = server.chat.post(server.room, server.ada.id, "hello")
    status, body = await server.get(server.bot, "chat.getMessage", msgId=message.id)
    assert (status, body["message"]["_id"]) == (200, message.id)
    assert await server.get(server.eve, "chat.getMessage", msgId=message.id) == (400, {"success": False})


async def test_a_threads_answers_are_read_oldest_first(server: ChatServer) -> None:
    head = server.chat.post(server.room, server.ada.id, "question")
    for text in ("one", "two"):
        server.chat.post(server.room, server.bot.id, text, tmid=head.id)
    _, body = await server.get(server.bot, "chat.getThreadMessages", tmid=head.id)
    assert ([m["msg"] for m in body["messages"]], body["total"]) == (["one", "two"], 2)


# chat.syncMessages


async def test_sync_gives_what_changed_and_what_went(server: ChatServer) -> None:
    early = server.chat.post(server.room, server.ada.id, "early")
    edited = server.chat.post(server.room, server.ada.id, "edited")
    since = iso(server.chat.now())
    await asyncio.sleep(0.003)
    server.chat.edit(server.ada.id, edited, "edited now")
    gone, late = (server.chat.post(server.room, server.ada.id, text) for text in ("gone", "late"))
    server.chat.delete(server.ada.id, gone)
    _, body = await server.get(server.bot, "chat.syncMessages", roomId=server.room.id, lastUpdate=since)
    assert {m["_id"] for m in body["result"]["updated"]} == {edited.id, late.id}
    assert [m["_id"] for m in body["result"]["deleted"]] == [gone.id]
    assert early.id not in str(body)


async def test_sync_gives_the_newest_first(server: ChatServer) -> None:
    for text in ("one", "two", "three"):
        server.chat.post(server.room, server.ada.id, text)
        await asyncio.sleep(0.002)
    _, body = await server.get(
        server.bot, "chat.syncMessages", roomId=server.room.id, lastUpdate="2020-01-01T00:00:00Z"
    )
    assert [m["msg"] for m in body["result"]["updated"]] == ["three", "two", "one"]


async def test_sync_goes_through_pages_by_cursor(server: ChatServer) -> None:
    for number in range(5):
        server.chat.post(server.room, server.ada.id, str(number))
        await asyncio.sleep(0.002)
    seen, cursor = [], "1"
    while cursor:
        query = {"roomId": server.room.id, "type": "UPDATED", "next": cursor, "count": 2}
        _, body = await server.get(server.bot, "chat.syncMessages", **query)
        seen += [m["msg"] for m in body["result"]["updated"]]
        cursor = body["result"]["cursor"]["next"]
    assert seen == ["0", "1", "2", "3", "4"]


async def test_sync_goes_back_by_cursor(server: ChatServer) -> None:
    for number in range(3):
        last = server.chat.post(server.room, server.ada.id, str(number))
        await asyncio.sleep(0.002)
    query = {"roomId": server.room.id, "type": "UPDATED", "previous": str(milliseconds(last.updated_at)), "count": 9}
    _, body = await server.get(server.bot, "chat.syncMessages", **query)
    assert [m["msg"] for m in body["result"]["updated"]] == ["1", "0"]
    assert body["result"]["cursor"]["previous"] is None


async def test_sync_gives_deletions_by_cursor(server: ChatServer) -> None:
    gone = server.chat.post(server.room, server.ada.id, "gone")
    server.chat.delete(server.ada.id, gone)
    query = {"roomId": server.room.id, "type": "DELETED", "next": "1"}
    _, body = await server.get(server.bot, "chat.syncMessages", **query)
    assert [m["_id"] for m in body["result"]["deleted"]] == [gone.id]
    assert body["result"]["updated"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "error-param-required"),
        ({"lastUpdate": "yesterday"}, "error-lastUpdate-param-invalid"),
        ({"type": "ALL", "next": "1"}, "error-type-param-not-supported"),
        ({"lastUpdate": "2026-01-01T00:00:00Z", "next": "1"}, "error-type-param-required"),
        ({"type": "UPDATED", "next": "1", "previous": "2"}, "error-cursor-conflict"),
        ({"type": "UPDATED", "next": "1", "lastUpdate": "2026-01-01"}, "error-cursor-and-lastUpdate-conflict"),
        ({"lastUpdate": "2026-01-01", "extra": "1"}, "invalid-params"),
    ],
)
async def test_sync_refuses(server: ChatServer, query: dict[str, str], code: str) -> None:
    status, body = await server.get(server.bot, "chat.syncMessages", roomId=server.room.id, **query)
    assert (status, body["errorType"]) == (400, code)


async def test_sync_of_a_strangers_room_is_not_allowed(server: ChatServer) -> None:
    query = {"roomId": server.room.id, "lastUpdate": "2026-01-01T00:00:00Z"}
    status, body = await server.get(server.eve, "chat.syncMessages", **query)
    assert (status, body["errorType"]) == (400, "error-not-allowed")
