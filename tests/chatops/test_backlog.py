"""Answers that wait for a better moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog.testing

from bot.chatops.backlog import AGAIN_AFTER, Backlog
from tests.support.clocks import SteppedClock, settle


class Answer:
    """Is refused until told otherwise."""

    def __init__(self) -> None:
        self.tries = 0
        self.taken = False

    async def __call__(self) -> bool:
        self.tries += 1
        return self.taken


@pytest.fixture
async def backlog(clock: SteppedClock) -> AsyncIterator[Backlog]:
    backlog = Backlog(clock)
    task = asyncio.create_task(backlog.run())
    yield backlog
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_nothing_is_tried_at_once(backlog: Backlog, clock: SteppedClock) -> None:
    answer = Answer()
    backlog.add("op1", answer)
    await clock.advance(AGAIN_AFTER - 1)
    assert answer.tries == 0


async def test_each_is_tried_until_it_is_taken(backlog: Backlog, clock: SteppedClock) -> None:
    refused, taken = Answer(), Answer()
    backlog.add("op1", refused)
    backlog.add("op2", taken)
    taken.taken = True
    for _ in range(3):
        await clock.advance(AGAIN_AFTER)
    assert (refused.tries, taken.tries) == (3, 1)


async def test_an_opportunity_is_not_waited_for(backlog: Backlog) -> None:
    answer = Answer()
    backlog.add("op1", answer)
    await settle()
    backlog.opportunity()
    await settle()
    assert answer.tries == 1


async def test_one_that_hangs_holds_up_no_other_and_is_not_tried_twice_at_a_time(backlog: Backlog) -> None:
    tries: list[str] = []

    async def hangs() -> bool:
        tries.append("op1")
        return await asyncio.Event().wait()

    answer = Answer()
    backlog.add("op1", hangs)
    backlog.add("op2", answer)
    for _ in range(2):
        await settle()
        backlog.opportunity()
    await settle()
    assert (tries, answer.tries) == (["op1"], 2)


async def test_an_opportunity_that_comes_while_it_is_tried_is_taken_afterwards(backlog: Backlog) -> None:
    """A new socket, while the last try still hangs on the old one."""
    tries: list[asyncio.Event] = []

    async def slow() -> bool:
        tries.append(asyncio.Event())
        await tries[-1].wait()
        return len(tries) == 2

    backlog.add("op1", slow)
    for _ in range(3):
        await settle()
        backlog.opportunity()
    await settle()
    tries[0].set()
    await settle()
    assert len(tries) == 2
    tries[1].set()
    await settle()
    backlog.opportunity()
    await settle()
    assert len(tries) == 2


async def test_one_that_fails_in_an_unforeseen_way_is_tried_again_like_the_others(backlog: Backlog) -> None:
    tries: list[str] = []

    async def fails() -> bool:
        tries.append("op1")
        raise KeyError("a bug")

    answer = Answer()
    backlog.add("op1", fails)
    backlog.add("op2", answer)
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            await settle()
            backlog.opportunity()
        await settle()
    assert (tries, answer.tries) == (["op1"] * 2, 2)
    assert [(line["event"], line["operation"]) for line in lines] == [("internal error", "op1")] * 2
