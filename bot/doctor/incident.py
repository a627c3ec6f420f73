"""What the watch of the scheduled tests remembers, and what it asks for. Data only, and all of it can be stored as JSON
by pydantic's `TypeAdapter`.

Each moment is aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.doctor.sight import NOT_KNOWN, FailedCheck, SeenVersions, Sight
from bot.doctor.strip import DayOfTests

SECOND_LOOK = timedelta(seconds=30)
"""After this a failure is looked at again, and posted only if it is still there."""
HOUR = timedelta(hours=1)
"""Three changes within it are flapping; a verdict that is as old is stable."""
FLAPS = 3
REMINDERS = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""After the post; there is none after the last."""
FRESH = timedelta(minutes=1)
"""What was seen at most so long ago may be said as what is true now."""


@dataclass(frozen=True)
class LookAgain:
    """Examine again, and tell the watch what was seen."""

    after: timedelta
    kind: Literal["look again"] = "look again"


@dataclass(frozen=True)
class FullTest:
    """Examine everything now: a version has changed."""

    kind: Literal["test"] = "test"


@dataclass(frozen=True)
class Post:
    """A new message. Its id is made of `key`, so a repetition finds the message that is there."""

    key: str
    text: str
    kind: Literal["post"] = "post"


@dataclass(frozen=True)
class Edit:
    """Another text for the message that was posted under `key`. An edit notifies nobody (facts/rocketchat.md §6)."""

    key: str
    text: str
    kind: Literal["edit"] = "edit"


Action = LookAgain | FullTest | Post | Edit
"""What the caller carries out; `kind` tells them apart in JSON."""


@dataclass(frozen=True)
class Acknowledgement:
    """Who has seen the incident."""

    by: str
    """The user name, without @."""
    at: datetime


@dataclass(frozen=True)
class Incident:
    """One failure from its first look to its recovery."""

    began: datetime
    """The first look that saw it."""
    cause: FailedCheck
    """The first cause now, or when it ended."""
    folded: str
    """One line about everything else that failed with it; empty: nothing did."""
    preface: str = ""
    """What its message says first, such as a new version."""
    posts: int = 0
    """Messages about it so far, without reminders; 0: nobody has heard of it."""
    posted_at: datetime | None = None
    """When its worst cause was posted: reminders count from here."""
    worst: int = 0
    """The rank of the worst cause that was posted."""
    shown: str = ""
    """The text of its last message."""
    refused: bool = False
    """Whether its last message cannot be edited."""
    seen_at: datetime | None = None
    """The last look that saw it; None: an earlier version stored it."""
    reminded: int = 0
    """How many of the reminders are over."""
    acknowledged: Acknowledgement | None = None
    ended: datetime | None = None
    """The first look that passed; the channel has not got the message about it yet."""
    moot: bool = False
    """Whether it ended because the connection was removed: what failed does not work again."""

    @property
    def going_on(self) -> bool:
        """Whether it was posted and has not ended."""
        return self.posts > 0 and self.ended is None

    @property
    def key(self) -> str:
        """The key of its last message."""
        return self.key_of(self.posts)

    def key_of(self, post: int) -> str:
        """The key of one of its messages, counted from 1."""
        return f"{keyed('incident', self.began)} {post}"


@dataclass(frozen=True)
class Flapping:
    """The verdict changes too often for a message each time."""

    began: datetime
    """The first of the changes."""
    changes: int
    told: bool = False


@dataclass(frozen=True)
class Mute:
    """Until when the channel hears only of a new failure."""

    until: datetime
    reason: str
    set_by: str = ""
    """The id of the operation that set it: after a crash it is not set twice."""


@dataclass(frozen=True)
class WatchState:
    """Everything that the watch remembers between two examinations."""

    sight: Sight | None = None
    """The last one that counts: a failure without its second look does not. None: never tested."""
    since: datetime | None = None
    """Since when nothing, or something, fails."""
    tested_at: datetime | None = None
    suspected_at: datetime | None = None
    """The first look at bad news that still needs its second look."""
    unchecked: tuple[str, ...] = ()
    """Checks that cannot be made even when none fails."""
    incident: Incident | None = None
    changes: tuple[datetime, ...] = ()
    """The last changes of the verdict, at most three."""
    flapping: Flapping | None = None
    mute: Mute | None = None
    seen: SeenVersions = NOT_KNOWN
    """The last known versions."""
    told: SeenVersions = NOT_KNOWN
    """The versions that the channel knows of."""
    versions_told: int = 0
    """How often a change of them was posted."""
    late: tuple[Edit, ...] = ()
    """Edits that wait for the end of a mute, of incidents that are over."""
    days: tuple[DayOfTests, ...] = ()

    @property
    def failing(self) -> bool:
        """Whether the last verdict that counts is a failure."""
        return self.sight is not None and self.sight.failed

    @property
    def is_open(self) -> bool:
        """Whether there is something that is not over: an incident, a doubt, or flapping."""
        return (self.incident, self.suspected_at, self.flapping) != (None, None, None)

    def is_fresh(self, now: datetime) -> bool:
        """Whether somebody has just looked."""
        return self.tested_at is not None and timedelta(0) <= now - self.tested_at <= FRESH


@dataclass(frozen=True)
class Decision:
    """What is remembered from now on, and what the caller does, in order."""

    state: WatchState
    actions: tuple[Action, ...] = ()


def keyed(what: str, at: datetime) -> str:
    """A key that is the same after a crash: it depends on when something began, not on now."""
    return f"{what} {at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
