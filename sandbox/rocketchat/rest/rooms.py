"""REST routes about rooms and their people (facts/rocketchat.md §5.6, §6): `rooms.*`, `channels.*`, `groups.*`, `im.*`,
`subscriptions.*` and `commands.*`. Handlers as in `messages`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.rocketchat.chat.rooms import Room, may_read
from sandbox.rocketchat.documents import Document, iso
from sandbox.rocketchat.problems import Forbidden, MeteorError, PlainError
from sandbox.rocketchat.rest.messages import ChatRequest, history, paged

RoomHandler = Callable[[ChatRequest], Document]


def room_of_kind(asked: ChatRequest, kind: str) -> Room:
    """The channel or group that `roomId` or `roomName` names. A group is found by its members only, so a stranger
    cannot tell it from one that doesn't exist."""
    wanted = asked.given.get("roomId") or asked.given.get("roomName")
    noun = "group" if kind == "p" else "channel"
    if not wanted:
        code = "error-room-param-not-provided" if kind == "p" else "error-roomid-param-not-provided"
        raise MeteorError(code, 'The parameter "roomId" or "roomName" is required')
    room = asked.chat.rooms.find(wanted)
    if room is None or room.t != kind or not may_read(room, asked.user_id):
        text = f'The required "roomId" or "roomName" param provided does not match any {noun}'
        raise MeteorError("error-room-not-found", text)
    return room


def direct_room(asked: ChatRequest) -> Room:
    """The direct room that `roomId` or `username` names; by username it is made if there is none."""
    wanted = asked.given.get("roomId") or asked.given.get("username")
    if not wanted:
        raise MeteorError("error-room-param-not-provided", 'Query param "roomId" or "username" is required')
    other = asked.chat.people.named(wanted)
    room = asked.chat.rooms.get(wanted) or (asked.chat.direct(asked.user_id, other.id) if other else None)
    if room is None or room.t != "d":
        raise MeteorError("invalid-channel")
    if asked.user_id not in room.members:
        raise Forbidden("forbidden")
    return room


def rooms_info(asked: ChatRequest) -> Document:
    """`rooms.info?roomId=|roomName=`; the text of the refusal is the same for a room that isn't there."""
    wanted = asked.given.get("roomId") or asked.given.get("roomName")
    if not wanted:
        text = 'The parameter "roomId" or "roomName" is required'
        raise MeteorError("error-roomid-param-not-provided", text)
    room = asked.chat.rooms.find(wanted)
    if room is None:
        text = 'The required "roomId" or "roomName" param provided does not match any channel'
        raise MeteorError("error-room-not-found", text)
    if not may_read(room, asked.user_id):
        raise PlainError("not-allowed", "Not Allowed")
    return {"room": room.document()}


def rooms_get(asked: ChatRequest) -> Document:
    """`rooms.get`: the caller's rooms, `{update, remove}`."""
    since = asked.given.get("updatedSince")
    rooms = asked.chat.rooms.of(asked.user_id)
    return {"update": [r.document() for r in rooms if not since or iso(r.updated_at) > since], "remove": []}


def subscriptions_get(asked: ChatRequest) -> Document:
    """`subscriptions.get`: the caller's subscriptions, `{update, remove}`."""
    rooms = asked.chat.rooms.of(asked.user_id)
    return {"update": [room.subscription(asked.user_id) for room in rooms], "remove": []}


def subscriptions_get_one(asked: ChatRequest) -> Document:
    """`subscriptions.getOne?roomId=`: the caller's subscription to one room, None where they are no member."""
    room = asked.chat.rooms.get(asked.given["roomId"])
    if room is None or asked.user_id not in room.members:
        return {"subscription": None}
    return {"subscription": room.subscription(asked.user_id)}


def info(kind: str) -> RoomHandler:
    """`channels.info`, `groups.info`."""
    key = "group" if kind == "p" else "channel"
    return lambda asked: {key: room_of_kind(asked, kind).document()}


def listing(kind: str) -> RoomHandler:
    """`channels.list` (all of them), `groups.list` (the caller's own)."""
    key = "groups" if kind == "p" else "channels"

    def handler(asked: ChatRequest) -> Document:
        rooms = [r for r in asked.chat.rooms.all.values() if r.t == kind and may_read(r, asked.user_id)]
        return paged(key, [room.document() for room in sorted(rooms, key=lambda room: room.name)], asked.given)

    return handler


def members(find: Callable[[ChatRequest], Room]) -> RoomHandler:
    """`*.members`: `{_id, username, name, status}` of each."""

    def handler(asked: ChatRequest) -> Document:
        room = find(asked)
        people = [m.user.document() | {"status": "offline"} for m in room.members.values()]
        return paged("members", sorted(people, key=lambda person: str(person["username"])), asked.given)

    return handler


def roles(kind: str) -> RoomHandler:
    """`channels.roles`, `groups.roles`: who owns and moderates the room."""

    def handler(asked: ChatRequest) -> Document:
        room = room_of_kind(asked, kind)
        return {
            "roles": [
                {"rid": room.id, "u": m.user.document(), "roles": sorted(m.roles), "_id": m.subscription_id}
                for m in room.members.values()
                if m.roles
            ]
        }

    return handler


