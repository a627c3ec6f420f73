"""Windows in zones with and without summer time, and what is drawn and counted in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedule.calendar import (
    Occurrence,
    day_of,
    drawn,
    moment,
    next_occurrence,
    next_times,
    occurrence,
    office_time,
    placed,
)
from bot.schedule.rules import Freeze, Window
from tests.support.schedules import MADRID, NIGHT, ZONES, local, rotation, utc, window


@pytest.mark.parametrize(
    ("zone", "typed", "expected"),
    [
        ("Europe/Madrid", "2026-07-01 02:00", "2026-07-01 00:00"),
        ("Europe/Madrid", "2026-01-01 02:00", "2026-01-01 01:00"),
        ("Europe/Madrid", "2026-03-29 02:00", "2026-03-29 01:00"),  # skipped: from 02:00 to 03:00
        ("Europe/Madrid", "2026-03-29 02:59", "2026-03-29 01:00"),
        ("Europe/Madrid", "2026-03-29 03:00", "2026-03-29 01:00"),
        ("Europe/Madrid", "2026-03-29 01:59", "2026-03-29 00:59"),
        ("Europe/Madrid", "2026-10-25 02:30", "2026-10-25 00:30"),  # twice: the first
        ("Europe/Madrid", "2026-10-25 03:00", "2026-10-25 02:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # skips 30 minutes
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),  # skips the whole day
        ("Asia/Kolkata", "2026-03-29 02:30", "2026-03-28 21:00"),
        ("UTC", "2026-03-29 02:30", "2026-03-29 02:30"),
    ],
)
def test_a_local_time_in_utc(zone: str, typed: str, expected: str) -> None:
    there = datetime.fromisoformat(typed)
    assert moment(there.date(), there.time(), zone) == utc(expected)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_a_local_time_exists_or_is_the_change(zone: str, there: datetime) -> None:
    at = moment(there.date(), there.time(), zone)
    shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert shown == there or before < there < shown


def begins_and_ends(found: Occurrence | None) -> tuple[datetime, datetime] | None:
    return (found.begins, found.ends) if found else None


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "day", "expected"),
    [
        ("02:00", "05:00", "Europe/Madrid", "2026-01-10", ("2026-01-10 01:00", "2026-01-10 04:00")),
        ("23:00", "04:00", "Europe/Madrid", "2026-01-10", ("2026-01-10 22:00", "2026-01-11 03:00")),
        ("02:00", "02:00", "UTC", "2026-01-10", ("2026-01-10 02:00", "2026-01-11 02:00")),  # the whole day
        ("02:00", "05:00", "Europe/Madrid", "2026-03-29", ("2026-03-29 01:00", "2026-03-29 03:00")),  # 2 hours
        ("01:00", "02:30", "Europe/Madrid", "2026-03-29", ("2026-03-29 00:00", "2026-03-29 01:00")),
        ("02:00", "03:00", "Europe/Madrid", "2026-03-29", None),  # skipped
        ("23:00", "02:30", "Europe/Madrid", "2026-03-28", ("2026-03-28 22:00", "2026-03-29 01:00")),
        ("02:00", "05:00", "Europe/Madrid", "2026-10-25", ("2026-10-25 00:00", "2026-10-25 04:00")),  # 4 hours
        ("02:10", "02:50", "Europe/Madrid", "2026-10-25", ("2026-10-25 00:10", "2026-10-25 00:50")),
        ("02:00", "05:00", "Pacific/Apia", "2011-12-30", None),
        ("22:00", "04:00", "Pacific/Apia", "2011-12-29", ("2011-12-30 08:00", "2011-12-30 10:00")),
    ],
)
def test_a_window_on_a_date(begins: str, ends: str, zone: str, day: str, expected: tuple[str, str] | None) -> None:
    found = occurrence(window(begins, ends, zone), date.fromisoformat(day))
    assert begins_and_ends(found) == (expected and (utc(expected[0]), utc(expected[1])))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-10 22:59", "2026-01-10"),  # the window of the 9th ended at 04:00
        ("2026-01-10 23:00", "2026-01-10"),
        ("2026-01-11 03:59", "2026-01-10"),
        ("2026-01-11 04:00", "2026-01-11"),
    ],
)
def test_after_midnight_a_window_still_belongs_to_the_day_before(at: str, expected: str) -> None:
    assert day_of(window("23:00", "04:00"), local(at)) == date.fromisoformat(expected)


def test_a_window_that_begins_with_the_change_on_the_next_date_keeps_its_own() -> None:
    """Nuuk's clocks skip the last hour of that Saturday."""
    saturday = occurrence(window("23:00", "02:00", "America/Nuuk"), date(2026, 3, 28))
    assert saturday is not None
    assert saturday.begins == local("2026-03-29 00:00", "America/Nuuk")
    assert day_of(window("23:00", "02:00", "America/Nuuk"), saturday.begins) == date(2026, 3, 28)


