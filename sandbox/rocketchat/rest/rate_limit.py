"""The REST rate limiter (facts/rocketchat.md §1.6): fixed windows for each client IP, route pattern and HTTP method."""

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
    """What the limiter says of one call."""

    allowed: bool
    limit: int
    remaining: int
    wait: float
    """Seconds until the window ends."""

    @property
    def wait_seconds(self) -> int:
        """As the text of the refusal says it."""
        return math.ceil(self.wait)

    def headers(self, epoch: float) -> dict[str, str]:
        """`X-RateLimit-*`; `Reset` in milliseconds since 1970, `epoch` being now in seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil((epoch + self.wait) * 1000)),
        }


@dataclass
class RateLimiter:
    """Counts calls. A window begins with its first call."""

    _windows: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)

    def count(self, limit: Limit, key: tuple[str, str, str], now: float) -> LimitVerdict:
        """Counts one call of `key` (IP, route pattern, method) at `now`, in monotonic seconds."""
        began, calls = self._windows.get(key, (now, 0))
        if now - began >= limit.seconds:
            began, calls = now, 0
        self._windows[key] = (began, calls + 1)
        wait = began + limit.seconds - now
        return LimitVerdict(calls < limit.calls, limit.calls, max(0, limit.calls - calls - 1), wait)
