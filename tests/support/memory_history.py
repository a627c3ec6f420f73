"""The operations of the past, in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from bot.chatops.history import PastOperation


@dataclass
class MemoryHistory:
    """What a test has put in."""

    past: list[PastOperation] = field(default_factory=list)

    async def latest(self, count: int, *, without: Collection[str] = ()) -> tuple[PastOperation, ...]:
        newest_first = sorted(self.past, key=lambda one: (one.operation.created_at, one.operation.id), reverse=True)
        return tuple(one for one in newest_first if one.operation.words.split()[0] not in without)[:count]

    async def find(self, operation_id: str) -> PastOperation | None:
        return next((one for one in self.past if one.operation.id == operation_id), None)
