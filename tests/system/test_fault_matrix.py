"""The fault matrix: every remote call of `rotate`, `setup` and `remove`, failing in every way.

`make fault-matrix` plays all of it; `make test` a sample. What became of the cases is printed at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.failing_calls import FAILURES, Call, Case, applies
from tests.support.fault_matrix import calls_of, cases_of, verdict_of
from tests.support.matrix_counts import count

NAME = "fault matrix"
PARTS = 8
SAMPLE = 6
"""Cases of each command."""
COMMANDS = ("rotate", "setup", "remove")
pytestmark = pytest.mark.timeout(900)


async def play(folder: Path, cases: Sequence[Case]) -> tuple[Counter[str], list[str]]:
    """Each in a world of its own: how they ended, and what was wrong."""
    ends, failures = Counter[str](cases=0), list[str]()
    for number, case in enumerate(cases):
        ends["cases"] += 1
        try:
            ends[await verdict_of(folder / str(number), case)] += 1
        except (AssertionError, TimeoutError, RuntimeError, ValueError) as error:
            said = str(error).partition("\n")[0] or type(error).__name__
            failures.append(f"{case}: {said}")
    ends["failed"] = len(failures)
    return ends, failures


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("command", COMMANDS)
async def test_all(tmp_path: Path, command: str, part: int, record_property: Any) -> None:
    cases = cases_of(command, await calls_of(tmp_path / "dry", command))[part::PARTS]
    ends, failures = await play(tmp_path, cases)
    count(record_property, NAME, ends)
    assert failures == []


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_sample(tmp_path: Path, command: str, record_property: Any) -> None:
    cases = cases_of(command, await calls_of(tmp_path / "dry", command))
    writes = [case for case in cases if case.call.writes and case.times == 1]
    ends, failures = await play(tmp_path, writes[1 :: len(writes) // SAMPLE])
    count(record_property, NAME, ends)
    assert failures == []


def test_each_way_to_fail_applies_to_some_call() -> None:
    calls = (Call("rocketchat", "POST", "/api/v1/settings/SERVICE"), Call("encvoy", "GET", "/api/v1/clients/:id"))
    assert all(any(applies(call, failure) for call in calls) for failure in FAILURES)
