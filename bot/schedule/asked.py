"""What `schedule` can be asked for. `words` is the phrase in its one spelling: `phrases.read` gives the same for it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from bot.chatops.phrases import spelled
from bot.schedule.dates import GivenDay
from bot.schedule.rules import DEFAULT_BEGINS, DEFAULT_ENDS, EVERY_DAY, Kind

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Monday is 0."""


@dataclass(frozen=True)
class Show:
    """Nothing was typed: show what is scheduled."""

    @property
    def words(self) -> str:
        """The empty phrase."""
        return ""


@dataclass(frozen=True)
class RotateEvery:
    """`rotate every 30 days between 02:00 and 05:00 Europe/Madrid mon-fri`"""

    days: int
    """1 to 365."""
    begins: time = DEFAULT_BEGINS
    ends: time = DEFAULT_ENDS
    """Another time than `begins`; if earlier, on the next day."""
    zone: str | None = None
    """A name of the IANA time zone database, spelled as it is there; None: not given."""
    weekdays: frozenset[int] = EVERY_DAY
    """The days on which the window begins; Monday is 0. Not empty."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling; the window is always in it."""
        parts = [f"rotate {_every(timedelta(days=self.days))} between {self.begins:%H:%M} and {self.ends:%H:%M}"]
        parts += [self.zone] if self.zone is not None else []
        parts += [spelled_days(self.weekdays)] if self.weekdays != EVERY_DAY else []
        return " ".join(parts)


@dataclass(frozen=True)
class TestEvery:
    """`test every 15 minutes`"""

    __test__ = False  # pytest takes the name for that of a test
    minutes: int
    """1 to 1440."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return f"test {_every(timedelta(minutes=self.minutes))}"


@dataclass(frozen=True)
class MaximumDays:
    """`maximum 90 days`"""

    days: int
    """1 to 730."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return f"maximum {spelled(timedelta(days=self.days))}"


@dataclass(frozen=True)
class Off:
    """`off rotate`"""

    kind: Kind

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return f"off {self.kind.value}"


@dataclass(frozen=True)
class EndFreeze:
    """`off freeze`"""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return "off freeze"


@dataclass(frozen=True)
class Resume:
    """`resume rotate`"""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return "resume rotate"


@dataclass(frozen=True)
class Confirm:
    """`confirm rotate`: it goes on, though who set it is no administrator any more."""

    kind: Literal[Kind.ROTATE, Kind.TEST]

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return f"confirm {self.kind.value}"


@dataclass(frozen=True)
class SkipNext:
    """`skip`: the next rotation is left out."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return "skip"


@dataclass(frozen=True)
class Postpone:
    """`postpone 2 days`"""

    days: int
    """1 to 30."""

    @property
    def words(self) -> str:
        """The phrase in its one spelling."""
        return f"postpone {spelled(timedelta(days=self.days))}"


@dataclass(frozen=True)
class FreezeDays:
    """`freeze 20 Dec to 7 Jan`: both days are included. `dates.freeze_dates` says which years are meant."""

    first: GivenDay
    last: GivenDay

    @property
    def words(self) -> str:
        """The phrase in its one spelling; a year only where one was typed."""
        return f"freeze {self.first.words} to {self.last.words}"


AskedFor = (
    Show | RotateEvery | TestEvery | MaximumDays | Off | EndFreeze | Resume | Confirm | SkipNext | Postpone | FreezeDays
)
"""Everything that can be asked for."""


def spelled_days(weekdays: Set[int]) -> str:
    """`mon-fri`, `sat-mon`, `mon,wed,fri`; of all seven `mon-sun`. Not for none."""
    first = next((day for day in sorted(weekdays) if (day - 1) % 7 not in weekdays), 0)
    run = [(first + i) % 7 for i in range(len(weekdays))]
    if len(run) > 1 and set(run) == weekdays:
        return f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}"
    return ",".join(WEEKDAYS[day] for day in sorted(weekdays))


def _every(interval: timedelta) -> str:
    return f"every {spelled(interval).removeprefix('1 ')}"
