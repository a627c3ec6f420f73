"""Schedules for tests, with times as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.schedule.calendar import drawn, occurrence
from bot.schedule.rules import EVERY_DAY, Rotation, SetBy, Window

MADRID = "Europe/Madrid"
ZONES = (MADRID, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


def utc(text: str) -> datetime:
    """`2026-01-31 02:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str = MADRID) -> datetime:
    """The same in Madrid, or elsewhere."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def window(
    begins: str = "02:00", ends: str = "05:00", zone: str = MADRID, weekdays: Iterable[int] = EVERY_DAY
) -> Window:
    """As typed."""
    return Window(time.fromisoformat(begins), time.fromisoformat(ends), zone, frozenset(weekdays))


NIGHT = window()
ANA = SetBy("u-ana", "ana", utc("2026-01-01 09:00"))


def middle() -> float:
    """What is drawn: in `NIGHT`, 03:00."""
    return 0.5


def rotation(day: str = "2026-02-10", every: int = 30, window: Window = NIGHT, **fields: Any) -> Rotation:
    """The next rotation is on that day, a Tuesday by default, at 03:00; the one before was an interval earlier."""
    on = date.fromisoformat(day)
    found = occurrence(window, on)
    assert found is not None
    slot = drawn(found, utc("2000-01-01"), middle)
    anchor = slot.at - timedelta(days=every)
    rest: dict[str, Any] = {"set_by": ANA, "anchor": anchor, "slot": slot, "nominal_end": slot.ends, **fields}
    return Rotation(every, window, **rest)
