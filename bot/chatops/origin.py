"""What started an operation. Data only. Code that depends on the origin uses `match`, so mypy names each such place
when a new origin is added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True)
class FromSchedule:
    """It was due. It was authorised when an administrator set the schedule, and belongs to the workspace."""

    due: str
    """Unique: one operation for one due time. For example `rotate 2026-12-28T01:13:00+00:00 1`."""
    until: datetime
    """It does not begin any more after this moment: the end of the window. Aware, UTC."""
    room_id: str
    """The report room, where its answer is posted."""
    user_id: str
    """Who set the schedule."""
    username: str


Origin = FromMessage | FromSchedule
"""The kinds that there are."""
