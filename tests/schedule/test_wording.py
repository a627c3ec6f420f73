"""What the report room reads of a window that has passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.schedule.rules import MOST_MOVES, Rehearsal, Verification
from bot.schedule.wording import in_short, missed, role_gone, role_of_tests_gone, warning
from tests.support.schedules import ANA, rotation, utc

FAILURE = "✗ failed: Application: it is gone\n    Why: x\n    Fix: `/sso setup` creates a new one."


@pytest.mark.parametrize(
    ("failure", "short"),
    [(FAILURE, "Application: it is gone"), ("Encvoy ID is away.", "Encvoy ID is away.")],
)
def test_a_failure_in_short_is_its_first_line_without_the_sign(failure: str, short: str) -> None:
    assert in_short(failure) == short


def test_a_missed_window_names_the_failed_check_in_one_line() -> None:
    row = replace(rotation(), rehearsal=Rehearsal(failure=FAILURE))
    lines = missed(row, row.slot, row.slot).splitlines()
    assert lines[1] == "Why: the check before it never passed: Application: it is gone"
    assert len(lines) == 4


def test_who_lost_the_role_and_what_to_do_about_it() -> None:
    assert role_of_tests_gone(Verification(timedelta(minutes=15), ANA, utc("2026-02-10 12:00"))) == (
        "• The schedule of tests was set by `ana` on Thu 1 Jan 2026 09:00 (UTC), who is no administrator any more. It "
        "goes on.\n"
        "`/sso schedule confirm test` by an administrator confirms it, and `/sso schedule off test` ends it."
    )
    assert role_gone(rotation()).splitlines()[1] == (
        "`/sso schedule confirm rotate` by an administrator confirms it, and `/sso schedule off rotate` ends it."
    )


@pytest.mark.parametrize(("postponed", "is_offered"), [(MOST_MOVES - 1, True), (MOST_MOVES, False)])
def test_the_warning_offers_to_move_it_only_where_that_is_possible(postponed: int, is_offered: bool) -> None:
    row = rotation(postponed=postponed)
    assert ("`/sso schedule postpone 1 day`" in warning(row, row.slot)) == is_offered
    assert ("cannot be moved again" in warning(row, row.slot)) != is_offered
