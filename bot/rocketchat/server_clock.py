"""Estimates the time of Rocket.Chat's clock.

Messages carry the server's time, and our own clock may be wrong or jump. So the server's time is read (header `Date`)
and counted on by our monotonic clock, which nobody sets. The estimate ages, because a suspended machine may not count.
So it is read again for each new socket, and when a message looks too old or too new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.clock import Clock

FARTHEST = timedelta(days=1)
"""How far before its own start a bot takes up messages: nobody waits longer for an answer."""
RESOLUTION = timedelta(seconds=2)
"""The header has whole seconds. If it differs by less, our own clock is used, because it is more precise."""
DROPPED = timedelta(seconds=0.5)
"""The fraction of a second that the header drops, on average."""
DOUBT_INTERVAL = 30.0
"""Minimum seconds between two requests because of messages, so that many odd messages do not use up the rate limit
(facts/rocketchat.md §1.6)."""

Ask = Callable[[], Awaitable[datetime | None]]
"""The server's time now, in whole seconds; None if it is unknown. Raises nothing."""


class ServerClock:
    """See `bot.chatops.ports.ServerTime`."""

    def __init__(self, clock: Clock, ask: Ask) -> None:
        self._clock = clock
        self._ask = ask
        self._began = clock.monotonic()
        self._heard: datetime | None = None
        self._anchor: tuple[datetime, float] | None = None
        self._coarse = timedelta(0)
        self._set_back = timedelta(0)
        self._our_offset = self._offset()
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    @property
    def known(self) -> bool:
        """Whether the server's time was ever read; before that, our clock is used."""
        return self._anchor is not None

    def begin(self, heard: datetime | None = None) -> None:
        """The bot starts now, or begins to work after having stood by. `heard`: until when, by the server's clock, a
        bot before it has heard messages."""
        self._began = self._clock.monotonic()
        self._heard = heard

    @property
    def started(self) -> datetime:
        """From when on messages are for this bot, by the server's clock: since its start, rather a little too early
        than so late that what was typed right after it is not asked for; or what nobody has heard since another one
        ended."""
        start = self.now() - timedelta(seconds=self._clock.monotonic() - self._began) - self._coarse
        return start if self._heard is None else min(start, max(self._heard, start - FARTHEST))

    def now(self) -> datetime:
        """The server's time."""
        if self._anchor is None:
            return self._clock.now()
        told, at = self._anchor
        return told + timedelta(seconds=self._clock.monotonic() - at)

    @property
    def set_back(self) -> timedelta:
        """By how much the server's clock was seen to be set back so far, in all."""
        return self._set_back

    async def compare(self) -> bool:
        """Reads the server's time. False if that failed: the previous estimate stays in use."""
        async with self._asking:
            began = self._clock.monotonic()
            told = await self._ask()
            ended = self._asked_at = self._clock.monotonic()
            self._our_offset = self._offset()
            if told is None:
                return False
            ours = self._clock.now() - timedelta(seconds=(ended - began) / 2)
            self._coarse = timedelta(0) if abs(told - ours) <= RESOLUTION else DROPPED
            expected = self.now() if self.known else None
            self._anchor = (told + DROPPED if self._coarse else ours, (began + ended) / 2)
            if expected is not None and (back := expected - self.now()) > RESOLUTION:
                self._set_back += back
            return True

    async def doubt(self) -> bool:
        """For a message that looks too old or too new: reads the time again, unless it was just read. True if it was
        read."""
        recently = self._asked_at is not None and self._clock.monotonic() - self._asked_at < DOUBT_INTERVAL
        jumped = abs(self._offset() - self._our_offset) > RESOLUTION
        return False if recently and not jumped else await self.compare()

    def _offset(self) -> timedelta:
        """The difference between our two clocks. It changes if the wall clock is set or the machine is suspended."""
        return (self._clock.now() - _EPOCH) - timedelta(seconds=self._clock.monotonic())


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
