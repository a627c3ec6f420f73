"""The whole chat: the conversation with its rules, who joins and leaves, and how a test or the demo takes part.

Entry points for tests skip the permissions where a real server has another way in (a webhook, an old message, an event
that is sent twice), and check them where a person would be checked.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.clock import Clock
from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.commands import Commands
from sandbox.rocketchat.chat.composer import ComposerResult, Reaction, RegisteredCommand, Sent, composer
from sandbox.rocketchat.chat.conversation import Conversation
from sandbox.rocketchat.chat.events import Activity, Membership
from sandbox.rocketchat.chat.messages import Message
from sandbox.rocketchat.chat.rooms import Member, Room
from sandbox.rocketchat.chat.rules import Draft
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.people import People
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.settings import Settings


@dataclass(frozen=True)
class TypedLine:
    """What the web client did with a typed line, and the message if one reached the server."""

    outcome: ComposerResult
    message: Message | None = None


class Chat(Conversation):
    """Rooms, members, messages."""

    def __init__(self, people: People, settings: Settings, clock: Clock, ledger: Ledger) -> None:
        super().__init__(people, settings, clock, ledger)
        self.commands = Commands()

    # Rooms and members.

    def create_room(
        self, creator_id: str, name: str, t: str = "p", members: Iterable[str] = (), flags: Document | None = None
    ) -> Room:
        """A channel (`c`) or a group (`p`) with these user ids in it; `error-duplicate-channel-name` if the name is
        taken."""
        if self.rooms.find(name):
            text = f"A channel with name '{name}' exists"
            raise MeteorError("error-duplicate-channel-name", text, {"channel_name": name})
        people = [self.author(user_id) for user_id in members]
        room = self.rooms.create(t, name, self.author(creator_id), people, flags or {})
        for user_id in room.members:
            self._tell_membership(user_id, "inserted", room)
        return room

    def direct(self, creator_id: str, *others: str) -> Room:
        """The direct room of these user ids, made if there is none."""
        room, new = self.rooms.direct(self.author(creator_id), [self.author(user_id) for user_id in others])
        for user_id in room.members if new else ():
            self._tell_membership(user_id, "inserted", room)
        return room

    def join(self, user_id: str, room: Room) -> None:
        """Somebody joins a channel by themselves; harmless if they are in it."""
        if user_id in room.members:
            return
        if room.t != "c":
            raise MeteorError("error-not-allowed", "Not allowed", {"method": "joinRoom"})
        self._enter(user_id, room)
        self.system(room, "uj", room.members[user_id].user, room.members[user_id].user.username)

    def add(self, by: str, room: Room, user_id: str) -> None:
        """Somebody is added by somebody; harmless if they are in it."""
        if user_id in room.members:
            return
        self._enter(user_id, room)
        self.system(room, "au", self.author(by), room.members[user_id].user.username)

    def remove(self, by: str, room: Room, user_id: str) -> None:
        """Somebody is removed by somebody: they lose the room and its stream at once."""
        gone = self._exit(user_id, room)
        self.system(room, "ru", self.author(by), gone.user.username)

    def leave(self, user_id: str, room: Room) -> None:
        """Somebody leaves by themselves."""
        gone = self._exit(user_id, room)
        self.system(room, "ul", gone.user, gone.user.username)

    def grant(self, by: str, room: Room, user_id: str, role: str) -> None:
        """Gives a room role (owner, moderator, leader) to a member."""
        member = room.members[user_id]
        member.roles.add(role)
        self._tell_membership(user_id, "updated", room)
        self.system(room, "subscription-role-added", self.author(by), member.user.username, {"role": role})

    def withdraw(self, by: str, room: Room, user_id: str, role: str) -> None:
        """Takes a room role from a member."""
        member = room.members[user_id]
        member.roles.discard(role)
        self._tell_membership(user_id, "updated", room)
        self.system(room, "subscription-role-removed", self.author(by), member.user.username, {"role": role})

    def rename(self, by: str, room: Room, name: str) -> None:
        """Gives a channel or a group another name; its id stays."""
        room.name = name
        for user_id in room.members:
            self._tell_membership(user_id, "updated", room)
        self.system(room, "r", self.author(by), name)

    def mute(self, by: str, room: Room, user_id: str, muted: bool = True) -> None:
        """Silences a member in one room, or lets them speak again; the room keeps usernames, as in the real server."""
        username = self.author(user_id).username
        others = [name for name in room.flags.get("muted", ()) if name != username]
        room.flags["muted"] = [*others, username] if muted else others
        self.system(room, "user-muted" if muted else "user-unmuted", self.author(by), username)

    def delete_room(self, room: Room) -> None:
        """The room and its messages are gone for everybody."""
        for user_id in list(room.members):
            self._drop(user_id, room)
        self.messages = {key: message for key, message in self.messages.items() if message.rid != room.id}
        del self.rooms.all[room.id]

    # How tests and the demo take part.

    def type_as(self, user_id: str, room: Room, text: str, tmid: str | None = None) -> TypedLine:
        """Somebody types a line into the web client and presses Enter (facts/rocketchat.md §4.1). A refusal is shown
        to them alone and never reaches the server."""
        outcome = self.composed(text)
        if isinstance(outcome, Sent):
            return TypedLine(outcome, self.send(user_id, Draft(room.id, outcome.text, random_id(), tmid)))
        if isinstance(outcome, RegisteredCommand):
            return TypedLine(outcome, self.run_command(user_id, room, outcome.command, outcome.params, tmid))
        if isinstance(outcome, Reaction):
            last = next((m for m in reversed(self.messages.values()) if m.rid == room.id), None)
            if last is not None:
                self.react(user_id, last, outcome.emoji, True)
        return TypedLine(outcome)

    def composed(self, text: str) -> ComposerResult:
        """What the web client does with a line, by the commands and settings of this workspace."""
        allow = bool(self.setting("Message_AllowUnrecognizedSlashCommand", False))
        return composer(text, self.commands.names(), allow, self.setting("Message_MaxAllowedSize", 5000))

    def run_command(
        self, user_id: str, room: Room, command: str, params: str, tmid: str | None = None
    ) -> Message | None:
        """A registered slash command; the message it leaves, if it leaves one."""
        text = self.commands.run(command, params)
        return None if text is None else self.send(user_id, Draft(room.id, text, random_id(), tmid))

    def post(
        self, room: Room, user_id: str, text: str, *, tmid: str | None = None, ts: datetime | None = None
    ) -> Message:
        """A message of a person, who need not be a member; `ts` may be any time."""
        return self.store(self.author(user_id), room, Draft(room.id, text, tmid=tmid, ts=ts))

    def post_as_webhook(self, room: Room, user_id: str, text: str, alias: str | None = None) -> Message:
        """What an incoming webhook posts: the author is its configured user, who may be an administrator, and only
        `bot` says that nobody typed it (facts/rocketchat.md §5.4)."""
        extra: Document = {"bot": {"i": random_id()}, "groupable": False, "parseUrls": True}
        extra |= {"alias": alias} if alias else {}
        return self.store(self.author(user_id), room, Draft(room.id, text, extra=extra))

    def post_encrypted(self, room: Room, user_id: str) -> Message:
        """An end-to-end encrypted message: nobody but the members' own clients can read it."""
        ciphertext = base64.b64encode(secrets.token_bytes(48)).decode()
        extra = {"e2e": "pending", "content": {"algorithm": "rc.v1.aes-sha2", "ciphertext": ciphertext}}
        return self.store(self.author(user_id), room, Draft(room.id, ciphertext, t="e2e", extra=extra))

    def resend(self, message: Message) -> None:
        """Sends the event of a message again, as after a link preview was fetched: only `_updatedAt` is changed
        (facts/rocketchat.md §5.3)."""
        self.changed(message)

    def activity(self, user_id: str, room: Room, activities: Iterable[str] = ("user-typing",)) -> None:
        """Somebody is typing (or, without activities, no longer)."""
        self.tell(Activity(room, self.author(user_id).username, tuple(activities)))

    # Joining and leaving.

    def _enter(self, user_id: str, room: Room) -> None:
        room.members[user_id] = Member(self.author(user_id), self.now())
        self._tell_membership(user_id, "inserted", room)

    def _exit(self, user_id: str, room: Room) -> Member:
        member = room.members.get(user_id)
        if member is None:
            raise MeteorError("error-user-not-in-room", "User is not in this room")
        owners = [m for m in room.members.values() if "owner" in m.roles]
        if owners == [member]:
            text = "You are the last owner. Please set new owner before leaving."
            raise MeteorError("error-you-are-last-owner", text)
        self._drop(user_id, room)
        return member

    def _drop(self, user_id: str, room: Room) -> None:
        subscription = room.subscription(user_id)
        del room.members[user_id]
        room.updated_at = self.now()
        self.tell(Membership(user_id, "removed", room, subscription))

    def _tell_membership(self, user_id: str, kind: Literal["inserted", "updated"], room: Room) -> None:
        room.updated_at = self.now()
        self.tell(Membership(user_id, kind, room, room.subscription(user_id)))