WEEKDAYS = window(weekdays=range(5))
OVER_MIDNIGHT = window("23:00", "04:00")
HOLIDAYS = Freeze(date(2026, 12, 20), date(2027, 1, 7), "holidays")
YEARS = Freeze(date(2000, 1, 1), date(2026, 12, 31), "no reason")


@pytest.mark.parametrize(
    ("which", "since", "ends_after", "freeze", "expected"),
    [
        (NIGHT, "2026-02-10", "2026-02-01 12:00", None, "2026-02-10"),
        (NIGHT, "2026-02-10", "2026-02-10 04:59", None, "2026-02-10"),  # it has begun, and has not ended
        (NIGHT, "2026-02-10", "2026-02-10 05:00", None, "2026-02-11"),
        (NIGHT, "2020-02-10", "2026-02-10 05:00", None, "2026-02-11"),  # six years away
        (WEEKDAYS, "2026-02-14", "2026-02-01 12:00", None, "2026-02-16"),  # from Saturday to Monday
        (NIGHT, "2026-12-19", "2026-02-01 12:00", HOLIDAYS, "2026-12-19"),
        (NIGHT, "2026-12-20", "2026-02-01 12:00", HOLIDAYS, "2027-01-08"),
        (OVER_MIDNIGHT, "2026-12-18", "2026-02-01 12:00", HOLIDAYS, "2026-12-18"),
        (OVER_MIDNIGHT, "2026-12-19", "2026-02-01 12:00", HOLIDAYS, "2027-01-08"),  # it would end on a frozen day
        (OVER_MIDNIGHT, "2027-01-07", "2026-02-01 12:00", HOLIDAYS, "2027-01-08"),  # it would begin on one
        (window("23:00", "00:00"), "2026-12-19", "2026-02-01 12:00", HOLIDAYS, "2026-12-19"),  # until midnight only
        (window("02:00", "02:00"), "2026-12-19", "2026-02-01 12:00", HOLIDAYS, "2027-01-08"),
        (window(weekdays=[4]), "2026-12-20", "2026-02-01 12:00", HOLIDAYS, "2027-01-08"),
        (window("02:00", "03:00"), "2026-03-29", "2026-02-01 12:00", None, "2026-03-30"),  # skipped on the 29th
        (
            window(weekdays=[0]),
            "2026-02-10",
            "2026-02-01 12:00",
            YEARS,
            "2027-01-04",
        ),
    ],
)
def test_the_next_window(which: Window, since: str, ends_after: str, freeze: Freeze | None, expected: str) -> None:
    found = next_occurrence(which, date.fromisoformat(since), local(ends_after), freeze=freeze)
    assert found.day == date.fromisoformat(expected)


def test_the_next_window_may_have_to_begin_later() -> None:
    since, now = date(2026, 2, 10), local("2026-02-09 12:00")
    found = next_occurrence(NIGHT, since, now, begins_from=now + timedelta(hours=14))
    assert found.day == date(2026, 2, 10)
    found = next_occurrence(NIGHT, since, now, begins_from=now + timedelta(hours=14, seconds=1))
    assert found.day == date(2026, 2, 11)


def test_without_a_weekday_there_is_no_window() -> None:
    with pytest.raises(ValueError, match="no such window"):
        next_occurrence(window(weekdays=[]), date(2026, 2, 10), local("2026-02-10 12:00"))


@pytest.mark.parametrize(
    ("begins", "ends", "draw", "expected"),
    [
        ("02:00", "05:00", 0.0, "02:00:00"),
        ("02:00", "05:00", 0.5, "03:00:00"),
        ("02:00", "05:00", 0.999999, "03:59:59"),  # an hour is left for the retries
        ("02:00", "02:40", 0.999999, "02:09:59"),  # a short one: in its first quarter
        ("02:00", "03:10", 0.999999, "02:17:29"),
        ("02:00", "02:04", 0.0123, "02:00:00"),  # whole seconds
    ],
)
def test_what_is_drawn(begins: str, ends: str, draw: float, expected: str) -> None:
    found = occurrence(window(begins, ends), date(2026, 2, 10))
    assert found is not None
    slot = drawn(found, local("2026-02-09 12:00"), lambda: draw)
    assert slot.at == local(f"2026-02-10 {expected}")
    assert (slot.begins, slot.ends) == (found.begins, found.ends)


