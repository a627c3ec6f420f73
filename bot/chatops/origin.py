"""What started an operation. Data only. Code that depends on the origin uses `match`, so mypy names each such place
when a new origin is added."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FromMessage:
    """Somebody typed a message."""

    message_id: str
    """Unique: one operation for one message."""
    room_id: str
    thread_id: str | None
    """The thread of the answer; None in a direct room."""
    user_id: str
    username: str


Origin = FromMessage
"""The kinds that there are."""
