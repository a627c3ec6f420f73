"""In-memory adapters of the ports of chatops, which behave as the real ones: a message id is there once, an edit of
nothing is refused, an operation is accepted once for one message. Faults on demand, before or after the effect; a clock
that the test moves.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.chatops.answer import ENDED
from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Message, Operation, OperationState, Outgoing, Person, Room
from bot.errors import Rejected, RemoteError, StoreUnavailable
from tests.support.clocks import START, SteppedClock

BOT_ID, BOT_NAME = "bot1", "ssobot"
ADMIN_ROOM = Room("room1", "sso-admins", "p", encrypted=False, members=4)
OTHER_ROOM = Room("room2", "general", "c", encrypted=False, members=90)
_MENTION = re.compile(r"^@\w+ ")
DIRECT = Room("dm-anna", "", "d", encrypted=False, members=2)
GROUP_DIRECT = Room("dm-group", "", "d", encrypted=False, members=3)


@dataclass
class Posted:
    """A message that the bot wrote."""

    id: str
    room_id: str
    thread_id: str | None
    texts: list[str]
    """All its texts, oldest first."""
    in_channel: bool = False
    buttons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.texts[-1]


@dataclass
class Fault:
    """The next calls fail."""

    error: RemoteError
    times: int
    after: bool
    """The effect happens, only the answer is lost."""


def remote(kind: type[RemoteError], route: str = "POST /api/v1/chat.sendMessage") -> RemoteError:
    return kind("Rocket.Chat", route)


@dataclass
class MemoryChat:
    """Rocket.Chat as a place to talk."""

    people: dict[str, Person] = field(default_factory=dict)
    rooms: dict[str, Room] = field(
        default_factory=lambda: {room.id: room for room in (ADMIN_ROOM, OTHER_ROOM, DIRECT, GROUP_DIRECT)}
    )
    known_roles: dict[str, str] = field(default_factory=lambda: {"admin": "admin", "user": "user"})
    """Id to name."""
    posted: dict[str, Posted] = field(default_factory=dict)
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Who reacted, by the id of the message."""
    calls: list[str] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    takes_buttons: bool = True
    refusing: Callable[[str, str | None], RemoteError | None] = lambda room_id, thread_id: None
    """The error for a post or an edit in a room: for `room_id` and `thread_id`."""

    def fail(self, call: str, kind: type[RemoteError], *, times: int = 1, after: bool = False) -> None:
        """The next `times` calls of `post`, `edit`, `person` or `room` fail."""
        self.faults[call] = Fault(remote(kind), times, after)

    def said(self) -> list[str]:
        """What stands in the rooms now, oldest message first: without the mention of whoever asked, and without the
        progress of what has ended."""
        texts = [message.text for message in self.posted.values()]
        return [_MENTION.sub("", text) for text in texts if not text.rsplit("\n", 1)[-1].startswith(ENDED.strip())]

    async def person(self, user_id: str) -> Person:
        self._enter("person")
        if user_id not in self.people:
            raise remote(Rejected, "GET /api/v1/users.info")
        return self.people[user_id]

    async def person_named(self, username: str) -> Person:
        self._enter("person_named")
        found = [person for person in self.people.values() if person.username == username]
        if not found:
            raise remote(Rejected, "GET /api/v1/users.info")
        return found[0]

    async def roles(self) -> Mapping[str, str]:
        self._enter("roles")
        return self.known_roles

    async def room(self, name_or_id: str) -> Room | None:
        self._enter("room")
        return next((r for r in self.rooms.values() if name_or_id in (r.id, r.name)), None)

    async def reacted(self, message_id: str) -> tuple[str, ...]:
        self._enter("reacted")
        return self.reactions.get(message_id, ())

    async def post(self, message: Outgoing) -> None:
        fault = self._enter("post")
        if refusal := self.refusing(message.room_id, message.thread_id):
            raise refusal
        if message.buttons and not self.takes_buttons:
            raise remote(Rejected)
        if message.id not in self.posted:
            self.posted[message.id] = Posted(
                message.id, message.room_id, message.thread_id, [message.text], message.in_channel, message.buttons
            )
        self._leave(fault)

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        fault = self._enter("edit")
        message = self.posted.get(message_id)
        if message and (refusal := self.refusing(room_id, message.thread_id)):
            raise refusal
        if message is None or message.room_id != room_id:
            raise remote(Rejected, "POST /api/v1/chat.update")
        message.texts.append(text)
        self._leave(fault)

    async def room_of(self, message_id: str) -> str | None:
        self._enter("room_of")
        message = self.posted.get(message_id)
        return message.room_id if message else None

    async def text_of(self, message_id: str) -> str | None:
        self._enter("text_of")
        message = self.posted.get(message_id)
        return message.text if message else None

    async def direct_with(self, user_id: str) -> str:
        self._enter("direct_with")
        return f"dm-{(await self.person(user_id)).username}"

    async def since(self, room_id: str, moment: datetime) -> tuple[Message, ...]:
        return ()

    async def direct_rooms(self) -> tuple[str, ...]:
        return (DIRECT.id,)

    def _enter(self, call: str) -> Fault | None:
        self.calls.append(call)
        fault = self.faults.get(call)
        if fault is None or fault.times <= 0:
            return None
        fault.times -= 1
        if not fault.after:
            raise fault.error
        return fault

    def _leave(self, fault: Fault | None) -> None:
        if fault is not None:
            raise fault.error


