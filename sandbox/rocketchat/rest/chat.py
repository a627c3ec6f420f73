"""Declares the REST routes of the chat: names, schemas and limits. What they do is in `messages` and `rooms`.

Schemas are as strict as those of `@rocket.chat/rest-typings` 8.8 (facts/rocketchat.md §6, §8 no. 16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.rate_limit import Limit
from sandbox.rocketchat.rest import messages, rooms
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.messages import ChatRequest
from sandbox.rocketchat.rest.route import RestCall, Route
from sandbox.rocketchat.rest.schema import BOOLEAN, NAME, NUMBER, OBJECT, PAGED, STRING, Schema, array, strict

_MANY: Schema = {"anyOf": [STRING, array(STRING)]}
_OPTIONAL: Schema = {"type": "string", "nullable": True}
_OBJECTS: Schema = {**array(OBJECT), "nullable": True}
_FIELDS: Schema = {**OBJECT, "nullable": True}
_LOOK: Mapping[str, Schema] = {
    **dict.fromkeys(("text", "alias", "emoji", "avatar"), _OPTIONAL),
    "attachments": _OBJECTS,
    "customFields": _FIELDS,
    "parseUrls": BOOLEAN,
}
POST_MESSAGE: Schema = {
    "oneOf": [strict({"roomId": _MANY}, {**_LOOK, "tmid": _OPTIONAL}), strict({"channel": _MANY}, _LOOK)]
}
"""One of the two forms; `tmid` only with `roomId`, `blocks` in neither."""
SEND_MESSAGE = strict(
    {
        "message": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("_id", "msg", "tmid", "alias", "emoji", "avatar"), _OPTIONAL),
                "rid": STRING,
                "tshow": {"type": "boolean", "nullable": True},
                "attachments": _OBJECTS,
                "blocks": _OBJECTS,
                "customFields": _FIELDS,
            },
        }
    },
    {"previewUrls": {**array(STRING), "nullable": True}},
)
"""The message itself may hold more, which the official SDK makes use of."""
UPDATE = strict(
    {"roomId": STRING, "msgId": STRING, "text": STRING},
    {"previewUrls": {**array(STRING), "nullable": True}, "customFields": _FIELDS},
)
REACT: Schema = {
    "anyOf": [strict({name: STRING, "messageId": NAME}, {"shouldReact": BOOLEAN}) for name in ("emoji", "reaction")]
}
_ROOM: Mapping[str, Schema] = {"roomId": NAME, "roomName": NAME}
_DIRECT: Mapping[str, Schema] = {"roomId": NAME, "username": NAME}
_HISTORY: Mapping[str, Schema] = {
    **dict.fromkeys(("latest", "oldest"), STRING),
    **dict.fromkeys(("count", "offset"), NUMBER),
    **dict.fromkeys(("inclusive", "unreads", "showThreadMessages"), BOOLEAN),
    "sort": STRING,
}
_PERSON: Mapping[str, Schema] = {"userId": STRING, "username": STRING}
_CREATE = strict(
    {"name": NAME}, {"members": array(STRING), "readOnly": BOOLEAN, "excludeSelf": BOOLEAN, "extraData": OBJECT}
)
_EXCLUDE = {"excludeSelf": BOOLEAN}
_CREATE_DIRECT: Schema = {"oneOf": [strict({"username": NAME}, _EXCLUDE), strict({"usernames": NAME}, _EXCLUDE)]}
_SYNC = strict({"roomId": NAME}, dict.fromkeys(("lastUpdate", "next", "previous", "type"), STRING) | {"count": NUMBER})
_RUN = strict({"command": STRING, "roomId": STRING}, dict.fromkeys(("params", "tmid", "triggerId"), STRING))
SENDING = Limit(5, 1.0)
"""`chat.sendMessage` has a limit of its own (facts/rocketchat.md §1.6)."""


def register(api: Api, chat: Chat) -> None:
    """Puts all routes of the chat on `api`."""
    get, post = partial(_declare, api, chat, "GET"), partial(_declare, api, chat, "POST")
    post("chat.postMessage", messages.post_message, POST_MESSAGE)
    post("chat.sendMessage", messages.send_message, SEND_MESSAGE, limit=SENDING, bypass="send-many-messages")
    post("chat.update", messages.update, UPDATE)
    post("chat.delete", messages.delete, strict({"msgId": STRING, "roomId": STRING}, {"asUser": BOOLEAN}))
    post("chat.react", messages.react, REACT)
    post("chat.pinMessage", messages.pin, strict({"messageId": NAME}))
    get("chat.getMessage", messages.get_message, strict({"msgId": NAME}))
    get("chat.getThreadMessages", messages.thread_messages, strict({"tmid": NAME}, PAGED))
    get("chat.syncMessages", messages.sync_messages, _SYNC)
    for kind, noun in rooms.NOUNS.items():
        find = partial(rooms.room_of_kind, kind=kind)
        get(f"{noun}s.info", partial(rooms.info, kind=kind), strict({}, _ROOM))
        get(f"{noun}s.list", partial(rooms.listing, kind=kind), strict({}, PAGED))
        get(f"{noun}s.members", partial(rooms.members, find=find), strict({}, {**_ROOM, **PAGED}))
        get(f"{noun}s.history", partial(messages.history, find=find), strict({}, {**_ROOM, **_HISTORY}))
        get(f"{noun}s.roles", partial(rooms.roles, kind=kind), strict({}, _ROOM))
        post(f"{noun}s.create", partial(rooms.create, kind=kind), _CREATE)
        post(f"{noun}s.invite", partial(rooms.invite, kind=kind), strict({}, {**_ROOM, **_PERSON}))
        post(f"{noun}s.kick", partial(rooms.kick, kind=kind), strict({}, {**_ROOM, **_PERSON}))
    post("channels.join", rooms.join, strict({}, {**_ROOM, "joinCode": STRING}))
    for prefix in ("im", "dm"):
        get(f"{prefix}.list", rooms.im_list, strict({}, PAGED))
        get(f"{prefix}.members", partial(rooms.members, find=rooms.direct_room), strict({}, {**_DIRECT, **PAGED}))
        get(f"{prefix}.history", partial(messages.history, find=rooms.direct_room), strict({}, {**_DIRECT, **_HISTORY}))
        post(f"{prefix}.create", rooms.im_create, _CREATE_DIRECT)
    get("rooms.info", rooms.rooms_info, strict({}, _ROOM))
    get("rooms.get", rooms.rooms_get, strict({}, {"updatedSince": STRING}))
    get("subscriptions.get", rooms.subscriptions_get, strict({}, {"updatedSince": STRING}))
    get("subscriptions.getOne", rooms.subscriptions_get_one, strict({"roomId": NAME}))
    get("commands.list", rooms.commands_list, strict({}, PAGED))
    get("commands.get", rooms.commands_get, strict({"command": STRING}))
    post("commands.run", rooms.commands_run, _RUN)


def _declare(
    api: Api,
    chat: Chat,
    method: Literal["GET", "POST"],
    path: str,
    handler: Callable[[ChatRequest], Document],
    given: Schema,
    limit: Limit | None = None,
    bypass: str = "api-bypass-rate-limit",
) -> None:
    """Declares one route: `given` is the schema of its query or its body."""
    query, body = (given, None) if method == "GET" else (None, given)

    @api.route(Route(method, path, query=query, body=body, limit=limit, bypass=bypass))
    def answer(call: RestCall) -> Document:
        return handler(ChatRequest(chat, call.caller.id, call.query if method == "GET" else call.body))
