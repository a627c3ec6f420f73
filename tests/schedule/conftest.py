"""Fixtures of the schedule's tests."""

from __future__ import annotations

import pytest

from tests.support.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """Nothing is scheduled yet."""
    return Shop()
