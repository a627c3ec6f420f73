"""Declares the REST routes of the chat: names, schemas and limits. What they do is in `messages` and `rooms`.

Schemas are as strict as those of `@rocket.chat/rest-typings` 8.8 (facts/rocketchat.md §6, §8 no. 16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.rate_limit import Limit
from sandbox.rocketchat.rest import messages, rooms
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.messages import ChatRequest
from sandbox.rocketchat.rest.route import RestCall
from sandbox.rocketchat.rest.schema import BOOLEAN, NAME, NUMBER, OBJECT, PAGED, STRING, Schema, array, strict

_MANY: Schema = {"anyOf": [STRING, array(STRING)]}
_OPTIONAL: Schema = {"type": "string", "nullable": True}
_LOOK: Mapping[str, Schema] = {
    **dict.fromkeys(("text", "alias", "emoji", "avatar"), _OPTIONAL),
    "attachments": {**array(OBJECT), "nullable": True},
    "customFields": {"type": "object", "nullable": True},
    "parseUrls": BOOLEAN,
}
POST_MESSAGE: Schema = {
    "oneOf": [
        strict({"roomId": _MANY}, {**_LOOK, "tmid": _OPTIONAL}),
        strict({"channel": _MANY}, _LOOK),
    ]
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
                "attachments": {**array(OBJECT), "nullable": True},
                "blocks": {**array(OBJECT), "nullable": True},
                "customFields": {"type": "object", "nullable": True},
            },
        }
    },
    {"previewUrls": {**array(STRING), "nullable": True}},
)
"""The message itself may hold more, which the official SDK makes use of."""
UPDATE = strict(
    {"roomId": STRING, "msgId": STRING, "text": STRING},
    {"previewUrls": {**array(STRING), "nullable": True}, "customFields": {"type": "object", "nullable": True}},
)
REACT: Schema = {
    "anyOf": [
        strict({"emoji": STRING, "messageId": NAME}, {"shouldReact": BOOLEAN}),
        strict({"reaction": STRING, "messageId": NAME}, {"shouldReact": BOOLEAN}),
    ]
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
_SYNC = strict({"roomId": NAME}, dict.fromkeys(("lastUpdate", "next", "previous", "type"), STRING) | {"count": NUMBER})
_RUN = strict({"command": STRING, "roomId": STRING}, dict.fromkeys(("params", "tmid", "triggerId"), STRING))
SENDING = Limit(5, 1.0)
"""`chat.sendMessage` has a limit of its own (facts/rocketchat.md §1.6)."""


def register(api: Api, chat: Chat) -> None:
    """Puts all routes of the chat on `api`."""
    _Declare(api, chat).all()


class _Declare:
    """Writes one route in one line."""

    def __init__(self, api: Api, chat: Chat) -> None:
        self._api = api
        self._chat = chat

    def all(self) -> None:
        """Every route."""
        self._messages()
        self._rooms("c", "channels")
        self._rooms("p", "groups")
        self._direct("im")
        self._direct("dm")
        self._get("rooms.info", rooms.rooms_info, strict({}, _ROOM))
        self._get("rooms.get", rooms.rooms_get, strict({}, {"updatedSince": STRING}))
        self._get("subscriptions.get", rooms.subscriptions_get, strict({}, {"updatedSince": STRING}))
        self._get("subscriptions.getOne", rooms.subscriptions_get_one, strict({"roomId": NAME}))
        self._get("commands.list", rooms.commands_list, strict({}, PAGED))
        self._get("commands.get", rooms.commands_get, strict({"command": STRING}))
        self._post("commands.run", rooms.commands_run, _RUN)

    def _messages(self) -> None:
        self._post("chat.postMessage", messages.post_message, POST_MESSAGE)
        self._post("chat.sendMessage", messages.send_message, SEND_MESSAGE, SENDING, "send-many-messages")
        self._post("chat.update", messages.update, UPDATE)
        self._post("chat.delete", messages.delete, strict({"msgId": STRING, "roomId": STRING}, {"asUser": BOOLEAN}))
        self._post("chat.react", messages.react, REACT)
        self._post("chat.pinMessage", messages.pin, strict({"messageId": NAME}))
        self._get("chat.getMessage", messages.get_message, strict({"msgId": NAME}))
        self._get("chat.getThreadMessages", messages.thread_messages, strict({"tmid": NAME}, PAGED))
        self._get("chat.syncMessages", messages.sync_messages, _SYNC)

    def _rooms(self, kind: str, prefix: str) -> None:
        def find(asked: ChatRequest) -> Room:
            return rooms.room_of_kind(asked, kind)

        self._get(f"{prefix}.info", rooms.info(kind), strict({}, _ROOM))
        self._get(f"{prefix}.list", rooms.listing(kind), strict({}, PAGED))
        self._get(f"{prefix}.members", rooms.members(find), strict({}, {**_ROOM, **PAGED}))
        self._get(f"{prefix}.history", rooms.messages(find), strict({}, {**_ROOM, **_HISTORY}))
        self._get(f"{prefix}.roles", rooms.roles(kind), strict({}, _ROOM))
        self._post(f"{prefix}.create", rooms.create(kind), _CREATE)
        self._post(f"{prefix}.invite", rooms.invite(kind), strict({}, {**_ROOM, **_PERSON}))
        self._post(f"{prefix}.kick", rooms.kick(kind), strict({}, {**_ROOM, **_PERSON}))
        if kind == "c":
            self._post("channels.join", rooms.join, strict({}, {**_ROOM, "joinCode": STRING}))

    def _direct(self, prefix: str) -> None:
        one_or_many: Schema = {
            "oneOf": [
                strict({"username": NAME}, {"excludeSelf": BOOLEAN}),
                strict({"usernames": NAME}, {"excludeSelf": BOOLEAN}),
            ]
        }
        self._post(f"{prefix}.create", rooms.im_create, one_or_many)
        self._get(f"{prefix}.list", rooms.im_list, strict({}, PAGED))
        self._get(f"{prefix}.members", rooms.members(rooms.direct_room), strict({}, {**_DIRECT, **PAGED}))
        self._get(f"{prefix}.history", rooms.messages(rooms.direct_room), strict({}, {**_DIRECT, **_HISTORY}))

    def _get(self, path: str, handler: Callable[[ChatRequest], Document], query: Schema) -> None:
        self._api.route("GET", path, query=query)(
            lambda call: handler(ChatRequest(self._chat, call.caller.id, call.query))
        )

    def _post(
        self,
        path: str,
        handler: Callable[[ChatRequest], Document],
        body: Schema,
        limit: Limit | None = None,
        bypass: str = "api-bypass-rate-limit",
    ) -> None:
        def answer(call: RestCall) -> Document:
            return handler(ChatRequest(self._chat, call.caller.id, call.body))

        self._api.route("POST", path, body=body, limit=limit, bypass=bypass)(answer)
