"""From when on messages of one room may have been missed. Pure; every moment is of the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

OVERLAP = timedelta(seconds=30)
"""Asked for twice rather than missed: the server takes a client's time for a message up to 10 s off its own."""
EVER = datetime(1970, 1, 1, tzinfo=UTC) + OVERLAP
"""Before everything; whoever asks begins no earlier than the bot's start."""


class Horizon:
    """One gap at a time: from the last message that is known to have come, until a catch-up closes it.

    An open gap stays as wide as it is: what comes over a new socket says nothing about what was missed before it.
    """

    def __init__(self, *, complete: bool = False) -> None:
        """`complete`: nothing of this room was missed so far."""
        self._newest = EVER
        self._gap = None if complete else EVER

    @property
    def gap(self) -> datetime | None:
        """Messages from then on may be missing; None if none are."""
        return self._gap

    def saw(self, ts: datetime) -> None:
        """A message of that time came."""
        self._newest = max(self._newest, ts)

    def open(self) -> None:
        """Messages are not pushed any more."""
        if self._gap is None:
            self._gap = self._newest - OVERLAP

    def close(self) -> None:
        """What was missed has been found."""
        self._gap = None
