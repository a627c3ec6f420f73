"""`make simulate STEPS=100000 SEED=1`: as many steps, in runs of fifty; the first failure ends it, with the command
that repeats it."""

from __future__ import annotations

import os
import sys
import time

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.simulation.machine import Simulation, counted

STEPS_OF_A_RUN, RUNS_OF_A_SEED = 50, 20
"""A seed stands for so many runs: a failure is found again in as many, and made as short as it can be."""


def simulate(number: int, runs: int = RUNS_OF_A_SEED) -> None:
    """The runs of one seed. Raises what fails."""
    machine = seed(number)(type("Simulation", (Simulation,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS_OF_A_RUN,
            database=None,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.normal,
            phases=(Phase.generate, Phase.shrink) if os.environ.get("SHRINK") else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def main(steps: int, number: int) -> int:
    """0, or 1 after a failure."""
    began = time.monotonic()
    while counted["steps"] < steps:
        try:
            simulate(number)
        except BaseException:
            print(f"Failed with the seed {number}. Again: make simulate STEPS=1 SEED={number}", flush=True)
            raise
        number += 1
    seconds = time.monotonic() - began
    done = counted["steps"]
    print(
        f"{done} steps in {counted['runs']} runs without a failure: {done / seconds:.0f} a second; next SEED={number}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
