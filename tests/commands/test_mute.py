"""`mute`: for a while the report room hears of alarms only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chatops.registry import Trace
from bot.doctor.incident import Mute, WatchState
from bot.errors import UserError
from bot.schedule.watching import KeptWatch
from tests.commands.test_recovery import recovery
from tests.support.clocks import START
from tests.support.counter import Counter

WORDS = 'mute 2 hours --reason "maintenance"'


async def there(counter: Counter) -> Mute | None:
    return (await counter.context.watcher.state()).mute


async def test_it_says_until_when_and_why(counter: Counter) -> None:
    answer, text = await counter.run(WORDS)
    assert text.splitlines()[:2] == [
        "✓ Until Tue 24 Nov 2026 14:16 (UTC) the report room hears of alarms only.",
        "Reason: `maintenance`",
    ]
    assert answer.next == ("mute off", "status")
    assert await there(counter) == Mute(
        counter.world.clock.now() + timedelta(hours=2, seconds=-0.01), "maintenance", "op1"
    )


async def test_without_a_reason_there_is_none(counter: Counter) -> None:
    assert "Reason" not in (await counter.run("mute 1 day"))[1]


@pytest.mark.parametrize("typed", ["30m", "30 minutes", "for 30 min"])
async def test_every_spelling_of_a_duration(counter: Counter, typed: str) -> None:
    assert "12:46 (UTC)" in (await counter.run(f"mute {typed}"))[1]


async def test_another_mute_takes_the_place_of_the_first(counter: Counter) -> None:
    await counter.run(WORDS)
    counter.operation = "op2"
    _, text = await counter.run("mute 1h")
    assert "13:16 (UTC)" in text
    mute = await there(counter)
    assert mute is not None
    assert (mute.reason, mute.set_by) == ("", "op2")


async def test_off_ends_it_and_does_no_harm_where_nothing_is_muted(counter: Counter) -> None:
    for words in (WORDS, "mute off", "mute off"):
        _, text = await counter.run(words)
    assert text.startswith("✓ Nothing is held back any more.")
    assert await there(counter) is None


async def test_whoever_may_not_changes_nothing(counter: Counter) -> None:
    counter.refusal = UserError("Only an administrator may do this.")
    for words in (WORDS, "mute off"):
        with pytest.raises(UserError, match="Only an administrator"):
            await counter.run(words)
    assert await there(counter) is None
    assert counter.woken == 0


@pytest.mark.parametrize("words", [WORDS, "mute off"])
async def test_the_scheduler_is_woken(counter: Counter, words: str) -> None:
    await counter.run(words)
    assert counter.woken == 1


async def test_after_a_crash_the_end_is_that_of_the_first_run(counter: Counter) -> None:
    _, first = await counter.run(WORDS)
    kept = await there(counter)
    counter.world.clock.seconds += 1800
    for _ in range(2):
        assert (await counter.run(WORDS, resumed=True))[1] == first
    assert counter.writes == []
    assert await there(counter) == kept


async def test_after_a_crash_before_its_effect_the_mute_of_before_is_not_its_own(counter: Counter) -> None:
    await counter.run("mute 1h")
    counter.operation = "op2"
    _, text = await counter.run(WORDS, resumed=True)
    assert "14:16 (UTC)" in text
    mute = await there(counter)
    assert mute is not None
    assert (mute.reason, mute.set_by) == ("maintenance", "op2")


@pytest.mark.parametrize(
    ("before", "words", "trace"),
    [
        ("", WORDS, Trace.NOTHING),
        (WORDS, WORDS, Trace.PART),
        (WORDS, "mute off", Trace.NOTHING),
        ("", "mute off", Trace.PART),
    ],
)
async def test_what_is_left_of_it_shows(counter: Counter, before: str, words: str, trace: Trace) -> None:
    if before:
        await counter.run(before)
    found, call = recovery(counter, words)
    assert await found.trace(call) is trace


async def test_the_mute_of_another_operation_is_no_trace(counter: Counter) -> None:
    counter.operation = "op0"
    await counter.run("mute 1h")
    found, call = recovery(counter, WORDS)
    assert await found.trace(call) is Trace.NOTHING


async def test_a_mute_that_was_ended_leaves_its_trace_before_what_it_held_back_was_looked_at(counter: Counter) -> None:
    counter.watch.kept = KeptWatch(WatchState(mute=Mute(START, "")))
    found, call = recovery(counter, "mute off")
    assert await found.trace(call) is Trace.PART
