"""What happens in the chat, as values. The streams (facts/rocketchat.md §5.3, §5.5b) and tests listen to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.rocketchat.chat.messages import Message
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.documents import Document


@dataclass(frozen=True)
class Posted:
    """A message is new or has changed: edits, reactions, thread counts and pins come with the same id."""

    message: Message
    room: Room


@dataclass(frozen=True)
class Deleted:
    """A message is gone."""

    message_id: str
    room: Room


@dataclass(frozen=True)
class Membership:
    """Somebody came into a room, left it, or holds other roles in it."""

    user_id: str
    kind: Literal["inserted", "updated", "removed"]
    room: Room
    subscription: Document


@dataclass(frozen=True)
class Ephemeral:
    """A message that one person sees and the server does not store."""

    user_id: str
    document: Document


@dataclass(frozen=True)
class Activity:
    """Somebody is typing, or no longer: `activities` is `["user-typing"]` or empty."""

    room: Room
    username: str
    activities: tuple[str, ...]


ChatEvent = Posted | Deleted | Membership | Ephemeral | Activity
Listener = Callable[[ChatEvent], None]
