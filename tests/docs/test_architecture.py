"""What a stranger reads first fits three screens, and says where something new belongs."""

from __future__ import annotations

import pytest

from tools.docs import ROOT

WHOLE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FIRST, _, _ = WHOLE.partition("\n## The modules\n")
SCREEN = 50
"""Lines."""


def test_what_is_written_by_hand_comes_first_and_fits_three_screens() -> None:
    assert FIRST != WHOLE
    assert len(FIRST.splitlines()) <= 3 * SCREEN


@pytest.mark.parametrize(
    "what",
    [
        "A command",
        "A scheduled job",
        "A check of the doctor",
        "An error, a fault of a server",
        "A version's difference",
    ],
)
def test_the_room_of_something_new_is_named(what: str) -> None:
    rows = [line.split("|") for line in FIRST.splitlines() if line.startswith(f"| {what} |")]
    assert [len(row) for row in rows] == [5]


@pytest.mark.parametrize("section", ["A scheduled job", "A fault of a server"])
def test_what_the_table_only_points_at_has_its_section(section: str) -> None:
    assert f"\n### {section}\n" in FIRST
