"""Answers that wait for a better moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

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
