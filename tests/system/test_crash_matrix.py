"""The crash matrix: `kill -9` at every commit and every remote call, by a message and by a schedule, once and twice.

`make crash-matrix` plays all of it; `make test` a sample. How many kills there were is printed at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.crash_matrix import Kill, Point, Size, Tally, case, made, measured
from tests.support.crashes import SCENARIOS, Scenario
from tests.support.forked import Program
from tests.support.matrix_counts import count
from tests.support.programs import run, run_committing_late

NAME = "crash matrix"
DUE = Scenario("scheduled", "", on=True, before=("setup",))
ROTATE = SCENARIOS[2]
[REMOVE] = (scenario for scenario in SCENARIOS if scenario.gone)
ALL = (*(s for s in SCENARIOS if s.version == "8.8"), DUE)
PARTS = 4
"""Tests for one scenario, so that two workers have as much to do."""
GRID = (8, 7)
"""Moments of the first and of the second kill."""
pytestmark = [pytest.mark.timeout(900)]


def named(scenario: Scenario) -> str:
    return scenario.name


def singles(scenario: Scenario, size: Size) -> list[tuple[Kill, ...]]:
    """Each commit before and after it, each call at one point in turn, and each write of both systems at every point;
    for a rotation every call at every point. The end of one call is nearly the beginning of the next."""
    points = tuple(Point)
    everywhere = range(1, size.calls + 1) if scenario.name == "rotate" else size.writes
    calls = {Kill(nth, points[nth % len(points)]) for nth in range(1, size.calls + 1)}
    calls |= {Kill(nth, point) for nth in everywhere for point in points}
    commits = [
        Kill(nth, point, commit=True) for nth in range(1, size.commits + 1) for point in (Point.BEFORE, Point.AFTER)
    ]
    return [(kill,) for kill in (*sorted(calls, key=str), *commits)]


def doubles(_: Scenario, size: Size) -> list[tuple[Kill, ...]]:
    """The first kills are spread over the operation, the second ones over a start that has as much to do."""
    points = tuple(Point)
    firsts, seconds = (spread(size.calls, count) for count in GRID)
    return [
        (Kill(first, points[(i + j) % 3]), Kill(second, points[(i + 2 * j) % 3]))
        for i, first in enumerate(firsts)
        for j, second in enumerate(seconds)
    ]


def spread(most: int, count: int) -> list[int]:
    """So many numbers from 1 to `most`, evenly."""
    return sorted({1 + round(i * (most - 1) / (count - 1)) for i in range(count)})


CASES = {"single": singles, "double": doubles}


async def play(folder: Path, scenario: Scenario, cases: Sequence[tuple[Kill, ...]], program: Program = run) -> Tally:
    """Each case in a world of its own."""
    tally = Tally()
    for number, kills in enumerate(cases):
        tally.cases += 1
        try:
            tally.kills += await case(folder / str(number), scenario, *kills, program=program)
        except (AssertionError, TimeoutError, RuntimeError) as error:
            said = str(error).partition("\n")[0] or type(error).__name__
            tally.failures.append(f"{scenario.name}, killed {', then '.join(map(str, kills))}: {said}")
    return tally


async def _part(folder: Path, scenario: Scenario, kind: str, part: int, of: int, record: Any) -> None:
    size = await measured(folder / "dry", scenario)
    cases = CASES[kind](scenario, size)[part::of]
    tally = await play(folder, scenario, cases)
    count(record, NAME, tally.as_counts(kind))
    assert tally.failures == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("scenario", ALL, ids=named)
async def test_all(tmp_path: Path, scenario: Scenario, kind: str, part: int, record_property: Any) -> None:
    await _part(tmp_path, scenario, kind, part, PARTS, record_property)


SAMPLE = 4
"""Cases of each kind."""


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("scenario", [ROTATE, REMOVE, DUE], ids=named)
async def test_a_sample(tmp_path: Path, scenario: Scenario, kind: str, record_property: Any) -> None:
    size = await measured(tmp_path / "dry", scenario)
    every = CASES[kind](scenario, size)
    tally = await play(tmp_path, scenario, every[3 :: len(every) // SAMPLE])
    count(record_property, NAME, tally.as_counts(kind))
    assert tally.failures == []


async def finds(folder: Path, scenario: Scenario, cases: Sequence[tuple[Kill, ...]], program: Program) -> bool:
    """Whether one of these cases fails; none is played after it."""
    for number, kills in enumerate(cases):
        if (await play(made(folder / f"planted{number}"), scenario, [kills], program)).failures:
            return True
    return False


async def test_a_pending_secret_that_is_saved_after_the_first_write_is_found(tmp_path: Path) -> None:
    """A planted bug: the matrix can fail. On a busy machine a call may have another number than in the run that was
    measured, so its neighbours are tried, too."""
    writes = (await measured(tmp_path / "dry", ROTATE)).writes
    near = dict.fromkeys(nth + by for by in (0, 1, -1, 2, -2, 3, -3) for nth in writes)
    cases = [(Kill(nth, Point.AFTER),) for nth in near if nth > 0]
    assert await finds(tmp_path, ROTATE, cases, run_committing_late)


def test_the_matrix_is_as_large_as_it_says() -> None:
    """Two thirds of the second kills come before the operation has ended, at the least."""
    size = Size(60, 15, (20, 30, 40))
    assert sum(len(singles(scenario, size)) for scenario in ALL) >= 190
    assert sum(len(doubles(scenario, size)) for scenario in ALL) >= 380
