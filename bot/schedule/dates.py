"""Dates as people type them, with or without a year, and the days of a freeze. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.errors import UserError

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST_FREEZE = 180
"""Days, the first and the last included."""
_LEAP_YEAR = 2000
_LEAP_GAP = 8
"""Years from one 29 February to the next, at most: 2096 to 2104."""


@dataclass(frozen=True)
class GivenDay:
    """`20 Dec`, `20 Dec 2026`. ValueError if no year, or not that year, has such a day."""

    day: int
    month: int
    year: int | None = None

    def __post_init__(self) -> None:
        self.in_year(_LEAP_YEAR if self.year is None else self.year)

    @property
    def words(self) -> str:
        """`20 Dec 2026`"""
        return _spelled(self.day, self.month, self.year)

    def in_year(self, year: int) -> date:
        """ValueError for 29 February in most years."""
        return date(year, self.month, self.day)

    def on_or_after(self, day: date) -> date:
        """The next such date, `day` included; with a year of its own that date, even if it is earlier."""
        if self.year is not None:
            return self.in_year(self.year)
        return min(found for found in self._around(day) if found >= day)

    def before(self, day: date) -> date:
        """The last such date before `day`; the year is not looked at."""
        return max(found for found in self._around(day) if found < day)

    def _around(self, day: date) -> list[date]:
        found = []
        for year in range(day.year - _LEAP_GAP, day.year + _LEAP_GAP + 1):
            try:
                found.append(self.in_year(year))
            except ValueError:
                continue
        return found


def freeze_dates(first: GivenDay, last: GivenDay, today: date) -> tuple[date, date]:
    """The first and the last day of a freeze; `today` in the schedule's time zone.

    Without a year, the first day is the next such date, today included, and the last day is the next such date after
    it. Errors: UserError if it ends before it begins, is over, or is longer than `LONGEST_FREEZE`; and if today lies
    within such days that began earlier: the next ones, almost a year away, are hardly meant."""
    begins = first.on_or_after(today)
    ends = last.on_or_after(begins)
    shown = f"{_shown(begins)} to {_shown(ends)}"
    length = (ends - begins).days + 1
    if ends < begins:
        raise _refused(f"A freeze from {shown} would end before it begins.", today)
    if ends < today:
        raise _refused(f"A freeze from {shown} would be over already.", today)
    if length > LONGEST_FREEZE:
        raise _refused(f"A freeze from {shown} would have {length} days; {LONGEST_FREEZE} are the most.", today)
    if first.year is None and last.year is None:
        until = last.on_or_after(current := first.before(today))
        if until >= today and (until - current).days < LONGEST_FREEZE:
            raise UserError(
                f"{first.words} has passed; the next such days are {shown}.",
                fix=f"Type `/sso schedule freeze {_shown(today)} to {_shown(until)}` for a freeze from today, or "
                f"`/sso schedule freeze {shown}` for that one.",
            )
    return begins, ends


def _refused(what: str, today: date) -> UserError:
    example = f"freeze 20 Dec {today.year} to 7 Jan {today.year + 1}"
    return UserError(what, fix=f"Give the years, too, for example `/sso schedule {example}`.")


def _shown(day: date) -> str:
    return _spelled(day.day, day.month, day.year)


def _spelled(day: int, month: int, year: int | None) -> str:
    return f"{day} {MONTHS[month - 1]}" + ("" if year is None else f" {year}")
