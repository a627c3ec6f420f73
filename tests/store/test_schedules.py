"""What is scheduled, in both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text, update

from bot.clock import SystemClock
from bot.errors import UserError
from bot.schedule.ports import Schedules
from bot.schedule.rules import (
    Freeze,
    Kind,
    MaximumAge,
    Rehearsal,
    Rotation,
    Schedule,
    SetBy,
    Slot,
    Suspension,
    Verification,
    Window,
)
from bot.store.engine import Database
from bot.store.schedules import TABLE, SqlSchedules, UnreadableSchedule

NOW = datetime(2026, 12, 1, 12, 30, 15, 250_000, tzinfo=UTC)
BY = SetBy("anna1", "anna", NOW)
ROTATION = Rotation(
    every=30,
    window=Window(time(2), time(5, 30), "Europe/Madrid", frozenset({0, 4})),
    set_by=BY,
    anchor=NOW,
    slot=Slot(NOW, NOW + timedelta(hours=3), NOW + timedelta(minutes=7)),
    nominal_end=NOW + timedelta(hours=3),
    late_since=NOW - timedelta(hours=3),
    postponed=1,
    freeze=Freeze(date(2026, 12, 20), date(2027, 1, 7), "the shop's season"),
    rehearsal=Rehearsal(NOW, None, "Encvoy ID is away", told=True),
    operation="abc",
    failures=2,
    again_at=NOW + timedelta(minutes=40),
    suspended=Suspension(NOW, "three failures"),
)
WHOLE = Schedule(ROTATION, Verification(timedelta(minutes=15), BY, NOW), MaximumAge(90, BY, 1, NOW))


@pytest.fixture
def schedules(database: Database) -> SqlSchedules:
    return SqlSchedules(database, SystemClock())


def test_it_is_the_port(schedules: SqlSchedules) -> None:
    port: Schedules = schedules
    assert port is schedules


async def test_at_first_nothing_is_scheduled(schedules: SqlSchedules) -> None:
    assert await schedules.get() == Schedule()


async def test_what_is_kept_is_found_whole(schedules: SqlSchedules) -> None:
    assert await schedules.change(lambda _: WHOLE) == WHOLE
    assert await schedules.get() == WHOLE


async def test_a_row_of_an_earlier_version_is_read(schedules: SqlSchedules, database: Database) -> None:
    """It says nothing about the role of who set the tests."""
    await schedules.change(lambda _: WHOLE)
    async with database.writing() as transaction:
        value = json.loads(
            str(await transaction.scalar(text("SELECT CAST(value AS TEXT) FROM schedules WHERE kind = 'test'")))
        )
        del value["role_asked_at"], value["role_told"]
        await transaction.execute(update(TABLE).where(TABLE.c.kind == Kind.TEST.value).values(value=value))
    assert await schedules.get() == WHOLE


async def test_one_part_changes_alone(schedules: SqlSchedules, database: Database) -> None:
    await schedules.change(lambda _: WHOLE)
    async with database.writing() as transaction:
        await transaction.execute(text("UPDATE schedules SET updated_at = '2020-01-01 00:00:00+00:00'"))
    later = replace(ROTATION, failures=3)
    await schedules.change(lambda there: replace(there, rotation=later))
    assert await schedules.get() == replace(WHOLE, rotation=later)
    async with database.reading() as transaction:
        query = text("SELECT kind FROM schedules WHERE updated_at > '2021-01-01 00:00:00+00:00'")
        assert (await transaction.scalars(query)).all() == ["rotate"]


async def test_a_part_is_taken_away(schedules: SqlSchedules) -> None:
    await schedules.change(lambda _: WHOLE)
    await schedules.change(lambda there: replace(there, verification=None))
    assert await schedules.get() == replace(WHOLE, verification=None)


async def test_a_change_that_is_refused_writes_nothing(schedules: SqlSchedules) -> None:
    await schedules.change(lambda _: WHOLE)

    def refuse(_: Schedule) -> Schedule:
        raise UserError("It was postponed three times already.")

    with pytest.raises(UserError, match="three times"):
        await schedules.change(refuse)
    assert await schedules.get() == WHOLE


@pytest.mark.parametrize("value", ["{}", '{"every": "often"}', "[]"])
async def test_a_damaged_row_is_named_and_can_be_removed(
    schedules: SqlSchedules, database: Database, value: str
) -> None:
    await schedules.change(lambda _: WHOLE)
    async with database.writing() as transaction:
        await transaction.execute(text("UPDATE schedules SET value = :v WHERE kind = 'rotate'"), {"v": value})
    with pytest.raises(UnreadableSchedule) as caught:
        await schedules.get()
    assert "`/sso schedule off rotate`" in caught.value.fix
    await schedules.forget(Kind.ROTATE)
    assert await schedules.get() == replace(WHOLE, rotation=None)
