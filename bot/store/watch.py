"""What the watch of the scheduled tests remembers, in a note."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.chatops.ports import Notes
from bot.doctor.incident import WatchState
from bot.schedule.watching import KeptWatch

KEY = "watch"
_SHAPE = TypeAdapter(KeptWatch)

_log = structlog.get_logger()


@dataclass(frozen=True)
class NotedWatch:
    """See `bot.schedule.watching.WatchStore`."""

    notes: Notes

    async def get(self) -> KeptWatch:
        """A new one if the note was written by another version, or is damaged: the next test begins anew."""
        value = await self.notes.get(KEY)
        if value is None:
            return KeptWatch(WatchState())
        try:
            return _SHAPE.validate_json(value)
        except ValidationError:
            _log.warning("watch.unreadable")
            return KeptWatch(WatchState())

    async def put(self, kept: KeptWatch) -> None:
        """See `WatchStore.put`."""
        await self.notes.put(KEY, _SHAPE.dump_json(kept).decode())
