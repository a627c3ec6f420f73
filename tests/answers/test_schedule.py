"""What `schedule`, `ack` and `mute` say, and what the report room hears of a scheduled rotation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chatops.resumption import CLOSED
from tests.answers.conftest import Heard, failure
from tests.support import grounds
from tests.support.unattended_scene import UnattendedScene, unattended_scene

case = pytest.mark.case
UNASKED = "Unasked"
ROTATE, TEST = "schedule rotate every 30 days", "schedule test every 15 minutes"
FREEZE = 'schedule freeze 20 Dec to 7 Jan --reason "the end of the year"'
DAILY = "schedule rotate every 1 day"
HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[UnattendedScene]:
    async with unattended_scene(tmp_path) as scene:
        assert "checks passed" in await scene.world.ask("setup")
        yield scene


TYPED: dict[tuple[str, str], tuple[str, ...]] = {
    ("schedule", "Nothing is scheduled"): ("schedule",),
    ("schedule", "Rotations are scheduled"): (ROTATE,),
    ("schedule", "Rotations are scheduled every day, in a zone, on weekdays"): (
        "schedule rotate every 1 day between 02:00 and 05:00 Europe/Madrid mon-fri",
    ),
    ("schedule", "Tests are scheduled"): (TEST,),
    ("schedule", "A maximum age is set"): ("schedule maximum 90 days",),
    ("schedule", "A maximum age is set that is shorter than the interval"): (ROTATE, "schedule maximum 20 days"),
    ("schedule", "What is scheduled is shown"): (ROTATE, TEST, "schedule maximum 90 days", "schedule"),
    ("schedule", "The next rotation is postponed"): (ROTATE, "schedule postpone 2 days"),
    ("schedule", "The next rotation is postponed too often"): (
        ROTATE,
        *["schedule postpone 1 day"] * 4,
    ),
    ("schedule", "A postponement is too long"): (ROTATE, "schedule postpone 40 days"),
    ("schedule", "The next rotation is left out"): (ROTATE, "schedule skip"),
    ("schedule", "To leave a rotation out would pass the maximum age"): (
        ROTATE,
        "schedule maximum 45 days",
        "schedule skip",
    ),
    ("schedule", "Rotations are frozen"): (ROTATE, FREEZE),
    ("schedule", "The freeze has begun long ago"): (ROTATE, "schedule freeze 1 Nov to 3 Dec"),
    ("schedule", "The freeze ends before it begins"): (ROTATE, "schedule freeze 1 Jan 2027 to 2 Jan 2026"),
    ("schedule", "The freeze is ended"): (ROTATE, FREEZE, "schedule off freeze"),
    ("schedule", "No freeze is there to be ended"): (ROTATE, "schedule off freeze"),
    ("schedule", "Nothing is suspended"): (ROTATE, "schedule resume rotate"),
    ("schedule", "Another administrator stands for rotations"): (ROTATE, "schedule confirm rotate"),
    ("schedule", "Another administrator stands for tests"): (TEST, "schedule confirm test"),
    ("schedule", "No rotation is scheduled"): ("schedule skip",),
    ("schedule", "No test is scheduled"): ("schedule confirm test",),
    ("schedule", "A reason is given where there is no freeze"): ('schedule skip --reason "x"',),
    ("schedule", "The words are no schedule"): ("schedule rotate evry 30 dys",),
    ("schedule", "Rotations are not scheduled any more"): (ROTATE, "schedule off rotate"),
    ("schedule", "The maximum age is taken away"): ("schedule maximum 90 days", "schedule off maximum"),
    ("ack", "Nothing fails"): ("ack",),
    ("mute", "The report room is muted"): ('mute 2h --reason "maintenance"',),
    ("mute", "The mute is ended"): ("mute 2h", "mute off"),
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*key)) for key, words in TYPED.items()])
async def test_what_is_typed(scene: UnattendedScene, hears: Heard, words: tuple[str, ...]) -> None:
    texts = [await scene.world.ask(line) for line in words]
    hears(texts[-1], typed=f"!sso {words[-1]}")


@case(UNASKED, "A scheduled rotation is near")
async def test_the_warning(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    scene.to((await scene.slot()).at - HOUR)
    hears(await scene.heard("I replace the client secret"))


@case(UNASKED, "A scheduled rotation has succeeded")
async def test_the_result(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    scene.to((await scene.slot()).at)
    hears(await scene.heard("This was scheduled"))


@case(UNASKED, "The check before a scheduled rotation fails")
async def test_a_failed_rehearsal(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    with grounds.application_deleted(scene.world):
        scene.to((await scene.slot()).at - HOUR)
        hears(await scene.heard("will not start"))


@case(UNASKED, "The window of a rotation has passed")
async def test_a_missed_window(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    with grounds.application_deleted(scene.world):
        slot = await scene.slot()
        scene.to(slot.at - HOUR)
        await scene.heard("will not start")
        scene.to(slot.ends)
        hears(await scene.heard("did not happen"))


@case(UNASKED, "The secret is overdue for rotation")
async def test_overdue(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask("schedule maximum 1 day")
    scene.later(timedelta(days=2, hours=1))
    hears(await scene.heard("is overdue"))


@case(UNASKED, "A scheduled rotation was interrupted before its first write, and its window has passed")
async def test_closed(hears: Heard) -> None:
    hears(failure(CLOSED))


async def failing(scene: UnattendedScene) -> str:
    """The message about a failure, after its second look."""
    await scene.world.ask(TEST)
    scene.later(timedelta(seconds=40))
    return await scene.heard("It has failed since")


@case(UNASKED, "A scheduled test fails")
async def test_an_incident(scene: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(scene.world):
        hears(await failing(scene))


@case(UNASKED, "A failure is still there after an hour, and nobody has acknowledged it")
async def test_a_reminder(scene: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(scene.world):
        await failing(scene)
        scene.later(HOUR + timedelta(seconds=10))
        hears(await scene.heard("Still failing"))


@case(UNASKED, "What failed works again")
async def test_a_recovery(scene: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(scene.world):
        await failing(scene)
    scene.later(2 * HOUR)
    hears(await scene.heard("✓ Recovered"))


@case("ack", "A failure is acknowledged")
async def test_ack(scene: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(scene.world):
        await failing(scene)
        hears(await scene.world.ask("ack"), typed="!sso ack")


@case("ack", "A failure was acknowledged before")
async def test_ack_again(scene: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(scene.world):
        await failing(scene)
        await scene.world.ask("ack")
        hears(await scene.world.ask("ack"), typed="!sso ack")
