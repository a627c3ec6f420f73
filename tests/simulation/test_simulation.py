"""A sample of `make simulate`, and that it finds what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot.connection.state import Connection
from bot.schedule import scheduler
from bot.schedule.overdue import SecretAge
from bot.schedule.rotation import NextStep, Rotate, next_step
from bot.schedule.rules import Freeze, Rotation, Suspension
from tests.support.schedules import local, rotation
from tests.support.simulation.__main__ import main, simulate
from tests.support.simulation.machine import HOUR, Simulation, counted
from tests.support.simulation.systems import LinkedConnections, why_not
from tests.support.simulation.weather import Fault, Kind, Side, Trap

SAMPLE, SEED = 1500, 1
"""Steps, which take a few seconds."""


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """With a connection that works and a scheduled rotation; not yet looked at."""
    machine = Simulation()
    machine.begin(connected=True, scheduled=True)
    yield machine
    machine.world.close()
    machine._stack.close()


def test_a_sample_holds_and_says_how_much_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    before = counted["steps"]
    assert main(before + SAMPLE, SEED) == 0
    assert f"{counted['steps']} steps in " in capsys.readouterr().out


def test_a_day_goes_by_with_one_rotation(simulation: Simulation) -> None:
    simulation.wait(24 * HOUR)
    simulation.holds()
    assert len(simulation.world.schedules.begun) == 1
    assert simulation.world.disagreement() is None


@pytest.mark.parametrize("call", ["write_secret", "write_application", "save"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_process_is_followed_by_another_that_finishes(simulation: Simulation, call: str, moment: str) -> None:
    simulation.set_trap(call, moment, kills=True)
    simulation.type("rotate", 60.0)
    assert simulation.alive == []
    simulation.start()
    simulation.wait(120.0)
    simulation.holds()
    assert simulation.world.disagreement() is None
    assert all(operation.delivered for operation in simulation.world.operations.rows.values())


def test_a_process_that_stood_still_does_not_act_while_another_leads(simulation: Simulation) -> None:
    [first] = simulation.alive
    simulation.start()
    first.stop()
    simulation.wait(30.0)
    second = simulation.alive[1]
    assert second.leads
    first.go_on()
    simulation.wait(30.0)
    assert second.leads
    assert not first.leads


def test_a_write_of_the_process_of_before_may_land_late(simulation: Simulation) -> None:
    simulation.world.weather.traps.append(Trap("write_application", "sending", kills=False))
    simulation.type("rotate", 10.0)
    simulation.start()
    simulation.wait(60.0)
    meddled = simulation.world.meddled
    simulation.go_on()
    assert simulation.world.meddled == meddled + 1


def test_a_fault_is_over_after_its_times(simulation: Simulation) -> None:
    weather = simulation.world.weather
    weather.faults.append(Fault(Side.ENCVOY, "probe", Kind.BUSY, 2))
    kinds = [weather.over(Side.ENCVOY, "probe") for _ in range(3)]
    assert (kinds, weather.calm) == ([Kind.BUSY, Kind.BUSY, None], True)


@pytest.mark.parametrize(
    ("at", "changes", "why"),
    [
        ("2026-02-10 03:00", {}, None),
        ("2026-02-10 05:00", {}, "outside"),
        ("2026-02-10 03:00", {"suspended": Suspension(local("2026-02-09 03:00"), "failed")}, "suspended"),
        ("2026-02-10 03:00", {"freeze": Freeze(date(2026, 2, 10), date(2026, 2, 10), "")}, "frozen"),
        ("2026-02-11 03:00", {"freeze": Freeze(date(2026, 2, 10), date(2026, 2, 10), "")}, None),
    ],
)
def test_when_a_rotation_may_begin(at: str, changes: dict[str, Any], why: str | None) -> None:
    found = why_not(replace(rotation(), **changes), local(at))
    assert found == why if why is None else why in (found or "")


# -- what is planted is found, and again with the same seed


def _any_time(rotation: Rotation, known: SecretAge, now: datetime) -> NextStep:
    """Rotates outside of the window, too."""
    step = next_step(rotation, known, now)
    return step if rotation.operation or rotation.begun else Rotate(rotation.slot)


def test_a_rotation_outside_of_its_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "next_step", _any_time)
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"outside of|suspended"):
            simulate(SEED)


async def _forgetful(self: LinkedConnections, connection: Connection, **rest: Any) -> None:
    """The new secret is written to both sides before it is stored."""
    if connection.exchanging:
        self.secrets.saw(connection.pending)
        return
    await _saved(self, connection, **rest)


_saved = LinkedConnections.save


def test_a_secret_that_is_not_stored_before_it_is_sent_is_found(
    monkeypatch: pytest.MonkeyPatch, simulation: Simulation
) -> None:
    monkeypatch.setattr(LinkedConnections, "save", _forgetful)
    simulation.type("rotate", 0.0)
    with pytest.raises(AssertionError, match="no secret of the store is valid"):
        _watched(simulation)


def _watched(simulation: Simulation) -> None:
    """Looks often, so that a short moment is seen."""
    for _ in range(200):
        simulation.wait(0.03)
        simulation.holds()


def test_a_false_verdict_is_found(simulation: Simulation) -> None:
    encvoy = simulation.world.encvoy

    async def lies(client_id: str, fields: object) -> None:
        """Answers that it stored the secret."""

    encvoy.write_application = lies  # type: ignore[method-assign]
    encvoy.accepts_anything = True
    simulation.type("rotate", 60.0)
    with pytest.raises(AssertionError, match="But Encvoy ID has another secret"):
        simulation.holds()


def test_a_failure_names_the_command_that_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scheduler, "next_step", _any_time)
    with pytest.raises(AssertionError):
        main(counted["steps"] + 10_000, SEED)
    assert f"make simulate STEPS=1 SEED={SEED}" in capsys.readouterr().out
