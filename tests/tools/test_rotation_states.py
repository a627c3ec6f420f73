"""The diagram is what the program does: another step, or another outcome, changes it."""

from __future__ import annotations

import pytest

from bot.schedule import outcomes
from bot.schedule.rules import Rotation
from tools.rotation_states import states


def edges() -> set[str]:
    return {line.strip() for line in states().splitlines() if "-->" in line}


def test_a_rotation_starts_only_after_a_check_that_passed() -> None:
    into = {edge.partition(" --> ")[0] for edge in edges() if " --> Rotate" in edge}
    assert into == {"Announce", "Check", "Rotate"}
    assert "Check --> Rotate: it fails" not in edges()


def test_only_a_person_ends_a_suspension() -> None:
    out = {edge for edge in edges() if edge.startswith("Suspended -->")}
    assert out == {"Suspended --> Check: rotate by hand", "Suspended --> Check: schedule resume rotate"}


def test_what_the_program_does_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = edges()
    monkeypatch.setattr(outcomes, "SUSPENDED_AFTER", 1)
    assert "Rotate --> Rotate: it fails" in before - edges()


def test_a_step_that_changes_nothing_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchanged(there: Rotation) -> Rotation:
        return there

    monkeypatch.setattr(outcomes, "warned", unchanged)
    assert "Announce --> Announce: posted" in edges()
