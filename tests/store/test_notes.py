"""What is said once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import URL

from bot.chatops.ports import Notes
from bot.clock import SystemClock
from bot.store.engine import Database, open_database
from bot.store.notes import SqlNotes


@pytest.fixture
def notes(database: Database) -> SqlNotes:
    return SqlNotes(database, SystemClock())


async def test_put_replaces(notes: SqlNotes) -> None:
    port: Notes = notes
    assert await port.get("slash:room") is None
    await port.put("slash:room", "asked")
    await port.put("slash:room", "said")
    assert await port.get("slash:room") == "said"


async def test_of_several_that_put_at_once_none_fails(notes: SqlNotes) -> None:
    """A start announces while it resumes an operation, and both note the same."""
    for n in range(20):
        await asyncio.gather(*(notes.put(f"note {n}", value) for value in "abcde"))
        assert await notes.get(f"note {n}") in set("abcde")


async def test_of_several_that_replace_the_same_value_one_does(notes: SqlNotes) -> None:
    await notes.put("x", "old")
    done = await asyncio.gather(*(notes.replace("x", "old", new) for new in "abcde"))
    assert done.count(True) == 1
    assert await notes.get("x") == "abcde"[done.index(True)]
    assert not await notes.replace("y", "old", "new")
    assert await notes.get("y") is None


async def test_the_first_time_is_one(notes: SqlNotes) -> None:
    first = await asyncio.gather(*(notes.first_time("x", "1") for _ in range(5)))
    assert first.count(True) == 1
    assert await notes.first_time("y")


async def test_they_are_there_once_the_bot_has_run(notes: SqlNotes) -> None:
    assert await notes.are_there()


async def test_in_an_empty_database_there_are_none(database_url: URL) -> None:
    empty = await open_database(database_url)
    assert not await SqlNotes(empty, SystemClock()).are_there()
    await empty.close()
