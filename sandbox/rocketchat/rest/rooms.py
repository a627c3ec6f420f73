"""REST routes about rooms and their people (facts/rocketchat.md §5.6, §6): `rooms.*`, `channels.*`, `groups.*`, `im.*`,
`subscriptions.*` and `commands.*`. Handlers as in `messages`."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.rocketchat.chat.rooms import Room, may_read
from sandbox.rocketchat.documents import Document, iso
from sandbox.rocketchat.problems import Forbidden, MeteorError, PlainError
from sandbox.rocketchat.rest.messages import ChatRequest

NOUNS = {"c": "channel", "p": "group"}
"""By kind of room."""


def room_of_kind(asked: ChatRequest, kind: str) -> Room:
    """The channel or group that `roomId` or `roomName` names. A group is found by its members only, so a stranger
    cannot tell it from one that doesn't exist."""
    room = _named(asked, kind)
    if room is None or room.t != kind or not may_read(room, asked.user_id):
        raise _not_found(kind)
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
    room = _named(asked, "c")
    if room is None:
        raise _not_found("c")
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


def info(asked: ChatRequest, kind: str) -> Document:
    """`channels.info`, `groups.info`."""
    return {NOUNS[kind]: room_of_kind(asked, kind).document()}


def listing(asked: ChatRequest, kind: str) -> Document:
    """`channels.list` (all of them), `groups.list` (the caller's own)."""
    rooms = [r for r in asked.chat.rooms.all.values() if r.t == kind and may_read(r, asked.user_id)]
    return asked.paged(f"{NOUNS[kind]}s", [r.document() for r in sorted(rooms, key=lambda room: room.name)])


def members(asked: ChatRequest, find: Callable[[ChatRequest], Room]) -> Document:
    """`*.members`: `{_id, username, name, status}` of each."""
    people = [m.user.document() | {"status": "offline"} for m in find(asked).members.values()]
    return asked.paged("members", sorted(people, key=lambda person: str(person["username"])))


def roles(asked: ChatRequest, kind: str) -> Document:
    """`channels.roles`, `groups.roles`: who owns and moderates the room."""
    room = room_of_kind(asked, kind)
    return {
        "roles": [
            {"rid": room.id, "u": m.user.document(), "roles": sorted(m.roles), "_id": m.subscription_id}
            for m in room.members.values()
            if m.roles
        ]
    }


def create(asked: ChatRequest, kind: str) -> Document:
    """`channels.create`, `groups.create` `{name, members?: [username], readOnly?, extraData?}`."""
    given = asked.given
    if not asked.chat.may(asked.user_id, f"create-{kind}"):
        raise MeteorError("error-unauthorized", "unauthorized")
    people = [asked.chat.people.named(name) for name in given.get("members") or []]
    extra = given.get("extraData") or {}
    flags: Document = {"ro": True} if given.get("readOnly") else {}
    flags |= {name: extra[name] for name in ("encrypted", "topic", "description", "teamId") if name in extra}
    ids = [person.id for person in people if person is not None]
    return {NOUNS[kind]: asked.chat.create_room(asked.user_id, given["name"], kind, ids, flags).document()}


def join(asked: ChatRequest) -> Document:
    """`channels.join`."""
    room = room_of_kind(asked, "c")
    asked.chat.join(asked.user_id, room)
    return {"channel": room.document()}


def invite(asked: ChatRequest, kind: str) -> Document:
    """`channels.invite`, `groups.invite` `{roomId, userId | username}`."""
    room = room_of_kind(asked, kind)
    _may_manage(asked, room, f"add-user-to-any-{kind}-room", "add-user-to-joined-room")
    asked.chat.add(asked.user_id, room, _person(asked))
    return {NOUNS[kind]: room.document()}


def kick(asked: ChatRequest, kind: str) -> Document:
    """`channels.kick`, `groups.kick` `{roomId, userId | username}`."""
    room = room_of_kind(asked, kind)
    _may_manage(asked, room, "remove-user")
    asked.chat.remove(asked.user_id, room, _person(asked))
    return {"channel": room.document()} if kind == "c" else {}


def im_create(asked: ChatRequest) -> Document:
    """`im.create {username | usernames}`: the room with `rid` besides `_id`; a room that is there is given again."""
    given = asked.given
    names = (given.get("username") or given.get("usernames") or "").split(",")
    people = [asked.chat.people.named(name.strip()) for name in names if name.strip()]
    if not people or None in people:
        raise MeteorError("error-invalid-user", "Invalid user", {"method": "createDirectMessage"})
    if not asked.chat.may(asked.user_id, "create-d"):
        raise MeteorError("error-not-allowed", "Not allowed", {"method": "createDirectMessage"})
    room = asked.chat.direct(asked.user_id, *(person.id for person in people if person is not None))
    return {"room": room.document() | {"rid": room.id}}


def im_list(asked: ChatRequest) -> Document:
    """`im.list`: the caller's direct rooms."""
    rooms = [room for room in asked.chat.rooms.of(asked.user_id) if room.t == "d"]
    return asked.paged("ims", [room.document() for room in rooms])


def commands_list(asked: ChatRequest) -> Document:
    """`commands.list` (facts/rocketchat.md §4.2)."""
    commands = [c.document() for c in asked.chat.commands.registered.values()]
    return asked.paged("commands", commands) | {"appsLoaded": True}


def commands_get(asked: ChatRequest) -> Document:
    """`commands.get?command=`."""
    command = asked.chat.commands.get(asked.given["command"])
    if command is None:
        raise PlainError(f"There is no command in the system by the name of: {asked.given['command']}")
    return {"command": command.document()}


def commands_run(asked: ChatRequest) -> Document:
    """`commands.run {command, params?, roomId, tmid?}`."""
    given = asked.given
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
        text = 'The required "userId" or "username" param provided does not match any users'
        raise MeteorError("error-invalid-user", text)
    return person.id


def _named(asked: ChatRequest, kind: str) -> Room | None:
    """The room that `roomId` or `roomName` names; of a missing parameter the routes of a kind have codes of their
    own."""
    wanted = asked.given.get("roomId") or asked.given.get("roomName")
    if not wanted:
        code = "error-room-param-not-provided" if kind == "p" else "error-roomid-param-not-provided"
        raise MeteorError(code, 'The parameter "roomId" or "roomName" is required')
    return asked.chat.rooms.find(wanted)


def _not_found(kind: str) -> MeteorError:
    text = f'The required "roomId" or "roomName" param provided does not match any {NOUNS[kind]}'
    return MeteorError("error-room-not-found", text)


def _may_manage(asked: ChatRequest, room: Room, *permissions: str) -> None:
    if not any(asked.chat.may(asked.user_id, permission, room) for permission in permissions):
        raise MeteorError("error-not-allowed", "Not allowed")
