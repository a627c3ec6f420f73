"""What the scheduler relies on: schedules in memory and in SQL, of either kind, behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import UserError
from bot.schedule.ports import Schedules
from bot.schedule.rules import Kind, MaximumAge, Schedule, Verification
from bot.store import migrate
from bot.store.engine import open_database
from bot.store.schedules import SqlSchedules
from tests.support.databases import KINDS, empty_database
from tests.support.schedules import ANA, rotation, utc
from tests.support.unattended import MemorySchedules

WHOLE = Schedule(
    rotation(failures=2, operation="rotate 1", warned=True),
    Verification(utc("2026-01-02 00:00") - utc("2026-01-01 00:00"), ANA, utc("2026-02-01 10:00")),
    MaximumAge(90, ANA),
)


@pytest.fixture(params=["memory", *KINDS])
async def schedules(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Schedules]:
    if request.param == "memory":
        yield MemorySchedules()
        return
    async with empty_database(request.param, tmp_path, request) as url:
        database = await open_database(url)
        await migrate.upgrade(database)
        yield SqlSchedules(database, SystemClock())
        await database.close()


async def test_at_first_nothing_is_scheduled(schedules: Schedules) -> None:
    assert await schedules.get() == Schedule()


async def test_what_was_changed_is_returned_and_kept(schedules: Schedules) -> None:
    assert await schedules.change(lambda _: WHOLE) == WHOLE
    assert await schedules.get() == WHOLE


async def test_a_change_sees_what_is_there(schedules: Schedules) -> None:
    await schedules.change(lambda _: WHOLE)
    after = await schedules.change(lambda there: replace(there, verification=None))
    assert (after, await schedules.get()) == (replace(WHOLE, verification=None),) * 2


async def test_what_a_change_raises_is_passed_on_and_nothing_is_written(schedules: Schedules) -> None:
    await schedules.change(lambda _: WHOLE)

    def refuse(_: Schedule) -> Schedule:
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        await schedules.change(refuse)
    assert await schedules.get() == WHOLE


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (Kind.ROTATE, replace(WHOLE, rotation=None)),
        (Kind.TEST, replace(WHOLE, verification=None)),
        (Kind.MAXIMUM, replace(WHOLE, maximum=None)),
    ],
)
async def test_one_kind_is_forgotten_also_twice(schedules: Schedules, kind: Kind, left: Schedule) -> None:
    await schedules.change(lambda _: WHOLE)
    for _ in range(2):
        await schedules.forget(kind)
        assert await schedules.get() == left
