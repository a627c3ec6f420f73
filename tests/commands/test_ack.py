"""`ack`: an administrator has seen the incident."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.registry import Trace
from bot.doctor.incident import Acknowledgement, Incident, WatchState
from bot.doctor.sight import FailedCheck
from bot.errors import UserError
from bot.schedule.watching import KeptWatch
from tests.commands.test_recovery import recovery
from tests.support.clocks import START
from tests.support.counter import Counter

CAUSE = FailedCheck("Encvoy ID answers", "✗ failed: it does not", 0)
INCIDENT = Incident(START, CAUSE, "", posts=1)
NONE = {
    "none": None,
    "one that nobody has heard of": replace(INCIDENT, posts=0),
    "one that is over": replace(INCIDENT, ended=START),
}


def arranged(counter: Counter, incident: Incident | None) -> None:
    counter.watch.kept = KeptWatch(WatchState(incident=incident))


async def acknowledged(counter: Counter) -> str | None:
    """By whom."""
    incident = (await counter.context.watcher.state()).incident
    return incident.acknowledged.by if incident and incident.acknowledged else None


async def test_it_acknowledges(counter: Counter) -> None:
    arranged(counter, INCIDENT)
    answer, text = await counter.run("ack")
    assert text.startswith("✓ Acknowledged: there are no more reminders of this failure.")
    assert answer.next == ("test",)
    assert (await acknowledged(counter), counter.woken) == ("anna", 1)


@pytest.mark.parametrize("incident", NONE.values(), ids=NONE)
async def test_where_nothing_is_reported_it_says_so(counter: Counter, incident: Incident | None) -> None:
    arranged(counter, incident)
    answer, text = await counter.run("ack")
    assert text.startswith("There is no reported failure to acknowledge.")
    assert answer.next == ("test", "status")
    assert (counter.world.calls, counter.woken) == ([], 0)


async def test_what_is_acknowledged_stays_so_and_says_by_whom(counter: Counter) -> None:
    arranged(counter, replace(INCIDENT, acknowledged=Acknowledgement("ben", START)))
    _, text = await counter.run("ack")
    assert "acknowledged by `ben` before; nothing changed" in text
    assert (counter.world.calls, counter.woken) == ([], 0)
    assert await acknowledged(counter) == "ben"


async def test_whoever_may_not_acknowledges_nothing(counter: Counter) -> None:
    arranged(counter, INCIDENT)
    counter.refusal = UserError("Only an administrator may do this.")
    with pytest.raises(UserError, match="Only an administrator"):
        await counter.run("ack")
    assert (await acknowledged(counter), counter.woken) == (None, 0)


async def test_after_a_crash_it_acknowledges_once_and_says_the_same(counter: Counter) -> None:
    arranged(counter, INCIDENT)
    _, first = await counter.run("ack")
    kept = counter.watch.kept
    counter.world.clock.seconds += 600
    for _ in range(2):
        assert (await counter.run("ack", resumed=True))[1] == first
        assert counter.writes == []
    assert counter.watch.kept == kept


@pytest.mark.parametrize(
    ("incident", "trace"),
    [
        (INCIDENT, Trace.NOTHING),
        (replace(INCIDENT, acknowledged=Acknowledgement("anna", START)), Trace.PART),
        *((incident, Trace.PART) for incident in NONE.values()),
    ],
)
async def test_what_is_left_of_it_shows(counter: Counter, incident: Incident | None, trace: Trace) -> None:
    arranged(counter, incident)
    found, call = recovery(counter, "ack")
    assert await found.trace(call) is trace
