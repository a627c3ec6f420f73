"""The operations of the past, as administrators ask for them: a port that only reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never

from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Operation
from bot.text import code


@dataclass(frozen=True)
class PastOperation:
    """An operation as it is kept; it may still be running."""

    operation: Operation
    finished_at: datetime | None
    """Aware, UTC, our own clock; None: it has not ended."""


class PastOperations(Protocol):
    """Errors: `bot.errors.StoreUnavailable`."""

    async def latest(self, count: int, *, without: Collection[str] = ()) -> tuple[PastOperation, ...]:
        """At most `count`, newest first. `without`: names of commands that are left out."""
        ...

    async def find(self, operation_id: str) -> PastOperation | None:
        """None: it was deleted, or there never was one."""
        ...


def asked_by(origin: Origin) -> str:
    """Who or what asked, as inline code: nobody is mentioned."""
    match origin:
        case FromMessage():
            return code(origin.username or origin.user_id)
        case FromSchedule():
            return f"the schedule of {code(origin.username or origin.user_id)}"
        case never:
            assert_never(never)
