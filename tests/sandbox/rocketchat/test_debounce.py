"""The trailing debounce."""

from __future__ import annotations

import pytest

from sandbox.rocketchat.debounce import Debounce
from tests.support.clocks import SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


async def test_it_calls_once_and_late(clock: SteppedClock) -> None:
    calls: list[float] = []
    debounce = Debounce(clock, lambda: calls.append(clock.seconds))
    debounce.start(2.0)
    assert debounce.pending
    await clock.advance(1.5)
    debounce.start(2.0)
    await clock.advance(10.0)
    assert calls == [3.5]
    assert not debounce.pending


async def test_it_can_be_taken_back(clock: SteppedClock) -> None:
    calls: list[float] = []
    debounce = Debounce(clock, lambda: calls.append(clock.seconds))
    debounce.start(2.0)
    debounce.cancel()
    debounce.cancel()
    await clock.advance(10.0)
    assert not calls
    assert not debounce.pending


def test_without_a_loop_it_says_so(clock: SteppedClock) -> None:
    with pytest.raises(RuntimeError):
        Debounce(clock, lambda: None).start(1.0)
