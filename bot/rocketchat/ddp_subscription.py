"""One subscription of a DDP connection, and when it is asked for again after a refusal."""

from __future__ import annotations

from bot.clock import Backoff
from bot.rocketchat.events import Json

RETRY_FIRST, RETRY_MOST = 1.0, 60.0
"""Seconds until something refused is asked for again; doubled each time."""


class Subscription:
    """One subscription and its next try."""

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.id: str | None = None
        self.ready = False
        self.again_at: float | None = None
        self._prefix = prefix
        self._tries = 0
        self._delay = Backoff(RETRY_FIRST, RETRY_MOST)

    def frame(self, params: list[object]) -> Json:
        """Asks for it, with a new id each time: a late `nosub` of the last try is not taken for this one's."""
        self._tries += 1
        self.id, self.ready, self.again_at = f"{self._prefix}{self._tries}", False, None
        return {"msg": "sub", "id": self.id, "name": self.name, "params": params}

    def flows(self) -> bool:
        """It is there; whether that is news."""
        news = self.id is not None and not self.ready
        if news:
            self.ready = True
            self._delay.reset()
        return news

    def refused(self, at_least: float) -> float:
        """It is not, or no longer; seconds until the next try."""
        self.id, self.ready = None, False
        return self._delay.next(at_least=at_least)
