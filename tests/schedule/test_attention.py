"""When a monitor hears that an administrator is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.doctor.verdict import Verdict
from bot.errors import StoreUnavailable
from bot.schedule.attention import OVERDUE, SUSPENDED, Attention, attention
from bot.schedule.rules import MaximumAge, Schedule, Suspension
from tests.support.clocks import START, ManualClock
from tests.support.schedules import ANA, rotation, utc
from tests.support.unattended import MemoryExaminer, MemorySchedules

DUE = rotation()
BEFORE, AFTER = utc("2026-02-09 12:00"), utc("2026-02-10 12:00")
UNDECIDED = "the exchange of a secret is not finished"


@pytest.mark.parametrize(
    ("schedule", "proved_at", "undecided", "now", "expected"),
    [
        (Schedule(), None, None, BEFORE, None),
        (Schedule(rotation=DUE), None, None, BEFORE, None),
        (Schedule(rotation=DUE), None, None, AFTER, OVERDUE),
        (Schedule(rotation=replace(DUE, suspended=Suspension(BEFORE, "x"))), None, None, BEFORE, SUSPENDED),
        (Schedule(maximum=MaximumAge(30, ANA)), BEFORE - timedelta(days=29), None, BEFORE, None),
        (Schedule(maximum=MaximumAge(30, ANA)), BEFORE - timedelta(days=30), None, BEFORE, OVERDUE),
        (Schedule(maximum=MaximumAge(30, ANA)), None, None, BEFORE, None),
        (Schedule(), None, UNDECIDED, BEFORE, f"The state of the secret is undecided: {UNDECIDED}."),
        (Schedule(rotation=replace(DUE, operation="rotate 1")), None, UNDECIDED, BEFORE, None),
    ],
)
def test_who_is_needed(
    schedule: Schedule, proved_at: datetime | None, undecided: str | None, now: datetime, expected: str | None
) -> None:
    assert attention(schedule, proved_at, undecided, now) == expected


async def test_it_is_asked_for_now() -> None:
    examiner = MemoryExaminer(Verdict(()), proved=START - timedelta(days=91))
    asks = Attention(MemorySchedules(Schedule(maximum=MaximumAge(90, ANA))), examiner, ManualClock())
    assert await asks() == OVERDUE
    examiner.proved = START
    assert await asks() is None
    examiner.undecided = UNDECIDED
    assert UNDECIDED in (await asks() or "")


async def test_without_the_database_nobody_knows() -> None:
    with pytest.raises(StoreUnavailable):
        await Attention(MemorySchedules(away=True), MemoryExaminer(Verdict(())), ManualClock())()
