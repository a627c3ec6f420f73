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
    """It has `bot`: a webhook wrote it, whoever `u` is."""
    alias: str | None = None
    edited: bool = False
    """It has `editedAt`, or has been seen before in another form."""
    less_trusted: str | None = None
    """A field that says that `u` did not type it here and now, for all to see: `sentByEmail`, `imported` …"""
    unknown: frozenset[str] = frozenset()
    """Fields of which nobody knows what they say."""
    caught_up: bool = False
    """Found by asking after a time without socket, not pushed."""
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
    """An account as an administrator sees it. `roles` is None where Rocket.Chat did not say: the bot lacks
    `view-full-other-user-info`, and nobody may be taken for an administrator."""

    id: str
    username: str
    roles: frozenset[str] | None
    active: bool
    """Rocket.Chat says so; where it says nothing, it is not."""
    type: str


@dataclass(frozen=True)
class Outgoing:
    """A message to be posted."""

    id: str
    """Of our choice: sent twice, the message is there once."""
    room_id: str
    text: str
    thread_id: str | None = None
    in_channel: bool = False
    """A message in a thread that is shown in the room as well."""
    buttons: tuple[str, ...] = ()
    """Below the text, one for each command: whoever presses it has typed it."""


class Chat(Protocol):
    """Rocket.Chat as a place to talk. Errors: `bot.errors.RemoteError`."""

    async def person(self, user_id: str) -> Person:
        """The account of exactly this id, asked anew each time."""
        ...

    async def roles(self) -> Mapping[str, str]:
        """Every role there is, id to name, asked anew each time."""
        ...

    async def room(self, name_or_id: str) -> Room | None:
        """By name or id; None if it is not there or the bot is not in it."""
        ...

    async def post(self, message: Outgoing) -> None:
        """Forbidden or Rejected where it cannot be put there."""
        ...

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        """Changes an own message. Forbidden or Rejected where editing is off."""
        ...

    async def room_of(self, message_id: str) -> str | None:
        """The room in which an own message of this id stands; None if there is none."""
        ...

    async def direct_with(self, user_id: str) -> str:
        """The id of the direct room with this person, made if there is none."""
        ...

    async def since(self, room_id: str, moment: datetime) -> tuple[Message, ...]:
        """Messages of a room that are newer, oldest first, `caught_up` set."""
        ...

    async def direct_rooms(self) -> tuple[str, ...]:
        """Ids of the direct rooms the bot is in."""
        ...


class MessageStream(Protocol):
    """The stream of messages, over however many sockets."""

    def messages(self) -> AsyncIterator[Message]:
        """Every message of every room the bot is in, for as long as it is iterated; catch-up after a cut included."""
        ...

    def watch(self, room_id: str, room_type: str) -> None:
        """What was missed in this room is told too, besides what was missed in direct rooms."""
        ...

    def connections(self) -> AsyncIterator[None]:
        """Something each time that messages begin to come, over a new socket: whatever was read may be old."""
        ...


class ServerTime(Protocol):
    """Rocket.Chat's clock, which sets the times of messages."""

    @property
    def known(self) -> bool:
        """Whether the server ever told its time; before, ours stands for it."""
        ...

    @property
    def started(self) -> datetime:
        """When this bot started, by the server's clock."""
        ...

    def now(self) -> datetime:
        """Now, by the server's clock."""
        ...

    async def doubt(self) -> bool:
        """A time looks wrong: asks the server anew, unless that was done just now. True if it told."""
        ...


class OperationState(enum.Enum):
    """How far an operation is. The value is what the row holds."""

    ACCEPTED = "accepted"
    """Taken on; nothing was changed in any system."""
    RUNNING = "running"
    """Authorised anew just before its first effect: it may have changed something, so it is always finished."""
    DONE = "done"
    FAILED = "failed"
    ODD = "odd"
    """The row says something that this version does not understand."""


@dataclass(frozen=True)
class Operation:
    """One run of one command: a row of the database. It is at rest once its answer was `delivered`."""

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
        """Keeps a new operation and returns it; None if there is one of this message already."""
        ...

    async def of_message(self, message_id: str) -> Operation | None:
        """The operation that this message asked for, if there is one."""
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
