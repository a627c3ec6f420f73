"""What `schedule` answers, where its text depends on the row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.schedule.rules import Kind, Rehearsal, Schedule
from commands import schedule_shown as shown
from tests.support.schedules import rotation

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("every", "line"), [(1, "An hour before each, I check"), (2, "24 hours before each, I check")])
def test_it_says_how_long_before_a_rotation_is_checked(every: int, line: str) -> None:
    row = replace(rotation(), every=every)
    assert shown.rotation_set(Schedule(rotation=row), row, "").lines[-1].startswith(line)


def test_a_check_that_failed_is_one_line_however_long_its_failure_is() -> None:
    row = replace(rotation(), rehearsal=Rehearsal(failure="✗ failed: Application: gone\n    Why: x"))
    [line] = [one for one in shown.everything(Schedule(rotation=row), None, NOW).lines if "check before" in one]
    assert line == "• The check before it failed: Application: gone"


@pytest.mark.parametrize("kind", Kind)
def test_what_is_off_is_said_in_one_sentence(kind: Kind) -> None:
    assert shown.off(kind).verdict.endswith(" any more.")
