"""The bound on time that is the injected clock's."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import within
from tests.support.clocks import ManualClock, SteppedClock, settle


async def test_what_needs_no_time_is_not_raced_against_a_clock_that_jumps() -> None:
    async def at_once() -> str:
        return "done"

    assert await within(ManualClock(), 0.0, at_once()) == "done"


async def test_what_takes_longer_is_cancelled() -> None:
    clock, ended = SteppedClock(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    bounded = asyncio.create_task(within(clock, 5.0, work()))
    await clock.advance(5.0)
    with pytest.raises(TimeoutError):
        await bounded
    assert ended.is_set()


async def test_its_own_error_comes_through() -> None:
    async def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await within(ManualClock(), 5.0, fails())


async def test_whoever_is_cancelled_leaves_no_work_behind() -> None:
    """Also before the clock was asked for the first time."""
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append("written")

    bounded = asyncio.create_task(within(ManualClock(), 5.0, work()))
    await asyncio.sleep(0)
    bounded.cancel()
    await settle()
    assert bounded.cancelled()
    assert done == []
