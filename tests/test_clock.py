"""The bound on time that is the injected clock's."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import Backoff, within
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


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_what_works_again_begins_anew() -> None:
    backoff = Backoff(1.0, 60.0)
    backoff.next()
    backoff.reset()
    assert (backoff.failures, backoff.next()) == (0, 1.0)


def test_a_share_of_a_pause_is_waited_and_never_less_than_the_server_wants() -> None:
    assert Backoff(2.0, 60.0).next(share=0.25) == 0.5
    assert Backoff(2.0, 60.0).next(share=0.25, at_least=7.0) == 7.0


def test_a_thousand_failures_are_no_overflow() -> None:
    assert Backoff(1.0, 60.0, failures=1000).next() == 60.0
