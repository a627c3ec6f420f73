"""Who may do what in the chat, and how it is refused, in the real server's words (facts/rocketchat.md §5.4, §6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from sandbox.rocketchat.chat.messages import Author, Message
from sandbox.rocketchat.chat.rooms import Room, Rooms, may_read
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import People
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.settings import Settings

_REFUSED_SKEW = timedelta(seconds=60)
_TOLERATED_SKEW = timedelta(seconds=10)


@dataclass(frozen=True)
class Draft:
    """What a sender gives. `extra` is kept as it is (alias, attachments, bot, blocks, customFields …)."""

    rid: str
    msg: str = ""
    id: str | None = None
    tmid: str | None = None
    ts: datetime | None = None
    t: str | None = None
    extra: Document = field(default_factory=dict)
    preview_urls: Sequence[str] | None = None
    """Of which links a preview is wanted; None: of all."""


class Rules:
    """Decides; changes nothing."""

    def __init__(self, people: People, settings: Settings, clock: Clock) -> None:
        self.people = people
        self.settings = settings
        self.rooms = Rooms(self.now)
        self.quiet_refusals = False
        """Old servers answer `chat.sendMessage` into a muted or read-only room with 200 `{"message": false}`."""
        self._clock = clock

    def now(self) -> datetime:
        """The wall clock in whole milliseconds: neither JSON nor MongoDB keeps more."""
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def author(self, user_id: str) -> Author:
        """How a person is named in documents; `error-invalid-user` if there is none."""
        user = self.people.get(user_id)
        if user is None:
            raise MeteorError("error-invalid-user", "Invalid user")
        return Author(user.id, user.username, user.name)

    def may(self, user_id: str, permission: str, room: Room | None = None) -> bool:
        """Whether a person holds a permission, by a role of the workspace or of the room."""
        return self.people.may(user_id, permission, room.roles_of(user_id) if room else frozenset())

    def setting(self, name: str, default: Any) -> Any:
        """The value of a setting, `default` where the workspace has none of that name."""
        return self.settings.get(name, default)

    def check_size(self, text: str) -> None:
        """`error-message-size-exceeded` beyond `Message_MaxAllowedSize`."""
        if len(text) > self.setting("Message_MaxAllowedSize", 5000):
            raise _unsendable("error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize")

    def writable(self, room_id: str, user_id: str) -> Room:
        """The room, if the person may write into it; the real server throws bare errors here."""
        room = self.rooms.get(room_id)
        if room is None:
            raise PlainError("error-invalid-room")
        if room.flags.get("archived"):
            raise PlainError("room_is_archived")
        if not may_read(room, user_id):
            raise PlainError("error-not-allowed")
        username = self.author(user_id).username
        unmuted = username in room.flags.get("unmuted", ())
        if room.flags.get("ro") and not unmuted and not self.may(user_id, "post-readonly", room):
            raise PlainError("You can't send messages because the room is readonly.")
        if username in room.flags.get("muted", ()):
            raise PlainError("You_have_been_muted")
        return room

    def check_thread(self, tmid: str | None) -> None:
        """`error-not-allowed` for every message with `tmid` while threads are off."""
        if tmid and not self.setting("Threads_enabled", True):
            raise _unsendable("error-not-allowed", "not-allowed")

    def readable(self, room_id: str, user_id: str) -> Room | None:
        """The room, if it exists and the person may read it."""
        room = self.rooms.get(room_id)
        return room if room and may_read(room, user_id) else None

    def timestamp(self, draft: Draft) -> datetime:
        """When a message counts as sent: a client's time is taken within ten seconds and refused beyond a minute."""
        now = self.now()
        if draft.extra.get("tshow") and not draft.tmid:
            raise _unsendable("invalid-params", "tshow provided but missing tmid")
        if draft.ts is None:
            return now
        if abs(draft.ts - now) > _REFUSED_SKEW:
            raise _unsendable("error-message-ts-out-of-sync", "Message timestamp is out of sync")
        return now if abs(draft.ts - now) > _TOLERATED_SKEW else draft.ts

    def check_encryption(self, room: Room, draft: Draft) -> None:
        """`error-not-allowed` for plain text in an encrypted room."""
        plain_refused = self.setting("E2E_Enable", False) and not self.setting("E2E_Allow_Unencrypted_Messages", False)
        if room.encrypted and plain_refused and draft.t != "e2e":
            raise _unsendable("error-not-allowed", "Not allowed to send un-encrypted messages in an encrypted room")

    def too_old(self, user_id: str, message: Message, setting: str) -> bool:
        """Whether a message is older than the minutes that `setting` allows for changing it."""
        limit = self.setting(setting, 0)
        if not isinstance(limit, int | float) or not limit or self.may(user_id, "bypass-time-limit-edit-and-delete"):
            return False
        return math.floor((self.now() - message.ts) / timedelta(minutes=1)) >= limit

    def may_delete(self, user_id: str, message: Message, room: Room) -> bool:
        """Whether a person may delete a message (facts/rocketchat.md §6)."""
        if self.may(user_id, "force-delete-message", room):
            return True
        if not self.setting("Message_AllowDeleting", True) or not may_read(room, user_id):
            return False
        own = message.author.id == user_id and self.may(user_id, "delete-own-message")
        if not own and not self.may(user_id, "delete-message", room):
            return False
        return not self.too_old(user_id, message, "Message_AllowDeleting_BlockDeleteInMinutes")


def _unsendable(code: str, reason: str) -> MeteorError:
    return MeteorError(code, reason, {"method": "sendMessage"})
