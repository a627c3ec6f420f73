"""Rooms and who is in them: channels (`c`), private groups (`p`), direct messages (`d`).

A subscription in Rocket.Chat's words is one person's membership of one room; here it is a `Member`. Names are unique
among channels and groups together. A direct room's id is the sorted ids of its people, joined (as in the real server).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.rocketchat.chat.messages import Author
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id


@dataclass
class Member:
    """One person in one room."""

    user: Author
    since: datetime
    roles: set[str] = field(default_factory=set)
    """Room roles: owner, moderator, leader."""
    subscription_id: str = field(default_factory=random_id)


@dataclass
class Room:
    """One room. `flags` are further public fields: `ro`, `encrypted`, `topic`, `teamId`, `prid` …"""

    id: str
    t: str
    name: str
    """Empty for direct messages."""
    created_at: datetime
    creator: Author | None
    updated_at: datetime
    members: dict[str, Member] = field(default_factory=dict)
    flags: Document = field(default_factory=dict)
    msgs: int = 0
    last_message: Document | None = None
    last_message_at: datetime | None = None

    @property
    def encrypted(self) -> bool:
        """Whether messages in it are end-to-end encrypted."""
        return bool(self.flags.get("encrypted"))

    def roles_of(self, user_id: str) -> frozenset[str]:
        """Room roles of a person, empty for a stranger."""
        member = self.members.get(user_id)
        return frozenset(member.roles) if member else frozenset()

    def document(self) -> Document:
        """IRoom, dates as `datetime`."""
        document: Document = {
            "_id": self.id,
            "t": self.t,
            "msgs": self.msgs,
            "usersCount": len(self.members),
            "ts": self.created_at,
            "_updatedAt": self.updated_at,
        }
        if self.t == "d":
            people = [member.user for member in self.members.values()]
            document |= {"usernames": [p.username for p in people], "uids": [p.id for p in people]}
        else:
            document |= {"name": self.name, "fname": self.name, "ro": False, "default": False, "sysMes": True}
        if self.creator:
            document["u"] = self.creator.document()
        if self.last_message:
            document |= {"lastMessage": self.last_message, "lm": self.last_message_at}
        return document | self.flags

    def subscription(self, user_id: str) -> Document:
        """ISubscription of a member; KeyError for a stranger."""
        member = self.members[user_id]
        others = [m.user for m in self.members.values() if m.user.id != user_id]
        document: Document = {
            "_id": member.subscription_id,
            "rid": self.id,
            "t": self.t,
            "u": member.user.document(),
            "name": (others[0].username if others else member.user.username) if self.t == "d" else self.name,
            "fname": (others[0].name if others else member.user.name) if self.t == "d" else self.name,
            "ts": member.since,
            "ls": member.since,
            "open": True,
            "alert": False,
            "unread": 0,
            "userMentions": 0,
            "groupMentions": 0,
            "_updatedAt": self.updated_at,
        }
        return document | ({"roles": sorted(member.roles)} if member.roles else {})


class Rooms:
    """All rooms of the workspace."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.all: dict[str, Room] = {}

    def get(self, room_id: str) -> Room | None:
        """By id."""
        return self.all.get(room_id)

    def find(self, id_or_name: str) -> Room | None:
        """By id or by name, as most routes accept it."""
        return self.all.get(id_or_name) or next(
            (room for room in self.all.values() if room.name and room.name == id_or_name), None
        )

    def of(self, user_id: str) -> list[Room]:
        """Where a person is a member."""
        return [room for room in self.all.values() if user_id in room.members]

    def create(self, t: str, name: str, creator: Author, people: Iterable[Author], flags: Document) -> Room:
        """A channel or a group; its creator owns it."""
        now = self._now()
        room = Room(random_id(), t, name, now, creator, now, flags=dict(flags))
        room.members[creator.id] = Member(creator, now, {"owner"})
        for person in people:
            room.members.setdefault(person.id, Member(person, now))
        self.all[room.id] = room
        return room

    def direct(self, creator: Author, people: Iterable[Author]) -> tuple[Room, bool]:
        """The direct room of exactly these people, and whether it is new."""
        everybody = {person.id: person for person in (creator, *people)}
        for room in self.all.values():
            if room.t == "d" and set(room.members) == set(everybody):
                return room, False
        now = self._now()
        # Two people's room has a predictable id; with three or more it is random, as in the real server.
        room_id = "".join(sorted(everybody)) if len(everybody) <= 2 else random_id()
        room = Room(room_id, "d", "", now, creator, now)
        room.members = {person.id: Member(person, now) for person in everybody.values()}
        self.all[room.id] = room
        return room, True


def may_read(room: Room, user_id: str) -> bool:
    """Channels are open to everybody who is logged in; groups and direct messages to members
    (facts/rocketchat.md §5.3: the access that a subscription is checked for)."""
    return room.t == "c" or user_id in room.members
