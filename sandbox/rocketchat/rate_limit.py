"""Counting calls for a rate limit (facts/rocketchat.md §1.6): fixed windows, each begun by the first call in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class LimitVerdict:
    """Whether one call is within the limit, and what is left of it."""

    allowed: bool
    limit: int
    remaining: int
    wait: float
    """Seconds until the window ends."""

    def refusal(self, again: str) -> str:
        """The text for one call too many; `again` is what may be tried after the wait."""
        wait = math.ceil(self.wait)
        return f"Error, too many requests. Please slow down. You must wait {wait} seconds before trying {again}."

    def headers(self, epoch: float) -> dict[str, str]:
        """`X-RateLimit-*`; `Reset` in milliseconds since 1970, `epoch` being now in seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil((epoch + self.wait) * 1000)),
        }


@dataclass
class RateLimiter:
    """Counts calls by key: on REST client IP, route pattern and HTTP method."""

    _windows: dict[tuple[str, ...], tuple[float, int]] = field(default_factory=dict)

    def count(self, limit: Limit, key: tuple[str, ...], now: float) -> LimitVerdict:
        """Counts one call of `key` at `now`, in monotonic seconds."""
        began, calls = self._windows.get(key, (now, 0))
        if now - began >= limit.seconds:
            began, calls = now, 0
        self._windows[key] = (began, calls + 1)
        wait = began + limit.seconds - now
        return LimitVerdict(calls < limit.calls, limit.calls, max(0, limit.calls - calls - 1), wait)
