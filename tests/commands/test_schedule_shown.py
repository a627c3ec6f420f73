"""What `schedule` answers, where its text depends on the row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.schedule.rules import MOST_MOVES, Freeze, Kind, MaximumAge, Rehearsal, Schedule
from commands import schedule_shown as shown
from tests.support.schedules import ANA, local, rotation

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("every", "line"), [(1, "An hour before each, I check"), (2, "24 hours before each, I check")])
def test_it_says_how_long_before_a_rotation_is_checked(every: int, line: str) -> None:
    row = replace(rotation(), every=every)
    assert shown.rotation_set(Schedule(rotation=row), row, "", NOW).lines[-1].startswith(line)


def test_a_check_that_failed_is_one_line_however_long_its_failure_is() -> None:
    row = replace(rotation(), rehearsal=Rehearsal(failure="✗ failed: Application: gone\n    Why: x"))
    [line] = [one for one in shown.everything(Schedule(rotation=row), None, NOW).lines if "check before" in one]
    assert line == "• The check before it failed: Application: gone"


@pytest.mark.parametrize("kind", Kind)
def test_what_is_off_is_said_in_one_sentence(kind: Kind) -> None:
    assert shown.off(kind).verdict.endswith(" any more.")


def next_line(now: str, **fields: Any) -> str:
    """Planned for 10 February at 03:00, 02:00–05:00."""
    row = rotation(**fields)
    [line] = [one for one in shown.everything(Schedule(rotation=row), None, local(now)).lines if "• Next:" in one]
    return line.partition(", then ")[0].removeprefix("• Next: ")


PASSED = Rehearsal(passed_at=local("2026-02-09 03:00"))


@pytest.mark.parametrize(
    ("now", "fields", "said"),
    [
        ("2026-02-10 02:59", {}, "Tue 10 Feb 2026 03:00"),
        ("2026-02-10 03:50", {}, "as soon as its check has passed, in the window that ends at Tue 10 Feb 2026 05:00"),
        ("2026-02-10 03:50", {"rehearsal": PASSED}, "at once, in the window that ends at Tue 10 Feb 2026 05:00"),
        ("2026-02-10 03:50", {"again_at": local("2026-02-10 04:10")}, "Tue 10 Feb 2026 04:10"),
        ("2026-02-10 03:50", {"operation": "rotate", "begun": 1}, "the one that is running just now"),
        ("2026-02-10 05:00", {}, "not known yet, since its window ended at Tue 10 Feb 2026 05:00"),
    ],
)
def test_the_next_one_is_never_in_the_past(now: str, fields: dict[str, Any], said: str) -> None:
    assert next_line(now, **fields) == said
    assert shown.in_status(Schedule(rotation=rotation(**fields)), None, local("2026-02-10 03:50"))[0].startswith(
        "• Next"
    )


MOVES = ("schedule postpone 1 day", "schedule skip")


@pytest.mark.parametrize(
    ("fields", "maximum", "offered"),
    [
        ({}, None, MOVES),
        ({"postponed": MOST_MOVES - 1}, None, MOVES),
        ({"postponed": MOST_MOVES}, None, ()),
        ({"operation": "rotate", "begun": 1}, None, ()),
        ({}, 40, MOVES[:1]),
        ({}, 30, ()),
    ],
)
def test_only_what_is_possible_is_offered(
    fields: dict[str, Any], maximum: int | None, offered: tuple[str, ...]
) -> None:
    row = rotation(**fields)
    schedule = Schedule(rotation=row, maximum=MaximumAge(maximum, ANA) if maximum else None)
    following = shown.everything(schedule, row.anchor, local("2026-02-03 12:00")).next
    assert tuple(words for words in following if words in MOVES) == offered


def test_a_freeze_that_is_over_is_not_shown() -> None:
    row = rotation(freeze=Freeze(date(2026, 1, 1), date(2026, 1, 7), ""))
    assert "Frozen" not in str(shown.everything(Schedule(rotation=row), None, local("2026-01-08 12:00")).lines)
    assert "Frozen" in str(shown.everything(Schedule(rotation=row), None, local("2026-01-07 12:00")).lines)


def test_without_a_connection_any_more_nothing_is_said_of_a_secret() -> None:
    answer = shown.everything(Schedule(rotation=rotation()), None, NOW - timedelta(days=365), connected=False)
    assert answer.lines[-1] == "• There is no connection yet, so there is no secret to replace."
    assert answer.next == ("setup",)
