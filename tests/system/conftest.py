"""Fixtures of the system tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for an answer looks more often than people need."""
    monkeypatch.setattr("sandbox.visitor.LOOK_EVERY", 0.05)
