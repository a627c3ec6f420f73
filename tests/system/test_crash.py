"""`kill -9` at every remote write of every operation that changes something: a new start finishes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.faults import Fault, When
from tests.support.clocks import ShiftedClock
from tests.support.crashes import (
    MODERN,
    SCENARIOS,
    Moment,
    Scenario,
    answered,
    died,
    is_answer,
    is_probe,
    is_settings_write,
    is_write,
    scene,
    survive,
    writes_of,
)
from tests.support.postgres import Postgres
from tests.support.programs import run, run_committing_late, run_until_settled
from tests.support.world import REAL_SETTLE

SETUP, ROTATE = SCENARIOS[0], SCENARIOS[2]
MODERN_ROTATE = MODERN[2]
ROTATIONS = (ROTATE, MODERN_ROTATE)
SAMPLE = (SETUP, ROTATE, MODERN_ROTATE)
REST = [scenario for scenario in (*SCENARIOS, *MODERN) if scenario not in SAMPLE]
WHENS = [When.AFTER, pytest.param(When.BEFORE, marks=pytest.mark.slow)]


async def _each_write(folder: Path, scenario: Scenario, when: When) -> None:
    writes = await writes_of(_made(folder / "dry"), scenario)
    assert writes
    for number, (method, path) in enumerate(writes, 1):
        moment = Moment(f"{when.value} write {number}, {method} {path}", is_write, number, when)
        await _survive(folder / str(number), scenario, moment)


async def _survive(folder: Path, scenario: Scenario, *moments: Moment, ill: Fault | None = None) -> None:
    try:
        await survive(_made(folder), scenario, *moments, ill=ill)
        assert all(moment.reached for moment in moments)
    except (AssertionError, TimeoutError) as error:
        error.add_note(f"killed {', then '.join(moment.name for moment in moments)}")
        raise


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("scenario", SAMPLE, ids=lambda scenario: scenario.name)
async def test_killed_after_each_remote_write(tmp_path: Path, scenario: Scenario) -> None:
    await _each_write(tmp_path, scenario, When.AFTER)


@pytest.mark.parametrize("scenario", SAMPLE, ids=lambda scenario: scenario.name)
async def test_killed_before_each_remote_write(tmp_path: Path, scenario: Scenario) -> None:
    await _each_write(tmp_path, scenario, When.BEFORE)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", REST, ids=lambda scenario: scenario.name)
async def test_killed_after_each_remote_write_of_the_others(tmp_path: Path, scenario: Scenario) -> None:
    await _each_write(tmp_path, scenario, When.AFTER)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", REST, ids=lambda scenario: scenario.name)
async def test_killed_before_each_remote_write_of_the_others(tmp_path: Path, scenario: Scenario) -> None:
    await _each_write(tmp_path, scenario, When.BEFORE)


@pytest.mark.parametrize("when", WHENS, ids=lambda when: when.value)
async def test_rotation_killed_at_each_remote_write_on_postgresql(
    tmp_path: Path, postgres: Postgres, when: When
) -> None:
    await _each_write(tmp_path, replace(ROTATE, database=postgres.database), when)


@pytest.mark.slow
@pytest.mark.parametrize("when", list(When), ids=lambda when: when.value)
@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != ROTATE], ids=lambda scenario: scenario.name)
async def test_the_others_killed_at_each_remote_write_on_postgresql(
    tmp_path: Path, postgres: Postgres, scenario: Scenario, when: When
) -> None:
    await _each_write(tmp_path, replace(scenario, database=postgres.database), when)


@pytest.mark.parametrize("when", list(When), ids=lambda when: when.value)
@pytest.mark.parametrize("final", [False, True], ids=["acknowledged", "answered"])
@pytest.mark.parametrize("scenario", [*SCENARIOS[:3], MODERN_ROTATE], ids=lambda scenario: scenario.name)
async def test_killed_at_a_message(tmp_path: Path, scenario: Scenario, final: bool, when: When) -> None:
    await _survive(tmp_path / "1", scenario, Moment(f"{when.value} a message", is_answer(final=final), 1, when))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("scenario", ROTATIONS, ids=lambda scenario: scenario.name)
async def test_rotation_killed_while_a_secret_is_proved(tmp_path: Path, scenario: Scenario, number: int) -> None:
    await _survive(tmp_path / "1", scenario, Moment(f"after proof {number}", is_probe, number, When.AFTER))


@pytest.mark.parametrize("scenario", ROTATIONS, ids=lambda scenario: scenario.name)
async def test_rotation_killed_after_it_settled_does_not_rotate_again(tmp_path: Path, scenario: Scenario) -> None:
    await survive(_made(tmp_path / "1"), scenario, program=run_until_settled)


@pytest.mark.parametrize("when", WHENS, ids=lambda when: when.value)
@pytest.mark.parametrize("scenario", ROTATIONS, ids=lambda scenario: scenario.name)
async def test_rotation_goes_on_before_what_was_stored_is_live(tmp_path: Path, scenario: Scenario, when: When) -> None:
    """With the debounce of the real server a new start comes first: the marker is stored, but nobody sees it yet."""
    moment = Moment(f"{when.value} the settings", is_settings_write, 1, when)
    await _survive(tmp_path / "1", replace(scenario, settle=REAL_SETTLE), moment)


@pytest.mark.parametrize("scenario", [SETUP, *ROTATIONS], ids=lambda scenario: scenario.name)
async def test_the_new_start_is_killed_too(tmp_path: Path, scenario: Scenario) -> None:
    first = Moment("after write 2", is_write, 2, When.AFTER)
    second = Moment("after write 1 of the new start", is_write, 1, When.AFTER)
    await _survive(tmp_path / "1", scenario, first, second)


@pytest.mark.parametrize("when", list(When), ids=lambda when: when.value)
@pytest.mark.parametrize("scenario", ROTATIONS, ids=lambda scenario: scenario.name)
async def test_rotation_killed_on_its_way_back(tmp_path: Path, scenario: Scenario, when: When) -> None:
    """Encvoy ID refuses the new secret; Rocket.Chat is about to get the old one back, or just got it."""
    refusal = Fault("PUT", "/api/v1/clients/", status=400, body="{}", matches=lambda _, body: bool(body))
    moment = Moment(f"{when.value} the way back", is_settings_write, 2, when)
    await _survive(tmp_path / "1", scenario, moment, ill=refusal)


@pytest.mark.parametrize("begun", [True, False], ids=["begun", "not begun"])
async def test_an_hour_later_only_what_was_begun_is_finished(tmp_path: Path, begun: bool) -> None:
    """Whoever typed it is no administrator any more, and has moved on: half of a change is worse than either end."""
    stored = Moment("after the secret is stored", is_settings_write, 1, When.AFTER)
    read = Moment("before a message", is_answer(final=False), 1, When.BEFORE)
    async with scene(tmp_path, ROTATE) as world:
        before, writes = world.state(), len(world.writes())
        bot = world.forked()
        bot.start(run)
        await bot.listening()
        (stored if begun else read).lay(world, bot)
        message_id = await world.admin.send("!sso rotate")
        await died(world, bot)
        world.rocketchat.person("admin").roles.remove("admin")
        clock = ShiftedClock()
        clock.shift = 3600
        async with world.play.bot(clock):
            await answered(world, message_id)
            await (await world.visitor("admin2")).ask("!sso help")  # comes after whatever catching up finds
        [answer] = await world.admin.results(message_id)
        now = world.state()
        assert ("Rotated" if begun else "I was offline") in answer
        assert now.stored == now.live == now.accepted
        assert (now.accepted != before.accepted) is begun
        assert begun or len(world.writes()) == writes


async def test_a_commit_after_the_call_is_found(tmp_path: Path) -> None:
    """The planted bug: the check above can fail."""
    found = 0
    for number, _ in enumerate(await writes_of(_made(tmp_path / "dry"), ROTATE), 1):
        moment = Moment(f"after write {number}", is_write, number, When.AFTER)
        try:
            await survive(_made(tmp_path / str(number)), ROTATE, moment, program=run_committing_late)
        except AssertionError:
            found += 1
    assert found > 0
