"""The time from which messages of one room may have been missed. Pure. All times are of the clock that sets the times
of messages. It may differ from the clock at Rocket.Chat's address, where a proxy may answer, and any clock may be set
back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

OVERLAP = timedelta(minutes=5)
"""Messages are fetched twice rather than missed: the server accepts a client's time up to 10 s off its own, and its
clock may have been set back by as much."""
EVER = datetime(1970, 1, 1, tzinfo=UTC) + OVERLAP
"""Earlier than every message; requests begin no earlier than the bot's start."""


class MissedSince:
    """One gap at a time: from the last message that is known to have come, until a catch-up closes it.

    New messages do not narrow an open gap: they say nothing about what was missed before them.
    """

    def __init__(self, *, complete: bool = False) -> None:
        """`complete`: nothing of this room was missed so far."""
        self._newest = EVER
        self._gap = None if complete else EVER
        self._floor = EVER if complete else None

    @property
    def gap(self) -> datetime | None:
        """The time from which messages may be missing; None if none are."""
        return self._gap

    @property
    def since(self) -> datetime | None:
        """Only messages newer than this may be missing; None until the room was read once."""
        return None if self._floor is None else max(self._floor, self._gap or EVER)

    def looked(self, newest_before: datetime) -> None:
        """The room was read for the first time. Later messages are newer than those in it, by the clock that sets their
        times, whatever other clocks say."""
        self._floor = newest_before

    def saw(self, ts: datetime) -> None:
        """A message of that time came."""
        self._newest = max(self._newest, ts)

    def heard(self, now: datetime) -> None:
        """A message came, so this is the clock's time now, even if it was later before."""
        self._newest = now

    def set_back(self, by: timedelta) -> None:
        """The clock was set back."""
        self._newest = max(EVER, self._newest - by)
        self._gap = None if self._gap is None else max(EVER - OVERLAP, self._gap - by)
        self._floor = None if self._floor is None else max(EVER, self._floor - by)

    def open(self) -> None:
        """Messages are not pushed any more."""
        if self._gap is None:
            self._gap = self._newest - OVERLAP

    def close(self) -> None:
        """What was missed has been found."""
        self._gap = None