def messages(find: Callable[[ChatRequest], Room]) -> RoomHandler:
    """`*.history`."""
    return lambda asked: history(asked.chat, find(asked), asked.given)


def create(kind: str) -> RoomHandler:
    """`channels.create`, `groups.create` `{name, members?: [username], readOnly?, extraData?}`."""
    key = "group" if kind == "p" else "channel"

    def handler(asked: ChatRequest) -> Document:
        given = asked.given
        if not asked.chat.may(asked.user_id, "create-p" if kind == "p" else "create-c"):
            raise MeteorError("error-unauthorized", "unauthorized")
        people = [asked.chat.people.named(name) for name in given.get("members") or []]
        extra = given.get("extraData") or {}
        flags: Document = {"ro": True} if given.get("readOnly") else {}
        flags |= {name: extra[name] for name in ("encrypted", "topic", "description", "teamId") if name in extra}
        ids = [person.id for person in people if person is not None]
        return {key: asked.chat.create_room(asked.user_id, given["name"], kind, ids, flags).document()}

    return handler


def join(asked: ChatRequest) -> Document:
    """`channels.join`."""
    room = room_of_kind(asked, "c")
    asked.chat.join(asked.user_id, room)
    return {"channel": room.document()}


def invite(kind: str) -> RoomHandler:
    """`channels.invite`, `groups.invite` `{roomId, userId | username}`."""
    key = "group" if kind == "p" else "channel"

    def handler(asked: ChatRequest) -> Document:
        room = room_of_kind(asked, kind)
        _may_manage(asked, room, f"add-user-to-any-{kind}-room", "add-user-to-joined-room")
        asked.chat.add(asked.user_id, room, _person(asked))
        return {key: room.document()}

    return handler


def kick(kind: str) -> RoomHandler:
    """`channels.kick`, `groups.kick` `{roomId, userId | username}`."""

    def handler(asked: ChatRequest) -> Document:
        room = room_of_kind(asked, kind)
        _may_manage(asked, room, "remove-user")
        asked.chat.remove(asked.user_id, room, _person(asked))
        return {"channel": room.document()} if kind == "c" else {}

    return handler


def im_create(asked: ChatRequest) -> Document:
    """`im.create {username | usernames}`: the room with `rid` besides `_id`; a room that is there is given again."""
    given = asked.given
    names = [
        name.strip() for name in (given.get("username") or given.get("usernames") or "").split(",") if name.strip()
    ]
    people = [asked.chat.people.named(name.removeprefix("@")) for name in names]
    if not names or None in people:
        raise MeteorError("error-invalid-user", "Invalid user", {"method": "createDirectMessage"})
    if not asked.chat.may(asked.user_id, "create-d"):
        raise MeteorError("error-not-allowed", "Not allowed", {"method": "createDirectMessage"})
    room = asked.chat.direct(asked.user_id, *(person.id for person in people if person is not None))
    return {"room": room.document() | {"rid": room.id}}


def im_list(asked: ChatRequest) -> Document:
    """`im.list`: the caller's direct rooms."""
    rooms = [room for room in asked.chat.rooms.of(asked.user_id) if room.t == "d"]
    return paged("ims", [room.document() for room in rooms], asked.given)


def commands_list(asked: ChatRequest) -> Document:
    """`commands.list` (facts/rocketchat.md §4.2)."""
    commands = [c.document() for c in asked.chat.commands.registered.values()]
    return paged("commands", commands, asked.given) | {"appsLoaded": True}


def commands_get(asked: ChatRequest) -> Document:
    """`commands.get?command=`."""
    command = asked.chat.commands.get(asked.given["command"])
    if command is None:
        raise PlainError(f"There is no command in the system by the name of: {asked.given['command']}")
    return {"command": command.document()}


def commands_run(asked: ChatRequest) -> Document:
    """`commands.run {command, params?, roomId, tmid?}`."""
    given: dict[str, Any] = asked.given
    command = asked.chat.commands.get(given["command"])
    if command is None:
        raise PlainError("The command provided does not exist (or is disabled).")
    room = asked.chat.readable(given["roomId"], asked.user_id)
    if room is None:
        raise Forbidden("User does not have access to this room")
    head = asked.chat.messages.get(given.get("tmid") or "")
    if given.get("tmid") and (head is None or head.rid != room.id):
        raise PlainError("Invalid thread.")
    asked.chat.run_command(asked.user_id, room, command.command, given.get("params") or "", given.get("tmid"))
    return {}


def _person(asked: ChatRequest) -> str:
    given = asked.given
    person = asked.chat.people.get(given.get("userId") or "") or asked.chat.people.named(given.get("username") or "")
    if person is None:
        raise MeteorError(
            "error-invalid-user", 'The required "userId" or "username" param provided does not match any users'
        )
    return person.id


def _may_manage(asked: ChatRequest, room: Room, *permissions: str) -> None:
    if not any(asked.chat.may(asked.user_id, permission, room) for permission in permissions):
        raise MeteorError("error-not-allowed", "Not allowed")
