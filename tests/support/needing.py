"""Tests that need something; `tests/test_needs.py` runs them on a machine that has nothing. Not collected by itself."""

from __future__ import annotations

import pytest


@pytest.mark.needs("node")
def test_with_node() -> None:
    """Never runs there."""


@pytest.mark.needs("chromium")
def test_with_chromium() -> None:
    """Never runs there."""


def test_with_neither() -> None:
    """Always runs."""
