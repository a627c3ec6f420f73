"""A watch of scheduled tests."""

from __future__ import annotations

import pytest

from tests.support.watched import FINE, MINUTE, Watched


@pytest.fixture
def watched() -> Watched:
    """A watch that has seen one test pass."""
    return Watched().looked(FINE).later(15 * MINUTE)
