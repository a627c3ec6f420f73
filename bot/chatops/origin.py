"""What an operation came from. Data only; whoever must tell one origin from another matches on it, and mypy names them
all when there is a new one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FromMessage:
    """Somebody typed it."""

    message_id: str
    """Unique: one operation for one message."""
    room_id: str
    thread_id: str | None
    """The thread of the answer; None in a direct room."""
    user_id: str
    username: str


Origin = FromMessage
"""The kinds that there are."""