def _unique(origin: Origin) -> tuple[str, str]:
    match origin:
        case FromMessage(message_id=message_id):
            return "message", message_id
        case FromSchedule(due=due):
            return "schedule", due
        case never:
            assert_never(never)


def message_id_of(operation: Operation) -> str:
    """Of the message that asked for it."""
    assert isinstance(operation.origin, FromMessage)
    return operation.origin.message_id


@dataclass
class MemoryOperations:
    """The table of operations."""

    rows: dict[str, Operation] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()
    """Calls that fail for good; the error quotes values, as drivers do."""
    away: bool = False
    """Every call that writes fails, as while the database is away."""
    away_for: int = 0
    """The next looks for the operation of a message fail."""
    answer_lost: int = 0
    """An operation is accepted, and the database is away before it says so: for so many looks."""

    async def accept(self, operation: Operation) -> Operation | None:
        self._check("accept")
        if any(_unique(row.origin) == _unique(operation.origin) for row in self.rows.values()):
            return None
        self.rows[operation.id] = operation
        if self.answer_lost:
            self.away_for = self.answer_lost
            raise StoreUnavailable
        return operation

    async def of_message(self, message_id: str) -> Operation | None:
        if self.away_for > 0:
            self.away_for -= 1
            raise StoreUnavailable
        return self._of(("message", message_id))

    async def of_schedule(self, due: str) -> Operation | None:
        return self._of(("schedule", due))

    def _of(self, key: tuple[str, str]) -> Operation | None:
        return next((row for row in self.rows.values() if _unique(row.origin) == key), None)

    async def unfinished(self) -> tuple[Operation, ...]:
        return tuple(sorted((r for r in self.rows.values() if not r.delivered), key=lambda r: r.created_at))

    async def note(self, operation_id: str, state: OperationState) -> None:
        self._check("note")
        self.rows[operation_id] = replace(self.rows[operation_id], state=state)

    async def finish(
        self, operation_id: str, state: OperationState, reply_text: str, receipt: Mapping[str, object] | None = None
    ) -> bool:
        self._check("finish")
        row = self.rows[operation_id]
        kept = row.receipt if receipt is None else receipt
        self.rows[operation_id] = replace(row, state=state, reply_text=reply_text, receipt=kept)
        return kept is not None

    async def delivered(self, operation_id: str) -> None:
        self._check("delivered")
        self.rows[operation_id] = replace(self.rows[operation_id], delivered=True)

    def _check(self, call: str) -> None:
        if self.away:
            raise StoreUnavailable
        if call in self.failing:
            raise OSError("statement failed with values hunter2-generated")


@dataclass
class MemoryNotes:
    """What was noted."""

    values: dict[str, str] = field(default_factory=dict)

    async def get(self, key: str) -> str | None:
        return self.values.get(key)

    async def put(self, key: str, value: str) -> None:
        self.values[key] = value


@dataclass
class MemorySlash:
    """The setting for unknown slash commands."""

    on: bool = False
    error: RemoteError | None = None

    async def allowed(self) -> bool:
        if self.error is not None:
            raise self.error
        return self.on

    async def allow(self, on: bool) -> None:
        self.on = on


class MemoryListener:
    """A stream of messages, fed by the test."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._sockets: asyncio.Queue[None] = asyncio.Queue()
        self.watched: list[tuple[str, str]] = []

    def watch(self, room_id: str, room_type: str) -> None:
        self.watched.append((room_id, room_type))

    def reconnect(self) -> None:
        self._sockets.put_nowait(None)

    async def connections(self) -> AsyncIterator[None]:
        while True:
            await self._sockets.get()
            yield

    def push(self, message: Message) -> None:
        self._queue.put_nowait(message)

    async def messages(self) -> AsyncIterator[Message]:
        while True:
            yield await self._queue.get()


@dataclass
class MemoryTime:
    """The server's clock: ours, and by how much it is ahead."""

    clock: SteppedClock
    skew: timedelta = timedelta(0)
    known: bool = True
    told: list[timedelta] = field(default_factory=list)
    """The answers to doubts, in order."""
    doubts: int = 0

    def now(self) -> datetime:
        return self.clock.now() + self.skew

    @property
    def started(self) -> datetime:
        return START + self.skew

    async def compare(self) -> bool:
        return True

    async def doubt(self) -> bool:
        self.doubts += 1
        if not self.told:
            return False
        self.skew = self.told.pop(0)
        return True


ANNA = Person("anna1", "anna", frozenset({"user", "admin"}), active=True, type="user")
MARC = Person("marc1", "marc", frozenset({"user"}), active=True, type="user")


def typed(text: str, *, message_id: str = "m1", who: Person = ANNA, room: Room = ADMIN_ROOM) -> Message:
    """A message as a person types it, at the start of the clock; vary it with `dataclasses.replace`."""
    return Message(message_id, room.id, room.type, who.id, who.username, text, START + timedelta(seconds=1))
