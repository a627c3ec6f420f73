"""What the report room hears of scheduled rotations and tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.doctor.incident import Incident
from bot.doctor.sight import FailedCheck
from bot.doctor.watch_text import reminder
from bot.errors import UserError
from bot.schedule.adjustments import frozen, postponed
from bot.schedule.examination import ConnectionExaminer
from bot.schedule.overdue import SecretAge
from bot.schedule.rules import Freeze, Suspension
from bot.secret import new_secret
from tests.answers.conftest import Heard, failure
from tests.answers.test_unasked import spoken
from tests.commands.test_rotate import BY_SCHEDULE, SECOND, waited
from tests.connection.conftest import new_connection
from tests.support import grounds
from tests.support.clocks import START, ManualClock
from tests.support.counter import new_counter
from tests.support.memory_connections import MemoryConnections
from tests.support.schedules import rotation
from tests.support.scripted import Scripted
from tests.support.unattended_scene import MIDDLE, REPORTS, UnattendedScene, unattended_scene

GROUP = "Unasked"
DAILY = "schedule rotate every 1 day between 02:00 and 05:00 UTC"
HOUR = timedelta(hours=1)


def case(title: str, group: str = GROUP) -> pytest.MarkDecorator:
    return pytest.mark.case(group, title)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[UnattendedScene]:
    async with unattended_scene(tmp_path) as scene:
        assert "checks passed" in await scene.world.ask("setup")
        yield scene


@case("A scheduled rotation is an hour away")
async def test_the_warning(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    scene.to((await scene.slot()).at - HOUR)
    hears(await scene.heard("I replace the client secret"))


@case("The check before a scheduled rotation fails")
async def test_a_failed_rehearsal(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    with grounds.application_deleted(scene.world):
        scene.to((await scene.slot()).at - HOUR)
        hears(await scene.heard("will not start"))


@case("The window of a rotation is over, and the check before it never passed")
async def test_a_missed_window(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    with grounds.application_deleted(scene.world):
        slot = await scene.slot()
        scene.to(slot.at - HOUR)
        await scene.heard("will not start")
        scene.to(slot.ends)
        hears(await scene.heard("did not happen"))


@case("The window of a rotation is over, and the bot was off")
async def test_a_window_without_a_bot(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    scene.to((await scene.slot()).ends + HOUR)
    hears(await scene.heard("did not happen"))


@case("The secret is overdue for rotation")
async def test_overdue(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask("schedule maximum 1 day")
    scene.later(timedelta(days=2, hours=1))
    hears(await scene.heard("is overdue"))


@case("A scheduled rotation waited for one that was typed")
async def test_not_needed_any_more(hears: Heard) -> None:
    counter = new_counter()
    await counter.run("setup")
    waited(counter, BY_SCHEDULE, SECOND)
    hears((await counter.run("rotate"))[1])


@case("Scheduled rotations are suspended after three failures")
async def test_suspended(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    slot = await scene.slot()
    scene.to(slot.at - HOUR)
    await scene.heard("I replace the client secret")
    with grounds.fault(scene.world.encvoy, method="PUT", path="/api/v1/clients", status=403):
        scene.to(slot.at)
        for times, minutes in enumerate((11, 41), start=1):
            await scene.rotations_failed(times)
            scene.later(timedelta(minutes=minutes))
        hears(await scene.heard("are suspended"))


@case("Who set the schedule is no administrator any more")
async def test_a_role_that_is_gone(scene: UnattendedScene, hears: Heard) -> None:
    await scene.world.ask(DAILY)
    with grounds.attribute(scene.world.rocketchat.person("admin"), "roles", ["user"]):
        scene.to((await scene.slot()).at - HOUR)
        hears(await scene.heard("administrator any more"))


@case("Who set the schedule of tests is no administrator any more")
async def test_a_role_of_tests_that_is_gone(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.attribute(tested.world.rocketchat.person("admin"), "roles", ["user"]):
        tested.later(timedelta(days=1, minutes=1))
        hears(await tested.heard("administrator any more"))


REFUSED = {
    "A rotation is postponed by too many days": ("schedule postpone 40 days",),
    "A rotation is postponed too often": ("schedule postpone 1 day",) * 4,
    "To leave a rotation out would pass the maximum age": ("schedule maximum 2 days", "schedule postpone 5 days"),
    "A freeze is over already": ("schedule freeze 1 Jan 2026 to 7 Jan 2026",),
    "A freeze began long ago": ("schedule freeze 1 Nov to 3 Dec",),
    "A freeze ends before it begins": ("schedule freeze 1 Jan 2027 to 7 Dec 2026",),
    "A freeze is to end that is not there": ("schedule off freeze",),
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case(title, "schedule")) for title, w in REFUSED.items()])
async def test_a_change_that_is_refused(scene: UnattendedScene, hears: Heard, words: tuple[str, ...]) -> None:
    texts = [await scene.world.ask(line) for line in (DAILY, *words)]
    hears(texts[-1], typed=f"!sso {words[-1]}")
    assert "✓" not in texts[-1]


RUNNING = replace(rotation(), operation="rotate 2026-02-10T02:00:00+00:00 1")
SUSPENDED = replace(rotation(), suspended=Suspension(START, "x"))
OVER = Freeze(date(2026, 1, 1), date(2026, 1, 7), "")
REFUSED_LATER: dict[str, Callable[[], object]] = {
    "A rotation is postponed while it runs": lambda: postponed(RUNNING, 1, SecretAge(), START, lambda: MIDDLE),
    "A rotation is postponed that is suspended": lambda: postponed(SUSPENDED, 1, SecretAge(), START, lambda: MIDDLE),
    "A postponement is out of range by now": lambda: postponed(rotation(), 31, SecretAge(), START, lambda: MIDDLE),
    "A freeze is over by now": lambda: frozen(rotation(), OVER, START, lambda: MIDDLE),
}


@pytest.mark.parametrize(
    "change", [pytest.param(change, marks=case(title, "schedule")) for title, change in REFUSED_LATER.items()]
)
def test_a_change_that_the_row_refuses(hears: Heard, change: Callable[[], object]) -> None:
    with pytest.raises(UserError) as error:
        change()
    hears(failure(error.value))


@case("The check before a scheduled rotation finds another one unfinished")
async def test_an_unfinished_exchange(hears: Heard) -> None:
    connections = MemoryConnections(Scripted(ManualClock()))
    connections.row = replace(new_connection(), current=new_secret())
    context: Any = SimpleNamespace(connections=connections)
    with pytest.raises(UserError) as error:
        await ConnectionExaminer(context, cast(Any, None), cast(Any, None)).rehearse()
    hears(failure(error.value))


# Tests


@pytest.fixture
async def tested(scene: UnattendedScene) -> UnattendedScene:
    """The first of the scheduled tests has passed."""
    await scene.world.ask("schedule test every 15 minutes")
    await scene.until(lambda state: state.sight and not state.failing)
    return scene


@case("A scheduled test fails")
async def test_an_incident(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(tested.world):
        await tested.fails()
        hears(await tested.heard("It has failed since"))


@case("A scheduled test fails, and the bot was removed from the report room")
async def test_an_incident_in_the_admin_room(tested: UnattendedScene, hears: Heard) -> None:
    rooms, bot = tested.world.rocketchat.chat.rooms, tested.world.rocketchat.person("bot").id
    rooms.find(REPORTS).members.pop(bot)
    with grounds.application_deleted(tested.world):
        await tested.fails()
        hears(await spoken(tested.world, "It has failed since"))


@case("A failure is still there after an hour, and nobody has acknowledged it")
async def test_a_reminder(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(tested.world):
        await tested.fails()
        tested.later(HOUR + timedelta(seconds=10))
        hears(await tested.heard("Still failing"))


@case("A reminder is due, and what failed cannot be checked")
def test_a_reminder_of_what_cannot_be_checked(hears: Heard) -> None:
    cause = FailedCheck("Application", "✗ failed: Application: it is gone", 0)
    incident = Incident(START, cause, "", posts=1, posted_at=START, worst=0, seen_at=START + HOUR / 2)
    hears(reminder(incident, 1, START + HOUR))


@case("Tests are ended while a reported failure goes on", "schedule")
async def test_tests_that_end_during_an_incident(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(tested.world):
        await tested.fails()
        hears(await tested.world.ask("schedule off test"), typed="!sso schedule off test")


@case("What failed works again")
async def test_a_recovery(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(tested.world):
        await tested.fails()
    tested.later(2 * HOUR)
    hears(await tested.heard("✓ Recovered"))


@case("The connection was removed while a reported failure went on")
async def test_a_removal_during_an_incident(tested: UnattendedScene, hears: Heard) -> None:
    with grounds.application_deleted(tested.world):
        await tested.fails()
        await tested.world.ask("remove")
        tested.later(2 * HOUR)
        hears(await tested.heard("is not checked any more"))


async def flapped(scene: UnattendedScene) -> str:
    """It fails, passes, and fails again."""
    with grounds.application_deleted(scene.world):
        await scene.fails()
    scene.later(timedelta(minutes=16))
    await scene.until(lambda state: not state.failing)
    with grounds.application_deleted(scene.world):
        await scene.fails()
    return await scene.heard("keeps changing")


@case("The result of the tests keeps changing")
async def test_flapping(tested: UnattendedScene, hears: Heard) -> None:
    hears(await flapped(tested))


@case("The result of the tests kept changing, and is stable again")
async def test_stable_again(tested: UnattendedScene, hears: Heard) -> None:
    await flapped(tested)
    tested.later(timedelta(minutes=16))
    await tested.until(lambda state: not state.failing)
    tested.later(HOUR + timedelta(minutes=1))
    hears(await tested.heard("Stable again"))


@case("Rocket.Chat has a new version")
async def test_a_new_version(tested: UnattendedScene, hears: Heard) -> None:
    body = '{"version": "8.9", "success": true}'
    with grounds.fault(tested.world.rocketchat, method="GET", path="/api/info", status=200, body=body):
        tested.later(timedelta(minutes=16))
        hears(await tested.heard("8.9"))
