"""A scheduled rotation that is due in a moment: its row is written as if the window had been drawn so, with the
rehearsal passed and the announcement made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import text

from bot.clock import Clock, SystemClock
from bot.schedule.rules import Rehearsal, Rotation, Schedule, Slot
from bot.store.engine import Database, open_database
from bot.store.schedules import SqlSchedules
from sandbox.stage import config_from
from tests.support.world import World

EVERY = "schedule rotate every 30 days between 02:00 and 05:00 UTC"
WINDOW = timedelta(hours=3)
DONE = "done"


@dataclass(frozen=True)
class Outcome:
    """What came of one due time."""

    operations: tuple[str, ...]
    """The states of all operations that it had."""
    answers: tuple[str, ...]

    @property
    def once(self) -> bool:
        """Whether it was one rotation, and a successful one."""
        return self.operations == (DONE,)


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Database]:
    """The database of the bot, from outside."""
    database = await open_database(config_from(world.play.env).database_url)
    try:
        yield database
    finally:
        await database.close()


async def due_in(world: World, seconds: float, window: timedelta = WINDOW, clock: Clock | None = None) -> Slot:
    """Moves the scheduled rotation to that moment; the window ends `window` later. A bot that runs looks at the row
    after its next operation."""
    clock = clock or SystemClock()
    now = clock.now()
    at = now + timedelta(seconds=seconds)
    slot = Slot(now - timedelta(hours=1), at + window, at)

    def move(there: Schedule) -> Schedule:
        assert there.rotation is not None
        return replace(there, rotation=ready(there.rotation, slot, now))

    async with opened(world) as database:
        await SqlSchedules(database, clock).change(move)
    return slot


def ready(rotation: Rotation, slot: Slot, now: datetime) -> Rotation:
    """It rotates in this slot, whatever was there before."""
    return replace(
        rotation,
        anchor=now + timedelta(seconds=1),
        slot=slot,
        nominal_end=slot.ends,
        rehearsal=Rehearsal(passed_at=now),
        warned=True,
        begun=0,
        operation=None,
        again_at=None,
    )


async def rotation_of(world: World) -> Rotation:
    """The row as it is."""
    async with opened(world) as database:
        rotation = (await SqlSchedules(database, SystemClock()).get()).rotation
    assert rotation is not None
    return rotation


async def outcome_of(world: World, slot: Slot) -> Outcome:
    """From the operations of its due time, of every attempt."""
    query = text("SELECT state, reply_text FROM operations WHERE due LIKE :due ORDER BY created_at")
    async with opened(world) as database, database.reading() as transaction:
        rows = (await transaction.execute(query, {"due": f"rotate {slot.at.isoformat()} %"})).all()
    return Outcome(tuple(row[0] for row in rows), tuple(row[1] or "" for row in rows))


async def over(world: World, slot: Slot, timeout: float = 60.0) -> Outcome:
    """Returns when the row has left this slot: it was rotated, or missed."""
    async with asyncio.timeout(timeout):
        while True:
            rotation = await rotation_of(world)
            if rotation.slot.at != slot.at and rotation.operation is None:
                return await outcome_of(world, slot)
            await asyncio.sleep(0.1)


def posted(world: World, words: str) -> list[str]:
    """The messages of the report room that hold these words, those in threads excepted."""
    messages = world.rocketchat.chat.messages.values()
    return [str(message.msg) for message in messages if message.tmid is None and words in str(message.msg)]


def agree(world: World) -> bool:
    """Whether both sides hold the same secret."""
    state = world.state()
    return bool(state.accepted == state.stored == state.live)
