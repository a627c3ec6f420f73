"""What chatops needs of Rocket.Chat and of the store, and the message as it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One message event (facts/rocketchat.md §5.4)."""

    id: str
    room_id: str
    room_type: str
    """`c` public, `p` private, `d` direct; empty where the event did not say."""
    user_id: str
    username: str
    text: str
    ts: datetime
    """Aware, UTC, the server's clock."""
    thread_id: str | None = None
    system_type: str | None = None
    """`t`: uj, ul, e2e …"""
    from_integration: bool = False
    """It has `bot`: a webhook wrote it, whoever `u` is."""
    alias: str | None = None
    edited: bool = False
    """It has `editedAt`, or has been seen before in another form."""
    caught_up: bool = False
    """Found by asking after a time without socket, not pushed."""


@dataclass(frozen=True)
class Room:
    """Where an answer goes, and who can read it."""

    id: str
    name: str
    type: str
    encrypted: bool
    members: int


@dataclass(frozen=True)
class Person:
    """An account as an administrator sees it. `roles` is None where Rocket.Chat did not say: the bot lacks
    `view-full-other-user-info`, and nobody may be taken for an administrator."""

    id: str
    username: str
    roles: frozenset[str] | None
    active: bool
    type: str


class Chat(Protocol):
    """Rocket.Chat as a place to talk. Errors: `bot.errors.RemoteError`."""

    async def person(self, user_id: str) -> Person:
        """Asked anew each time."""
        ...

    async def room(self, name_or_id: str) -> Room | None:
        """By name or id; None if it is not there or the bot is not in it."""
        ...

    async def post(self, message_id: str, room_id: str, text: str, thread_id: str | None = None) -> None:
        """Sends with an id of our choice: sent twice, it is there once."""
        ...

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        """Changes an own message. Forbidden or Rejected where editing is off."""
        ...

    async def since(self, room_id: str, moment: datetime) -> tuple[Message, ...]:
        """Messages of a room that are newer, oldest first, `caught_up` set."""
        ...

    async def direct_rooms(self) -> tuple[str, ...]:
        """Ids of the direct rooms the bot is in."""
        ...


class Listener(Protocol):
    """The stream of messages, over however many sockets."""

    def messages(self) -> AsyncIterator[Message]:
        """Every message of every room the bot is in, for as long as it is iterated; catch-up after a cut included."""
        ...
