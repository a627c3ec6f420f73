"""What the watch of the scheduled tests learns from a person's command."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.incident import WatchState
from bot.doctor.sight import Sight
from bot.doctor.verdict import Verdict
from bot.errors import StoreUnavailable, UserError
from bot.schedule.rules import Schedule, Verification
from bot.schedule.watching import KeptWatch
from tests.commands.test_ack import CAUSE, INCIDENT
from tests.support.clocks import START
from tests.support.counter import Counter
from tests.support.schedules import ANA

FAILS = Verdict((Finding("Encvoy ID answers", Result(CheckState.FAILED, "it does not")),))
OPEN = WatchState(sight=Sight((CAUSE,)), since=START, tested_at=START, incident=INCIDENT, changes=(START,))
DAILY = Schedule(verification=Verification(timedelta(days=1), ANA, START))
FULL = ("test", "test --all", "setup")
"""What examines everything."""


@pytest.mark.parametrize("schedule", [Schedule(), DAILY], ids=["off", "daily"])
@pytest.mark.parametrize("words", FULL)
async def test_a_verdict_that_is_good_ends_the_incident(standing: Counter, words: str, schedule: Schedule) -> None:
    standing.schedules.kept, standing.watch.kept = schedule, KeptWatch(OPEN)
    standing.world.clock.seconds += 7200
    await standing.run(words)
    assert standing.watch.kept.state.incident is None
    assert standing.watch.kept.owed[-1].text.startswith("✓ Recovered: everything works again after 2 h")
    assert standing.woken == 1


@pytest.mark.parametrize("words", FULL)
async def test_a_failure_changes_the_incident_that_is_open(standing: Counter, words: str) -> None:
    standing.watch.kept, standing.doctor.verdict = KeptWatch(OPEN), FAILS
    await standing.run(words)
    incident = standing.watch.kept.state.incident
    assert incident is not None
    assert "Encvoy ID answers: it does not" in incident.cause.line


async def test_where_no_test_is_scheduled_a_failure_opens_none(standing: Counter) -> None:
    standing.doctor.verdict = FAILS
    await standing.run("test")
    assert standing.watch.kept == KeptWatch(WatchState())
    assert standing.writes == []


async def test_where_tests_are_scheduled_a_failure_waits_for_its_second_look(standing: Counter) -> None:
    standing.schedules.kept, standing.doctor.verdict = DAILY, FAILS
    await standing.run("test")
    state = standing.watch.kept.state
    assert (state.incident, state.suspected_at is None) == (None, False)
    assert standing.woken == 1


async def test_a_dry_run_examines_nothing_and_tells_nothing(standing: Counter) -> None:
    standing.watch.kept = KeptWatch(OPEN)
    await standing.run("setup --dry-run")
    assert standing.watch.kept == KeptWatch(OPEN)


@pytest.mark.parametrize("error", [UserError("What is scheduled cannot be read."), StoreUnavailable()])
async def test_the_answer_does_not_need_the_watch(
    standing: Counter, monkeypatch: pytest.MonkeyPatch, error: UserError
) -> None:
    async def fails() -> Schedule:
        raise error

    monkeypatch.setattr(standing.schedules, "get", fails)
    standing.watch.kept = KeptWatch(replace(OPEN))
    assert (await standing.run("test"))[1].startswith("✓ No check failed.")
    assert standing.watch.kept == KeptWatch(OPEN)
