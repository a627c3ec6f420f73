"""Whether a message may be a command at all: written by a person, just now, for the first time. Pure.

Times are the server's clock: `ts` is set by Rocket.Chat, so the start and now are translated into its clock first. A
message keeps its `ts` when it is sent again for a reaction or an answer in its thread (facts/rocketchat.md §5.3).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chatops.ports import Message

AWAY = "I was offline when you sent this. Please type it again."
YOUNG = timedelta(minutes=2)
"""The age up to which a command from catching up is carried out: if it is older, its author no longer waits for it."""
STALE = timedelta(minutes=10)
"""The same for a pushed message: a blocked socket delivers everything at once later. Longer, so that the bot still
works if the clocks differ."""
SLACK = timedelta(seconds=10)
"""How far a time may be off: the server keeps a client's own `ts` if it is less than 10 s from its own, and the header
`Date`, by which clocks are compared, has whole seconds."""


@dataclass(frozen=True)
class Known:
    """The inputs of the decision."""

    own_user_id: str
    started: datetime
    """When the bot started, by the server's clock."""
    now: datetime
    """By the server's clock."""
    seen: bool
    """Whether a message of this id came in before."""
    server_told: bool = True
    """Whether the server's clock is known; else ours stands for it."""


@dataclass(frozen=True)
class Accept:
    """It may be one: read it."""


@dataclass(frozen=True)
class Ignore:
    """Not for the bot; the reason is for the log."""

    reason: str


@dataclass(frozen=True)
class Refuse:
    """If it is a command and its author may give it, answer this instead."""

    text: str


def consider(message: Message, known: Known) -> Accept | Ignore | Refuse:
    """The first rule that applies decides."""
    reason = _not_typed(message, known.own_user_id)
    if reason is not None:
        return Ignore(reason)
    if known.seen:
        return Ignore("repeated")
    age = known.now - message.ts
    if age < -STALE - SLACK:
        return Refuse(apart(message, known))
    if message.caught_up:
        if age <= YOUNG + SLACK:
            return Accept()
        # It was written after the start, or it would not have been delivered (`bot.rocketchat.catch_up`).
        return Refuse(apart(message, known) if message.ts < known.started - SLACK else AWAY)
    if message.ts < known.started - SLACK:
        # A message that is sent again for a reaction was changed long after it was written. Otherwise the clocks
        # differ.
        return Refuse(apart(message, known)) if _just_written(message) else Ignore("older than the start")
    return Accept() if age <= STALE + SLACK else Refuse(apart(message, known))


def apart(message: Message, known: Known) -> str:
    """The answer for a message that is refused because of its time; the two possible reasons cannot be
    distinguished."""
    difference = known.now - message.ts
    seconds = round(abs(difference).total_seconds())
    length = f"{round(seconds / 60)} minutes" if seconds >= 120 else f"{seconds} seconds"
    side = "behind" if difference > timedelta(0) else "ahead of"
    clock = (
        "the clock of Rocket.Chat's address" if known.server_told else "my clock (Rocket.Chat did not tell me its own)"
    )
    return (
        f"Nothing was done: the timestamp of your message is {length} {side} {clock}.\n"
        "Why: the message took that long to reach me, or the clocks differ by that much.\n"
        "Fix: type it again. If this happens again, synchronize the clocks of Rocket.Chat, its proxy and this bot "
        "with NTP."
    )


def _just_written(message: Message) -> bool:
    return message.updated_at is not None and abs(message.updated_at - message.ts) <= SLACK


def _not_typed(message: Message, own_user_id: str) -> str | None:
    rules = {
        "no text": not message.text.strip(),
        "system message": message.system_type is not None,
        "integration": message.from_integration,
        "alias": message.alias is not None,
        f"less trusted: {message.less_trusted}": message.less_trusted is not None,
        "edited": message.edited,
        "own": message.user_id == own_user_id,
        "no author": not message.user_id,
    }
    return next((reason for reason, applies in rules.items() if applies), None)


class Seen:
    """The ids of the last messages, up to a limit; operations are also in the database."""

    def __init__(self, limit: int = 10_000) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._limit = limit

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._ids

    def add(self, message_id: str) -> None:
        """Remembers it, and forgets the oldest beyond the limit."""
        self._ids[message_id] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
