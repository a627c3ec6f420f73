"""Fixtures of the command tests."""

from __future__ import annotations

import pytest

from tests.support.counter import Counter, new_counter


@pytest.fixture
def counter() -> Counter:
    """No connection yet."""
    return new_counter()


@pytest.fixture
async def standing(counter: Counter) -> Counter:
    """With a connection that works."""
    await counter.run("setup")
    counter.doctor.examined.clear()
    return counter
