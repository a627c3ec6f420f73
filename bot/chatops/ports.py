"""What chatops needs of Rocket.Chat and of the store, and the message as it comes in."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.chatops.origin import Origin


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
    """It has `bot`: a webhook wrote it, not the user in `u`."""
    alias: str | None = None
    edited: bool = False
    """It has `editedAt`, or has been seen before in another form."""
    less_trusted: str | None = None
    """A field that shows that `u` did not type it here, now and visibly: `sentByEmail`, `imported` …"""
    unknown: frozenset[str] = frozenset()
    """Fields that this version does not know."""
    caught_up: bool = False
    """Found by a request after a time without socket, not pushed."""
    updated_at: datetime | None = None
    """Of its last change; about `ts` if there was none. None where the event did not say."""


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
    """An account as an administrator sees it. `roles` is None if Rocket.Chat did not send them: the bot lacks
    `view-full-other-user-info`, and nobody counts as an administrator."""

    id: str
    username: str
    roles: frozenset[str] | None
    active: bool
    """As Rocket.Chat says; False if it says nothing."""
    type: str


@dataclass(frozen=True)
class Outgoing:
    """A message to be posted."""

    id: str
    """Chosen by the bot, so that a message that is sent twice is posted once."""
    room_id: str
    text: str
    thread_id: str | None = None
    in_channel: bool = False
    """A message in a thread that is shown in the room as well."""
    buttons: tuple[str, ...] = ()
    """Below the text, one for each command: pressing it posts the command as that person."""


class Chat(Protocol):
    """Rocket.Chat as a place to talk. Errors: `bot.errors.RemoteError`."""

    async def person(self, user_id: str) -> Person:
        """The account with exactly this id, fetched each time."""
        ...

    async def person_named(self, username: str) -> Person:
        """The account that has this user name now."""
        ...

    async def roles(self) -> Mapping[str, str]:
        """Every role, id to name, fetched each time."""
        ...

    async def room(self, name_or_id: str) -> Room | None:
        """By name or id; None if it is not there or the bot is not in it."""
        ...

    async def post(self, message: Outgoing) -> None:
        """Forbidden or Rejected if it cannot be posted there."""
        ...

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        """Edits one of the bot's messages. Forbidden or Rejected if editing is off."""
        ...

    async def room_of(self, message_id: str) -> str | None:
        """The room of the bot's message with this id; None if there is none."""
        ...

    async def text_of(self, message_id: str) -> str | None:
        """The text of the bot's message with this id; None if there is none."""
        ...

    async def reacted(self, message_id: str) -> tuple[str, ...]:
        """Usernames of everybody who reacted to the bot's message with this id; empty if there is none."""
        ...

    async def direct_with(self, user_id: str) -> str:
        """The id of the direct room with this person, created if there is none."""
        ...

    async def since(self, room_id: str, moment: datetime) -> tuple[Message, ...]:
        """Messages of a room that are newer, oldest first, `caught_up` set."""
        ...

    async def direct_rooms(self) -> tuple[str, ...]:
        """Ids of the direct rooms the bot is in."""
        ...


class MessageStream(Protocol):
    """The stream of messages, over all sockets in turn."""

    def messages(self) -> AsyncIterator[Message]:
        """Every message of every room that the bot is in, while it is iterated, with those caught up after a lost
        connection."""
        ...

    def watch(self, room_id: str, room_type: str) -> None:
        """Missed messages of this room are delivered too, besides those of direct rooms."""
        ...

    def connections(self) -> AsyncIterator[None]:
        """Yields each time a new socket begins to deliver messages: everything that was read before may be outdated."""
        ...


class ServerTime(Protocol):
    """Rocket.Chat's clock, which sets the times of messages."""

    @property
    def known(self) -> bool:
        """Whether the server's time is known; until then, the local clock is used."""
        ...

    @property
    def started(self) -> datetime:
        """When this bot started, by the server's clock."""
        ...

    def now(self) -> datetime:
        """Now, by the server's clock."""
        ...

    async def doubt(self) -> bool:
        """A time looks wrong: asks the server again, unless it was asked just now. True if it answered."""
        ...


class OperationState(enum.Enum):
    """The state of an operation. The value is stored in the row."""

    ACCEPTED = "accepted"
    """Accepted; nothing was changed in any system."""
    RUNNING = "running"
    """Authorised again just before its first effect: it may have changed something, so it is always finished."""
    DONE = "done"
    FAILED = "failed"
    ODD = "odd"
    """The row has a value that this version does not know."""


@dataclass(frozen=True)
class Operation:
    """One run of one command: a row of the database. It is complete once its answer is `delivered`."""

    id: str
    origin: Origin
    words: str
    """The command without its prefix, its name first (`setup --name "Encvoy ID"`); read again after a crash."""
    reply_id: str
    """The id of the answer's message, chosen before it is posted."""
    created_at: datetime
    """Aware, UTC, our own clock."""
    state: OperationState = OperationState.ACCEPTED
    reply_text: str | None = None
    """The whole final answer, once state is DONE or FAILED."""
    receipt: Mapping[str, object] | None = None
    """What was done, for the record: JSON values, no secrets."""
    delivered: bool = False
    """Whether the final answer is known to be in the room."""


class Operations(Protocol):
    """Where operations are kept. Each method has committed when it returns."""

    async def accept(self, operation: Operation) -> Operation | None:
        """Keeps a new operation and returns it; None if there is one of this message or due time already."""
        ...

    async def of_message(self, message_id: str) -> Operation | None:
        """The operation that this message asked for, if there is one."""
        ...

    async def of_schedule(self, due: str) -> Operation | None:
        """The operation that was begun for this due time, if there is one."""
        ...

    async def unfinished(self) -> tuple[Operation, ...]:
        """Every operation that is not `delivered`, oldest first, in whatever state."""
        ...

    async def note(self, operation_id: str, state: OperationState) -> None:
        """Changes the state alone."""
        ...

    async def finish(
        self, operation_id: str, state: OperationState, reply_text: str, receipt: Mapping[str, object] | None = None
    ) -> bool:
        """DONE or FAILED, with the final answer in the same transaction. Without `receipt`, one that is there stays.
        Returns whether there is one now."""
        ...

    async def delivered(self, operation_id: str) -> None:
        """The final answer is in the room."""
        ...


class Notes(Protocol):
    """What the bot notes for later starts, such as what it has said once: a small key and value store that outlives the
    process."""

    async def get(self, key: str) -> str | None:
        """The value kept under the key."""
        ...

    async def put(self, key: str, value: str) -> None:
        """Keeps it, in place of whatever was there."""
        ...


SLASH_SETTING = "Message_AllowUnrecognizedSlashCommand"


class SlashSetting(Protocol):
    """`SLASH_SETTING` (facts/rocketchat.md §4.1). Errors: `bot.errors.RemoteError`."""

    async def allowed(self) -> bool:
        """Whether the web client sends slash commands that it does not know."""
        ...

    async def allow(self, on: bool) -> None:
        """Changes it; for `slash on` and `slash off`, never unasked."""
        ...
