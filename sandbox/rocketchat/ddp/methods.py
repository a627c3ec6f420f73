"""DDP methods: what official clients call over the websocket (facts/rocketchat.md §5).

Each method is a function of the caller and its parameters, registered under its name:

    @method("joinRoom")
    def join_room(call: Call, room_id: str) -> Any: ...

A method that needs a login calls `call.user_id()`, which throws what the real server does. Dates in parameters are
`{"$date": ms}`. What is returned is a document with `datetime`s; None is JavaScript's `undefined`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.rooms import Room, may_read
from sandbox.rocketchat.chat.rules import Draft
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.problems import MeteorError, PlainError

_SENDABLE = frozenset(
    {"_id", "rid", "msg", "tmid", "tshow", "ts", "t", "bot", "content", "e2e", "e2eMentions", "customFields"}
    | {"federation", "groupable", "sentByEmail"}
)
_EDITABLE = frozenset(
    {"tshow", "alias", "attachments", "avatar", "emoji", "msg", "content", "e2eMentions", "customFields"}
)
SYSTEM_TYPES = frozenset(
    {"uj", "ut", "ul", "au", "ru", "r", "rm", "wm", "message_pinned", "discussion-created"}
    | {"subscription-role-added", "subscription-role-removed"}
)


@dataclass(frozen=True)
class MethodCall:
    """Who calls, and the chat."""

    chat: Chat
    caller: str | None
    name: str

    def user_id(self) -> str:
        """The caller; `error-invalid-user` for nobody."""
        if self.caller is None:
            raise self.refusal("error-invalid-user", "Invalid user")
        return self.caller

    def room(self, room_id: Any) -> Room:
        """A room the caller may read; `error-invalid-room` for any other."""
        room = self.chat.readable(text(room_id), self.user_id())
        if room is None:
            raise self.refusal("error-invalid-room", "Invalid room")
        return room

    def refusal(self, code: str, reason: str, **details: str) -> MeteorError:
        """An error whose details name the method."""
        return MeteorError(code, reason, {"method": self.name, **details})


MethodHandler = Callable[..., Any]
METHODS: dict[str, MethodHandler] = {}


def method(name: str) -> Callable[[MethodHandler], MethodHandler]:
    """Registers a method under its name and leaves it as it is."""

    def register(handler: MethodHandler) -> MethodHandler:
        METHODS[name] = handler
        return handler

    return register


def call_method(chat: Chat, caller: str | None, name: str, params: Sequence[Any]) -> Any:
    """Calls one method; MeteorError 404 if there is none of that name, 400 if it takes other parameters."""
    handler = METHODS.get(name)
    if handler is None:
        raise MeteorError(404, f"Method '{name}' not found")
    try:
        inspect.signature(handler).bind(None, *params)
    except TypeError:
        raise MeteorError(400, "Match failed") from None
    return handler(MethodCall(chat, caller, name), *params)


def text(value: Any) -> str:
    """A string parameter; Meteor's `check` answers 400 for anything else."""
    if not isinstance(value, str):
        raise MeteorError(400, "Match failed")
    return value


def document(value: Any) -> Document:
    """An object parameter."""
    if not isinstance(value, dict):
        raise MeteorError(400, "Match failed")
    return value


@method("sendMessage")
def send_message(call: MethodCall, given: Any = None, *_: Any) -> Document | None:
    """The web client's send. Refusals other than `error-not-allowed` are not thrown: the caller gets an empty
    result and (where the room was the reason) a note of rocket.cat."""
    message = document(given)
    if set(message) - _SENDABLE:
        raise MeteorError(400, "Match failed")
    user_id = call.user_id()
    if message.get("t") in SYSTEM_TYPES:
        raise PlainError("Cannot send system messages using 'sendMessage'")
    draft = Draft(
        rid=message.get("rid") or "",
        msg=message.get("msg") or "",
        id=message.get("_id"),
        tmid=message.get("tmid"),
        ts=_date(message.get("ts")),
        t=message.get("t"),
        extra={key: value for key, value in message.items() if key not in {"_id", "rid", "msg", "tmid", "ts", "t"}},
    )
    try:
        sent = call.chat.send(user_id, draft)
    except (MeteorError, PlainError) as refusal:
        code = refusal.code if isinstance(refusal, MeteorError) else str(refusal)
        if code != "error-message-size-exceeded":
            call.chat.whisper(user_id, draft.rid, str(code))
        if code == "error-not-allowed":
            raise call.refusal(code, refusal.reason if isinstance(refusal, MeteorError) else "") from None
        return None
    return sent.document() if sent else None


