"""A rotation that the schedule begins as soon as a bot starts, and what must be true when it is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

from bot.chatops.origin import FromSchedule
from bot.chatops.ports import Operation
from bot.clock import SystemClock
from bot.schedule.rules import Rotation, Schedule, SetBy, Slot, Window
from bot.secret import Secret
from bot.store.engine import Database
from bot.store.history import SqlHistory
from bot.store.schedules import SqlSchedules
from tests.support.crashes import fingerprints_of, records
from tests.support.due import opened
from tests.support.world import World

HOUR = timedelta(hours=1)
EVERY = 30
"""Days."""


def due_rotation(world: World, now: datetime) -> Rotation:
    """In its window, not rehearsed yet; set by the administrator."""
    account = world.rocketchat.introduction.account("admin")
    slot = Slot(now - HOUR, now + 3 * HOUR, now - timedelta(minutes=1))
    by = SetBy(account.user_id, "admin", now)
    return Rotation(EVERY, Window(time(0), time(0), "UTC"), by, now, slot, slot.ends)


async def make_due(world: World) -> None:
    """Puts that row into the store; no bot may run."""
    async with opened(world) as database:
        row = due_rotation(world, datetime.now(UTC))
        await SqlSchedules(database, SystemClock()).change(lambda _: Schedule(rotation=row))


async def at_rest(world: World, timeout: float) -> None:
    """Returns when the rotation is over, delivered, and the schedule has gone on to the next one."""
    async with opened(world) as database, asyncio.timeout(timeout):
        schedules = SqlSchedules(database, SystemClock())
        while True:
            rotation, begun = (await schedules.get()).rotation, await _begun(database)
            followed = rotation is not None and rotation.operation is None
            if begun and followed and all(operation.delivered for operation in begun):
                return
            await asyncio.sleep(0.05)


async def check_due(world: World, old: str | None) -> None:
    """It was done once, both sides have one new secret, and the room was told so once."""
    state = world.state()
    assert state.applications == 1, f"{state.applications} applications"
    assert state.accepted == state.stored == state.live, "the two sides hold different secrets"
    async with opened(world) as database:
        begun, rotation = await _begun(database), (await SqlSchedules(database, SystemClock()).get()).rotation
    assert len(begun) == 1, f"{len(begun)} operations for one due time"
    assert state.accepted != old, "it was not rotated"
    switched = {entry.body["secret"] for entry in world.encvoy.ledger.of("switched")} - {old}
    assert len(switched) == 1, f"{len(switched)} new secrets were brought to Encvoy ID"
    assert rotation is not None
    assert (rotation.operation, rotation.failures, rotation.suspended, rotation.begun) == (None, 0, None, 0)
    assert rotation.slot.begins > datetime.now(UTC) + timedelta(days=EVERY - 2), "the next one is not an interval away"
    connection = (await records(world)).connection
    assert connection is not None
    assert (connection.secret.reveal(), connection.pending) == (state.accepted, None)
    fingerprint = (await fingerprints_of(world)).of(Secret(state.accepted or ""))
    room = [str(message.msg) for message in world.rocketchat.chat.messages.values()]
    verdicts = [text for text in room if "This was scheduled" in text]
    assert len(verdicts) == 1, f"{len(verdicts)} verdicts in the room"
    assert verdicts[0].startswith("✓ Rotated"), verdicts[0]
    assert f"fingerprint {fingerprint}" in verdicts[0], verdicts[0]
    assert not any(text.splitlines()[-1:] and text.splitlines()[-1].startswith("…") for text in room), "progress stays"


async def _begun(database: Database) -> list[Operation]:
    latest = await SqlHistory(database).latest(50)
    return [past.operation for past in latest if isinstance(past.operation.origin, FromSchedule)]
