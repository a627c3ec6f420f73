"""How often the routes that need no login may be asked.

On older servers the limit of ten calls a minute holds for everybody, and counts by IP address: bots, administrators and
all others behind the same one (facts/rocketchat.md §1.6). A budget of eight leaves two for the others. On newer servers
a bot's account bypasses the limit here too, and the answers have no headers of the limiter.
"""

from __future__ import annotations

from collections import deque

from bot.clock import Clock
from bot.errors import Busy
from bot.rocketchat.remedies import SLOW_DOWN
from bot.rocketchat.responses import SYSTEM

CALLS = 8
OTHERS = 2
"""Calls that are left to others, also of those that the server says are left."""
WITHOUT_LIMIT = 1000
"""Calls that are free where no limit holds."""
WINDOW = 60.0
"""Seconds."""


class RateBudget:
    """A sliding window for each route; one object for the whole process."""

    def __init__(self, clock: Clock, calls: int = CALLS, window: float = WINDOW) -> None:
        self._clock = clock
        self._calls = calls
        self._window = window
        self._taken: dict[str, deque[float]] = {}
        self._closed_until: dict[str, float] = {}
        self._said: dict[str, int | None] = {}

    def now(self) -> float:
        """Its clock, for code that caches an answer."""
        return self._clock.monotonic()

    def left(self, route: str) -> int:
        """How many calls of the route are free now."""
        now = self._clock.monotonic()
        if now < self._closed_until.get(route, now):
            return 0
        taken = self._taken.setdefault(route, deque())
        while taken and taken[0] <= now - self._window:
            taken.popleft()
        if self.unlimited(route):
            return WITHOUT_LIMIT
        said = self._said.get(route) if taken else None
        own = self._calls - len(taken)
        return own if said is None else min(own, said - OTHERS)

    def unlimited(self, route: str) -> bool:
        """Whether the last answer of the route came without the limiter's headers."""
        return route in self._said and self._said[route] is None

    def heard(self, route: str, remaining: int | None) -> None:
        """An answer came: what the limiter says is left of its window, or None if it says nothing."""
        self._said[route] = remaining

    def take(self, route: str, *, reserve: int = 0) -> bool:
        """Takes one call, unless that would leave fewer than `reserve`; False: it must not be made."""
        if self.left(route) <= reserve:
            return False
        self._taken[route].append(self._clock.monotonic())
        return True

    def busy(self, route: str) -> Busy:
        """The error to raise instead of a call that is not allowed, with the seconds until the next one is."""
        now = self._clock.monotonic()
        taken = self._taken.get(route)
        freed = taken[0] + self._window if taken else now
        busy = Busy(SYSTEM, route if route.startswith("GET ") else f"GET /api/v1/{route}", fix=SLOW_DOWN)
        busy.retry_after = max(freed, self._closed_until.get(route, now)) - now
        return busy

    def close(self, route: str, seconds: float) -> None:
        """The server answered 429: the route is not called again for these seconds."""
        self._closed_until[route] = self._clock.monotonic() + seconds
        self._said.pop(route, None)
