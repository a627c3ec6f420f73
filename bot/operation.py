"""An operation: one run of the loop, who asked for it, and how it ended. Data only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class State(enum.Enum):
    """How far an operation has come. The first two are unfinished: the next start has to answer them."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


Receipt = Mapping[str, object]
"""What an operation proved, as JSON; fingerprints, never secrets."""


@dataclass(frozen=True)
class Request:
    """A command as it was accepted from one message."""

    message_id: str
    room_id: str
    thread_id: str | None
    user_id: str
    username: str
    kind: str
    """The command's word: `rotate`."""
    command: str
    """In canonical words (`rotate --dry-run`); cut after 500 characters."""


@dataclass(frozen=True)
class Operation:
    """One row. One message has at most one."""

    id: str
    """32 hex digits."""
    request: Request
    state: State
    reply_id: str
    """The `_id` chosen for the answer: posted twice, it is there once."""
    reply_text: str | None
    """What the answer last said."""
    connection_id: str | None
    receipt: Receipt | None
    created_at: datetime
    """Aware, UTC, like `finished_at`."""
    finished_at: datetime | None