@method("updateMessage")
def update_message(call: MethodCall, given: Any = None, *_: Any) -> None:
    """Edits; only a few keys may differ from what is stored."""
    message = document(given)
    user_id = call.user_id()
    stored = call.chat.messages.get(text(message.get("_id")))
    if stored is None:
        return
    before = stored.document()
    for key, value in message.items():
        if key not in _EDITABLE and not isinstance(value, dict | list) and value != before.get(key):
            raise call.refusal("error-invalid-update-key", f"Cannot update the message {key}")
    call.chat.edit(user_id, stored, text(message.get("msg", stored.msg)))


@method("deleteMessage")
def delete_message(call: MethodCall, given: Any = None) -> None:
    """Deletes `{_id}`."""
    user_id = call.user_id()
    stored = call.chat.messages.get(text(document(given).get("_id")))
    if stored is None or not may_read(call.chat.rooms.all[stored.rid], user_id):
        raise call.refusal("error-action-not-allowed", "Not allowed", action="Delete_message")
    call.chat.delete(user_id, stored)


@method("setReaction")
def set_reaction(call: MethodCall, reaction: Any = None, message_id: Any = None, should: Any = None) -> None:
    """Adds a reaction to a message, or removes it."""
    user_id = call.user_id()
    stored = call.chat.messages.get(text(message_id))
    if stored is None:
        raise call.refusal("error-not-allowed", "Not allowed")
    call.chat.react(user_id, stored, text(reaction), should if isinstance(should, bool) else None)


@method("joinRoom")
def join_room(call: MethodCall, room_id: Any = None, *_: Any) -> bool:
    """Joins a channel."""
    user_id = call.user_id()
    room = call.chat.rooms.get(text(room_id))
    if room is None:
        raise call.refusal("error-invalid-room", "Invalid room")
    call.chat.join(user_id, room)
    return True


@method("leaveRoom")
def leave_room(call: MethodCall, room_id: Any = None) -> None:
    """Leaves a room."""
    call.chat.leave(call.user_id(), call.room(room_id))


@method("createDirectMessage")
def create_direct_message(call: MethodCall, *usernames: Any) -> Document:
    """The direct room with these people, `{t, rid, usernames, inserted?}`."""
    user_id = call.user_id()
    others = []
    for name in usernames:
        user = call.chat.people.named(text(name))
        if user is None:
            raise call.refusal("error-invalid-user", "Invalid user")
        others.append(user.id)
    room = call.chat.direct(user_id, *others)
    return {"t": "d", "rid": room.id, "usernames": room.document()["usernames"]}


@method("getRoomByTypeAndName")
def get_room_by_type_and_name(call: MethodCall, kind: Any = None, name: Any = None) -> Document:
    """The room document for an address of the web client (`/group/<name>`)."""
    user_id = call.user_id()
    room = call.chat.rooms.find(text(name))
    if room is None or room.t != text(kind):
        raise call.refusal("error-invalid-room", "Invalid room")
    if not may_read(room, user_id):
        raise call.refusal("error-no-permission", "No permission")
    return room.document()


@method("getRoomIdByNameOrId")
def get_room_id_by_name_or_id(call: MethodCall, name: Any = None) -> str:
    """A room's id; `error-not-allowed` for one the caller may not see, existing or not."""
    room = call.chat.rooms.find(text(name))
    if room is None or not may_read(room, call.user_id()):
        raise call.refusal("error-not-allowed", "Not allowed")
    return room.id


@method("getRoomNameById")
def get_room_name_by_id(call: MethodCall, room_id: Any = None) -> str:
    """A room's name."""
    return call.room(room_id).name


@method("rooms/get")
def rooms_get(call: MethodCall, *_: Any) -> list[Document]:
    """The caller's rooms."""
    return [room.document() for room in call.chat.rooms.of(call.user_id())]


@method("subscriptions/get")
def subscriptions_get(call: MethodCall, *_: Any) -> list[Document]:
    """The caller's subscriptions."""
    user_id = call.user_id()
    return [room.subscription(user_id) for room in call.chat.rooms.of(user_id)]


@method("stream-notify-room")
def notify_room(call: MethodCall, event: Any = None, *args: Any) -> None:
    """The typing indicator: `["<rid>/user-activity", username, ["user-typing"], {}]` (facts/rocketchat.md §5.5b).
    Nothing else may be written by a client, and nobody in another's name."""
    user_id = call.user_id()
    room_id, _, kind = text(event).partition("/")
    room = call.chat.readable(room_id, user_id)
    username = call.chat.author(user_id).username
    activities = args[1] if len(args) > 1 and isinstance(args[1], list) else []
    if room is None or kind != "user-activity" or not args or args[0] != username:
        raise MeteorError("not-allowed")
    call.chat.activity(user_id, room, [str(activity) for activity in activities])


def _date(value: Any) -> datetime | None:
    match value:
        case {"$date": int() | float() as milliseconds}:
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
        case None:
            return None
        case _:
            raise MeteorError(400, "Match failed")