@pytest.mark.parametrize(
    ("now", "expected"),
    [("03:00:00.9", "03:30:00"), ("03:59:00", "03:59:30"), ("04:30:00.9", "04:30:00"), ("04:59:59", "04:59:59")],
)
def test_in_a_window_that_has_begun_the_rest_is_drawn_from(now: str, expected: str) -> None:
    found = occurrence(NIGHT, date(2026, 2, 10))
    assert found is not None
    assert drawn(found, local(f"2026-02-10 {now}"), lambda: 0.5).at == local(f"2026-02-10 {expected}")


def test_a_freeze_moves_the_rotation_but_not_the_end_of_its_own_window() -> None:
    slot, nominal_end = placed(NIGHT, date(2026, 12, 21), local("2026-12-01 12:00"), lambda: 0, freeze=HOLIDAYS)
    assert (slot.begins, nominal_end) == (local("2027-01-08 02:00"), local("2026-12-21 05:00"))


def test_a_rotation_may_need_room_before_it() -> None:
    now = local("2026-02-09 12:00")
    slot, nominal_end = placed(NIGHT, date(2026, 1, 1), now, lambda: 0, freeze=None, lead=timedelta(hours=24))
    assert (slot.begins, nominal_end) == (local("2026-02-11 02:00"), local("2026-02-11 05:00"))


def test_the_next_three_times() -> None:
    """Every 30 days from Tuesday 10 March: over the change of the clock, and past a Saturday."""
    one = rotation("2026-03-10", every=30, window=WEEKDAYS)
    first, *others = next_times(one)
    assert first == one.slot
    assert [begins_and_ends(other) for other in others if isinstance(other, Occurrence)] == [
        (local("2026-04-09 02:00"), local("2026-04-09 05:00")),
        (local("2026-05-11 02:00"), local("2026-05-11 05:00")),
    ]


def test_the_next_times_leave_out_a_freeze() -> None:
    one = rotation("2026-12-10", every=14, freeze=HOLIDAYS)
    assert [time.begins for time in next_times(one, 3)[1:]] == [local("2027-01-08 02:00"), local("2027-01-22 02:00")]
    assert next_times(one, 1) == (one.slot,)


def test_the_next_times_leave_out_both_nights_of_a_freeze() -> None:
    one = rotation("2026-12-18", every=1, window=OVER_MIDNIGHT, freeze=HOLIDAYS)
    assert [time.begins for time in next_times(one)[1:]] == [local("2027-01-08 23:00"), local("2027-01-09 23:00")]


def test_every_day_over_midnight_is_every_day() -> None:
    one = rotation("2026-03-27", every=1, window=window("23:00", "04:00"))
    assert [time.begins for time in next_times(one, 4)] == [local(f"2026-03-{day} 23:00") for day in (27, 28, 29, 30)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-02-10 09:00", "2026-02-10 09:00"),  # Tuesday
        ("2026-02-10 16:59", "2026-02-10 16:59"),
        ("2026-02-10 17:00", "2026-02-11 09:00"),
        ("2026-02-10 08:59", "2026-02-10 09:00"),
        ("2026-02-13 17:00", "2026-02-16 09:00"),  # Friday evening
        ("2026-02-14 12:00", "2026-02-16 09:00"),
        ("2026-03-28 12:00", "2026-03-30 09:00"),  # over the change of the clock
    ],
)
def test_office_hours(now: str, expected: str) -> None:
    assert office_time(local(now), MADRID) == local(expected)


@given(
    st.sampled_from(ZONES),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.dates(date(2009, 1, 1), date(2030, 1, 1)),
    st.floats(0, 1, exclude_max=True),
)
def test_the_drawn_moment_is_in_its_window(zone: str, begins: time, ends: time, day: date, draw: float) -> None:
    found = occurrence(Window(begins, ends, zone), day)
    if found is not None:
        slot = drawn(found, datetime(2008, 1, 1, tzinfo=UTC), lambda: draw)
        assert slot.begins <= slot.at < slot.ends
        assert day_of(Window(begins, ends, zone), slot.at) == day
        assert day_of(Window(begins, ends, zone), slot.begins) == day
