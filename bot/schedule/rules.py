"""What is scheduled, and how far it has come. Data only.

Each moment is aware and in UTC. A time of day and a date belong to the time zone of a window.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

EVERY_DAY = frozenset(range(7))
DEFAULT_BEGINS, DEFAULT_ENDS = time(2), time(5)
"""The window of a rotation for which none was given."""


MOST_MOVES = 3
"""How often people may postpone the next rotation or leave it out, both together, until one has succeeded."""


class Kind(enum.Enum):
    """What can be scheduled. The value is the word that people type, and the key of the row."""

    ROTATE = "rotate"
    TEST = "test"
    MAXIMUM = "maximum"


@dataclass(frozen=True)
class Window:
    """The part of a day in which a rotation may begin."""

    begins: time
    ends: time
    """On the next day if it is not later than `begins`."""
    zone: str
    """A name of the IANA time zone database: `Europe/Madrid`."""
    weekdays: frozenset[int] = EVERY_DAY
    """The days on which it begins; Monday is 0."""


@dataclass(frozen=True)
class SetBy:
    """Who set a schedule. It goes on when this person leaves."""

    user_id: str
    username: str
    at: datetime


@dataclass(frozen=True)
class Freeze:
    """Days on which nothing rotates: both are included, in the time zone of the window."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True)
class Slot:
    """One window in the calendar, and the moment in it that was drawn for the rotation."""

    begins: datetime
    ends: datetime
    at: datetime


@dataclass(frozen=True)
class Rehearsal:
    """The test before the next rotation."""

    passed_at: datetime | None = None
    next_at: datetime | None = None
    """When it is tried again; None: not yet planned, or passed."""
    failure: str = ""
    """Why the last one failed; empty: none has failed."""
    told: bool = False
    """Whether the failure was posted."""


@dataclass(frozen=True)
class Suspension:
    """Why nothing is rotated until an administrator says so, or rotates."""

    since: datetime
    reason: str


@dataclass(frozen=True)
class Rotation:
    """The schedule of rotations, and how far the next one has come."""

    every: int
    """Days, 1 to 365."""
    window: Window
    set_by: SetBy
    anchor: datetime
    """The interval counts from here: the last proved rotation, or when the schedule was set."""
    slot: Slot
    """The next rotation."""
    nominal_end: datetime
    """The end of the window in which it should have happened, whatever a freeze or an outage made of it."""
    late_since: datetime | None = None
    """The `nominal_end` that had passed when people moved the rotation: it is as late as before. None: none had."""
    postponed: int = 0
    """How often it was postponed or left out since the last rotation: see `MOST_MOVES`."""
    freeze: Freeze | None = None
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    warned: bool = False
    """Whether the room was told an hour before."""
    operation: str | None = None
    """The due time (`bot.chatops.origin.FromSchedule.due`) of the operation that rotates just now, or that an earlier
    process began."""
    begun: int = 0
    """How many operations were begun for this slot."""
    failures: int = 0
    """In a row, over slots as well."""
    again_at: datetime | None = None
    """When a failed rotation is tried again."""
    suspended: Suspension | None = None
    overdue_told: int = 0
    """How many of the notices about an overdue rotation were posted."""
    role_told: bool = False
    """Whether it was posted that who set this is no administrator any more."""
    changed_by: str = ""
    """The id of the operation that changed it last: after a crash it is not changed twice."""


@dataclass(frozen=True)
class Verification:
    """The schedule of verifications: full tests."""

    every: timedelta
    set_by: SetBy
    due_at: datetime
    changed_by: str = ""
    """See `Rotation`."""
    role_asked_at: datetime | None = None
    """When Rocket.Chat was last asked whether who set this is still an administrator."""
    role_told: bool = False
    """See `Rotation`."""


@dataclass(frozen=True)
class MaximumAge:
    """How old a secret may get."""

    days: int
    set_by: SetBy
    overdue_told: int = 0
    """How many of the notices were posted for the present secret."""
    proved_at: datetime | None = None
    """The proof that those notices count from."""
    changed_by: str = ""
    """See `Rotation`."""


@dataclass(frozen=True)
class Schedule:
    """Everything that is scheduled in this workspace."""

    rotation: Rotation | None = None
    verification: Verification | None = None
    maximum: MaximumAge | None = None
