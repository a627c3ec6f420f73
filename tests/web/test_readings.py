"""What `/metrics` makes of the schedule, the connection, the operations and the last test."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.connection.receipt import LastRotation
from bot.connection.state import Connection, ServiceName
from bot.doctor.incident import WatchState
from bot.doctor.sight import FailedCheck, Sight
from bot.errors import StoreUnavailable, UserError
from bot.schedule.rules import MaximumAge, Schedule, Suspension
from bot.web.readings import NOTHING_KNOWN, Readings, Sources
from tests.support.clocks import START, ManualClock
from tests.support.schedules import ANA, rotation, utc

PROVED = utc("2026-01-11 02:30")
BEFORE, AFTER = utc("2026-02-10 03:00"), utc("2026-02-10 04:00")
"""In the window of the rotation, and at its end."""
FAILED = Sight((FailedCheck("a check", "✗ a check", 3),))


def source(value: Any) -> Any:
    """Returns it, or raises it."""

    async def read() -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return read


def connection_proved(at: datetime | None) -> Connection:
    return Connection("1", ServiceName("A", "A"), "https://chat.example.org", "A", {}, proved_at=at)


def sources(now: datetime, **given: Any) -> Sources:
    """Nothing is there but what is given."""
    there = {"schedule": Schedule(), "connection": None, "rotation": None, "watch": WatchState(), **given}
    return Sources(
        clock=ManualClock((now - START).total_seconds()), **{name: source(value) for name, value in there.items()}
    )


async def test_where_nothing_is_set_up_nothing_is_overdue() -> None:
    assert await sources(BEFORE).read() == Readings(overdue=False, suspended=False)


async def test_the_age_counts_from_the_last_proof() -> None:
    read = await sources(PROVED + timedelta(hours=1), connection=connection_proved(PROVED)).read()
    assert read.secret_age == 3600


async def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    assert (await sources(PROVED - timedelta(1), connection=connection_proved(PROVED)).read()).secret_age == 0


async def test_a_secret_that_was_never_proved_has_no_age() -> None:
    assert (await sources(BEFORE, connection=connection_proved(None)).read()).secret_age is None


@pytest.mark.parametrize("gap", [0.02, None])
async def test_the_last_rotation_has_a_time_and_perhaps_a_gap(gap: float | None) -> None:
    read = await sources(BEFORE, rotation=LastRotation(PROVED, gap)).read()
    assert (read.rotated_at, read.gap) == (PROVED, gap)


@pytest.mark.parametrize(("now", "expected"), [(BEFORE, False), (AFTER, True)])
async def test_a_rotation_is_overdue_from_the_end_of_its_window_on(now: datetime, expected: bool) -> None:
    assert (await sources(now, schedule=Schedule(rotation())).read()).overdue is expected


@pytest.mark.parametrize(("days", "expected"), [(31, False), (30, True)])
@pytest.mark.parametrize("scheduled", [None, rotation("2026-06-09")])
async def test_a_secret_is_overdue_at_its_maximum_age(scheduled: Any, days: int, expected: bool) -> None:
    schedule = Schedule(scheduled, maximum=MaximumAge(days, ANA))
    read = await sources(AFTER, schedule=schedule, connection=connection_proved(PROVED)).read()
    assert read.overdue is expected


async def test_a_suspended_schedule_is_said() -> None:
    suspended = replace(rotation(), suspended=Suspension(PROVED, "refused three times"))
    assert (await sources(BEFORE, schedule=Schedule(suspended)).read()).suspended is True
    assert (await sources(BEFORE, schedule=Schedule(rotation())).read()).suspended is False


@pytest.mark.parametrize(("sight", "failing"), [(None, None), (Sight(), False), (FAILED, True)])
async def test_the_verdict_is_that_of_the_watch(sight: Sight | None, failing: bool | None) -> None:
    assert (await sources(BEFORE, watch=WatchState(sight)).read()).failing is failing


@pytest.mark.parametrize(
    ("broken", "unknown"),
    [
        ("schedule", {"overdue", "suspended"}),
        ("connection", {"secret_age", "overdue"}),
        ("rotation", {"rotated_at", "gap"}),
        ("watch", {"failing"}),
    ],
)
async def test_what_cannot_be_read_leaves_out_only_what_follows_from_it(broken: str, unknown: set[str]) -> None:
    there: dict[str, Any] = {
        "schedule": Schedule(rotation()),
        "connection": connection_proved(PROVED),
        "rotation": LastRotation(PROVED, 0.02),
        "watch": WatchState(Sight()),
    }
    whole = await sources(BEFORE, **there).read()
    read = await sources(BEFORE, **there | {broken: UserError("The row cannot be read.")}).read()
    assert {name for name in vars(whole) if getattr(whole, name) is None} == set()
    assert read == replace(whole, **dict.fromkeys(unknown))


async def test_without_a_database_nothing_is_known() -> None:
    away = dict.fromkeys(("schedule", "connection", "rotation", "watch"), StoreUnavailable())
    assert await sources(BEFORE, **away).read() == NOTHING_KNOWN
