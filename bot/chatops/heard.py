"""Until when messages were heard, kept for whoever listens next: another start, or another instance.

What was typed since then, while nobody listened, is found by catching up (`bot.rocketchat.catch_up`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.chatops.ports import Message, Notes, ServerTime
from bot.clock import Clock, within
from bot.errors import StoreUnavailable

NOTE = "heard until"
"""The key; the value is a time in ISO 8601, by the server's clock."""
INTERVAL = 5.0
"""Seconds between two notes."""
LAST_WORD = 2.0
"""Seconds for the one at the end."""
OVERLAP = timedelta(seconds=10)
"""The server keeps a client's own time of a message if it is less than this from its own (`bot.chatops.inbox.SLACK`),
so one with an earlier time may come later. Whatever is heard twice is answered once."""

_log = structlog.get_logger()


async def heard_until(notes: Notes) -> datetime | None:
    """What was noted; None if no bot ever listened with this database, or nobody can read the note."""
    try:
        kept = datetime.fromisoformat(await notes.get(NOTE) or "")
    except ValueError:
        return None
    return kept - OVERLAP if kept.tzinfo is not None else None


class Heard:
    """Notes it: `begin` before the listening, `run` beside it, `close` after it."""

    def __init__(self, notes: Notes, clock: Clock, time: ServerTime) -> None:
        self._notes = notes
        self._clock = clock
        self._time = time
        self._until: datetime | None = None
        self._noted: datetime | None = None
        self._news = asyncio.Event()

    def saw(self, message: Message) -> None:
        """It was decided what to do with this message. A time in the future would hide what is said until then."""
        at = min(message.ts, self._time.now())
        self._until = at if self._until is None else max(self._until, at)
        self._news.set()

    async def begin(self) -> None:
        """The first note, before anybody is told that the bot listens."""
        await self._note()

    async def run(self) -> None:
        """Until cancelled. A database that is unavailable for a while costs a longer look back."""
        while True:
            self._news.clear()
            if not await self._note():
                self._news.set()
            await self._clock.sleep(INTERVAL)
            await self._news.wait()

    async def close(self) -> None:
        """The last note."""
        try:
            await within(self._clock, LAST_WORD, self._note())
        except TimeoutError:
            _log.info("not noted until when messages were heard")

    async def _note(self) -> bool:
        """False if it is to be tried again."""
        # At the very first start the note says that nothing before it is ours.
        until = self._until or self._time.started
        if until == self._noted or (self._until is None and self._noted is not None):
            return True
        try:
            if self._until is not None or await self._notes.get(NOTE) is None:
                await self._notes.put(NOTE, until.isoformat())
            self._noted = until
        except StoreUnavailable as error:
            _log.info("not noted until when messages were heard", error=error.what)
            return False
        return True
