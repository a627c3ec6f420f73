"""Until when messages were heard: noted now and then, and at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chatops.heard import INTERVAL, NOTE, OVERLAP, Heard, heard_until
from bot.errors import StoreUnavailable
from tests.support.chat import MemoryNotes, MemoryTime, typed
from tests.support.clocks import START, SteppedClock, settle

LATER = START + timedelta(seconds=3)


class Away(MemoryNotes):
    """Notes of a database that may be away, or take for ever."""

    away = False
    hangs = False

    async def put(self, key: str, value: str) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise StoreUnavailable
        await super().put(key, value)


class Scene:
    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.notes = Away()
        self.heard = Heard(self.notes, clock, MemoryTime(clock))

    def saw(self, ts: datetime) -> None:
        self.heard.saw(replace(typed("hello"), ts=ts))

    @property
    def noted(self) -> datetime | None:
        kept = self.notes.values.get(NOTE)
        return None if kept is None else datetime.fromisoformat(kept)


@pytest.fixture
async def scene(clock: SteppedClock) -> AsyncIterator[Scene]:
    made = Scene(clock)
    clock.seconds = 100.0
    running = asyncio.create_task(made.heard.run())
    await settle()
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_at_the_very_first_start_nothing_before_it_is_ours(scene: Scene) -> None:
    assert scene.noted == START


async def test_a_later_start_keeps_what_was_noted_until_it_hears_something(clock: SteppedClock) -> None:
    scene = Scene(clock)
    await scene.notes.put(NOTE, LATER.isoformat())
    await scene.heard.close()
    assert scene.noted == LATER


async def test_it_is_noted_at_once_and_then_not_more_often_than_every_five_seconds(scene: Scene) -> None:
    await scene.clock.advance(INTERVAL)
    scene.saw(LATER)
    await settle()
    assert scene.noted == LATER
    scene.saw(LATER + timedelta(seconds=1))
    await scene.clock.advance(INTERVAL - 0.1)
    assert scene.noted == LATER
    await scene.clock.advance(0.1)
    assert scene.noted == LATER + timedelta(seconds=1)


async def test_an_older_message_that_comes_later_takes_nothing_back(scene: Scene) -> None:
    scene.saw(LATER)
    scene.saw(START)
    await scene.heard.close()
    assert scene.noted == LATER


async def test_a_time_in_the_future_hides_nothing(scene: Scene) -> None:
    scene.saw(START + timedelta(days=1))
    await scene.heard.close()
    assert scene.noted == START + timedelta(seconds=100)


async def test_a_database_that_is_away_is_tried_again(scene: Scene) -> None:
    scene.notes.away = True
    scene.saw(LATER)
    await scene.clock.advance(INTERVAL)
    scene.notes.away = False
    assert scene.noted == START
    scene.saw(LATER + timedelta(seconds=1))
    await scene.clock.advance(INTERVAL)
    assert scene.noted == LATER + timedelta(seconds=1)


async def test_the_end_does_not_wait_for_ever(scene: Scene) -> None:
    scene.notes.hangs = True
    scene.saw(LATER)
    closing = asyncio.create_task(scene.heard.close())
    await scene.clock.advance(10.0)
    assert closing.done()
    assert scene.noted == START


@pytest.mark.parametrize("kept", ["", "yesterday", "2026-11-24T12:00:00"])
async def test_what_cannot_be_read_says_nothing(kept: str) -> None:
    notes = MemoryNotes()
    assert await heard_until(notes) is None
    await notes.put(NOTE, kept)
    assert await heard_until(notes) is None


async def test_the_next_one_looks_a_little_further_back(scene: Scene) -> None:
    assert await heard_until(scene.notes) == START - OVERLAP
