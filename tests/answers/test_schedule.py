"""What `schedule`, `ack` and `mute` say, and what a scheduled run says that nobody asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chatops.origin import FromSchedule
from bot.chatops.ports import Operation
from bot.chatops.posting import new_message_id
from bot.clock import SystemClock
from bot.doctor.incident import Acknowledgement, Incident, WatchState
from bot.doctor.sight import FailedCheck
from bot.schedule.watching import KeptWatch
from bot.store.engine import open_database
from bot.store.migrate import upgrade
from bot.store.notes import SqlNotes
from bot.store.operations import SqlOperations
from bot.store.watch import NotedWatch
from sandbox.stage import config_from
from tests.answers.conftest import Asks, Heard
from tests.answers.test_unasked import spoken
from tests.support.world import World

case = pytest.mark.case
NIGHTLY = "schedule rotate every 30 days between 02:00 and 05:00 Europe/Madrid mon-fri"


@case("schedule", "Nothing is scheduled")
async def test_nothing(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("schedule")


@case("schedule", "There is no connection to rotate yet")
async def test_too_early(world: World, asks: Asks) -> None:
    await asks("schedule rotate every 30 days")


SET = {
    "Rotations are scheduled, in a window": NIGHTLY,
    "Rotations are scheduled, in the time zone of the workspace": "schedule rotate every 30 days",
    "Tests are scheduled": "schedule test every 15 minutes",
    "There is a maximum age": "schedule maximum 90 days",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("schedule", title)) for title, w in SET.items()])
async def test_it_is_set(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    assert "✓" in await asks(words)


@case("schedule", "What is scheduled is shown")
async def test_shown(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await world.ask(NIGHTLY)
    await world.ask("schedule maximum 90 days")
    assert "Rotation every 30 days" in await asks("schedule")


@case("status", "A rotation is scheduled")
async def test_in_the_status(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await world.ask(NIGHTLY)
    assert "• Next rotation: " in await asks("status")


CHANGED = {
    "The next rotation is postponed": "schedule postpone 2 days",
    "The next rotation is left out": "schedule skip",
    "Rotations are frozen": 'schedule freeze 20 Dec 2030 to 7 Jan 2031 --reason "the shop\'s season"',
    "Somebody else stands for the schedule": "schedule confirm rotate",
    "Rotations are not scheduled any more": "schedule off rotate",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("schedule", title)) for title, w in CHANGED.items()])
async def test_it_is_changed(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    await world.ask(NIGHTLY)
    assert "✓" in await asks(words)


@case("schedule", "Somebody else stands for the schedule of tests")
async def test_confirmed(world: World, asks: Asks) -> None:
    await world.ask("schedule test every 15 minutes")
    await asks("schedule confirm test")


TWICE = {
    "A freeze takes the place of another": ("schedule freeze 1 Apr 2031 to 5 Apr 2031",),
    "A schedule ends, and its freeze with it": ("schedule off rotate",),
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("schedule", title)) for title, w in TWICE.items()])
async def test_what_becomes_of_a_freeze_is_said(world: World, asks: Asks, words: tuple[str]) -> None:
    await world.ask("setup")
    await world.ask(NIGHTLY)
    await world.ask("schedule freeze 20 Dec 2030 to 7 Jan 2031")
    assert "20 Dec 2030" in await asks(*words)


REFUSED = {
    "No rotation is scheduled": "schedule skip",
    "A reason is given for something else than a freeze": 'schedule skip --reason "holidays"',
    "The words are not understood": "schedule rotate evry 30 days",
    "No interval is given": "schedule rotate",
    "A rotation that is not suspended is resumed": "schedule resume rotate",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("schedule", title)) for title, w in REFUSED.items()])
async def test_it_is_refused(world: World, asks: Asks, words: str) -> None:
    if "resume" in words:
        await world.ask("setup")
        await world.ask(NIGHTLY)
    assert "✓" not in await asks(words)


async def an_incident(world: World, by: str = "") -> None:
    """A failure was posted; acknowledged by this person, if one is named."""
    clock = SystemClock()
    database = await open_database(config_from(world.play.env).database_url)
    await upgrade(database)
    now = clock.now()
    incident = Incident(now, FailedCheck("Encvoy ID answers", "✗ failed: Encvoy ID answers: no", 0), "", posts=1)
    if by:
        incident = Incident(
            now, incident.cause, "", posts=1, posted_at=now, acknowledged=Acknowledgement(by, now), shown="x"
        )
    await NotedWatch(SqlNotes(database, clock)).put(KeptWatch(WatchState(incident=incident)))
    await database.close()


@case("ack", "Nothing has failed")
async def test_nothing_to_acknowledge(world: World, asks: Asks) -> None:
    await asks("ack")


@case("ack", "A failure is acknowledged")
async def test_acknowledged(quiet_world: World, hears: Heard) -> None:
    await an_incident(quiet_world)
    async with quiet_world.play.bot():
        hears(await quiet_world.ask("ack"), typed="!sso ack")


@case("ack", "Somebody else has acknowledged it")
async def test_acknowledged_before(quiet_world: World, hears: Heard) -> None:
    await an_incident(quiet_world, "marc")
    async with quiet_world.play.bot():
        hears(await quiet_world.ask("ack"), typed="!sso ack")


MUTED = {
    "The report room is muted": 'mute 2 hours --reason "maintenance"',
    "The mute ends": "mute off",
    "No duration is given": "mute",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("mute", title)) for title, w in MUTED.items()])
async def test_muted(world: World, asks: Asks, words: str) -> None:
    await asks(words)


async def due(world: World, until: timedelta) -> None:
    """The row of a scheduled rotation that was accepted, and not begun; `until` from now its window is open."""
    config, clock = config_from(world.play.env), SystemClock()
    admin = world.rocketchat.person("admin")
    origin = FromSchedule("rotate 1", clock.now() + until, world.admin.room_id, admin.id, admin.username)
    database = await open_database(config.database_url)
    await upgrade(database)
    row = Operation("begun", origin, "rotate", new_message_id(), clock.now() - timedelta(minutes=5))
    await SqlOperations(database, clock).accept(row)
    await database.close()


@case("Unasked", "A rotation was due")
async def test_due(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    await due(quiet_world, timedelta(hours=1))
    async with quiet_world.play.bot():
        hears(await spoken(quiet_world, "This was scheduled"))


@case("Unasked", "A rotation was due, and the bot was off until its window was over")
async def test_due_too_late(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    await due(quiet_world, timedelta(minutes=-1))
    async with quiet_world.play.bot():
        hears(await spoken(quiet_world, "its window is over"))
