"""DDP methods: what official clients call over the websocket (facts/rocketchat.md §5).

Each method is a function of the caller and its parameters, registered under its name:

    @method("joinRoom")
    def join_room(call: Call, room_id: str) -> Any: ...

A method that needs somebody logged in asks `call.user_id()`, which throws what the real server does. Dates in
parameters come as `{"$date": ms}`. What is returned is a document with `datetime`s; None is JavaScript's `undefined`.
"""

from __future__ import annotations

from collections.abc import Callable
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
            raise MeteorError("error-invalid-user", "Invalid user", {"method": self.name})
        return self.caller

    def room(self, room_id: Any) -> Room:
        """A room the caller may read; `error-invalid-room` for any other."""
        room = self.chat.readable(text(room_id), self.user_id())
        if room is None:
            raise MeteorError("error-invalid-room", "Invalid room", {"method": self.name})
        return room


MethodHandler = Callable[..., Any]
METHODS: dict[str, MethodHandler] = {}


def method(name: str) -> Callable[[MethodHandler], MethodHandler]:
    """Registers a method under its name and leaves it as it is."""

    def register(handler: MethodHandler) -> MethodHandler:
        METHODS[name] = handler
        return handler

    return register


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
    extra = {key: value for key, value in message.items() if key not in {"_id", "rid", "msg", "tmid", "ts", "t"}}
    draft = Draft(
        rid=message.get("rid") or "",
        msg=message.get("msg") or "",
        id=message.get("_id"),
        tmid=message.get("tmid"),
        ts=_date(message.get("ts")),
        t=message.get("t"),
        extra=extra,
    )
    try:
        sent = call.chat.send(user_id, draft)
    except (MeteorError, PlainError) as refusal:
        code = refusal.code if isinstance(refusal, MeteorError) else str(refusal)
        if code != "error-message-size-exceeded":
            call.chat.whisper(user_id, draft.rid, str(code))
        if code == "error-not-allowed":
            raise MeteorError(
                "error-not-allowed",
                refusal.reason if isinstance(refusal, MeteorError) else "",
                {"method": "sendMessage"},
            ) from None
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
            raise MeteorError(
                "error-invalid-update-key", f"Cannot update the message {key}", {"method": "updateMessage"}
            )
    call.chat.edit(user_id, stored, text(message.get("msg", stored.msg)))


@method("deleteMessage")
def delete_message(call: MethodCall, given: Any = None) -> None:
    """Takes `{_id}` away."""
    user_id = call.user_id()
    stored = call.chat.messages.get(text(document(given).get("_id")))
    if stored is None or not may_read(call.chat.rooms.all[stored.rid], user_id):
        details = {"method": "deleteMessage", "action": "Delete_message"}
        raise MeteorError("error-action-not-allowed", "Not allowed", details)
    call.chat.delete(user_id, stored)


@method("setReaction")
def set_reaction(call: MethodCall, reaction: Any = None, message_id: Any = None, should: Any = None) -> None:
    """Puts a reaction on a message or takes it away."""
    user_id = call.user_id()
    stored = call.chat.messages.get(text(message_id))
    if stored is None:
        raise MeteorError("error-not-allowed", "Not allowed", {"method": "setReaction"})
    call.chat.react(user_id, stored, text(reaction), should if isinstance(should, bool) else None)


@method("joinRoom")
def join_room(call: MethodCall, room_id: Any = None, *_: Any) -> bool:
    """Joins a channel."""
    user_id = call.user_id()
    room = call.chat.rooms.get(text(room_id))
    if room is None:
        raise MeteorError("error-invalid-room", "Invalid room", {"method": "joinRoom"})
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
            raise MeteorError("error-invalid-user", "Invalid user", {"method": "createDirectMessage"})
        others.append(user.id)
    room = call.chat.direct(user_id, *others)
    return {"t": "d", "rid": room.id, "usernames": room.document()["usernames"]}


@method("getRoomByTypeAndName")
def get_room_by_type_and_name(call: MethodCall, kind: Any = None, name: Any = None) -> Document:
    """The room document for an address of the web client (`/group/<name>`)."""
    user_id = call.user_id()
    room = call.chat.rooms.find(text(name))
    if room is None or room.t != text(kind):
        raise MeteorError("error-invalid-room", "Invalid room", {"method": "getRoomByTypeAndName"})
    if not may_read(room, user_id):
        raise MeteorError("error-no-permission", "No permission", {"method": "getRoomByTypeAndName"})
    return room.document()


@method("getRoomIdByNameOrId")
def get_room_id_by_name_or_id(call: MethodCall, name: Any = None) -> str:
    """A room's id; `error-not-allowed` for one the caller may not see, existing or not."""
    room = call.chat.rooms.find(text(name))
    if room is None or not may_read(room, call.user_id()):
        raise MeteorError("error-not-allowed", "Not allowed", {"method": "getRoomIdByNameOrId"})
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
