"""Rocket.Chat's clock, as it is seen from here.

Messages carry the server's time, and our own clock may be wrong, or jump. So the server is asked what it is (header
`Date`), and from then on time is counted by our monotonic clock, which nobody sets. What is known gets old: a machine
that was suspended has not counted. So it is asked anew at each new socket, and whenever a message looks too old or new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.clock import Clock

FARTHEST = timedelta(days=1)
"""How far before its own start a bot takes up messages: nobody waits longer for an answer."""
RESOLUTION = timedelta(seconds=2)
"""The header has whole seconds: a smaller difference from our clock is none, and our clock is the finer one."""
DROPPED = timedelta(seconds=0.5)
"""The part of a second that the header leaves out, on average."""
DOUBT_INTERVAL = 30.0
"""Seconds between two questions because of messages: a room full of odd ones must not use up the rate limit
(facts/rocketchat.md §1.6)."""

Ask = Callable[[], Awaitable[datetime | None]]
"""The server's time now, in whole seconds; None if it does not tell. Raises nothing."""


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
        """Whether the server has ever told its time; before, ours stands for it."""
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
        """Asks the server. False if it did not tell: what was known is still counted on."""
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
        """A message looks too old or too new: asks anew unless that was done just now. True if it is known anew."""
        recently = self._asked_at is not None and self._clock.monotonic() - self._asked_at < DOUBT_INTERVAL
        jumped = abs(self._offset() - self._our_offset) > RESOLUTION
        return False if recently and not jumped else await self.compare()

    def _offset(self) -> timedelta:
        """Between our two clocks; it changes when the one is set, or the other stands still with the machine."""
        return (self._clock.now() - _EPOCH) - timedelta(seconds=self._clock.monotonic())


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
