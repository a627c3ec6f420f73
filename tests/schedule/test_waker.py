"""APScheduler as the clock, on the real event loop: it decides nothing, and forgets nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot.clock import Clock, SystemClock
from bot.schedule import waker as module
from bot.schedule.waker import ApschedulerWaker, Waker
from tests.support.clocks import ShiftedClock

SOON = timedelta(seconds=0.2)
LONG = timedelta(seconds=30)


@dataclass
class Bench:
    """A waker that runs, and what it told."""

    clock: Clock
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waker = ApschedulerWaker(self.clock, self.troubles.append)

    async def waited(self, delay: timedelta) -> float:
        """Waits until that moment; the seconds that it took."""
        began = time.monotonic()
        async with asyncio.timeout(10):
            await self.waker.wait(self.clock.now() + delay)
        return time.monotonic() - began


@asynccontextmanager
async def running(clock: Clock | None = None) -> AsyncIterator[Bench]:
    bench = Bench(clock or SystemClock())
    bench.waker.start()
    try:
        yield bench
    finally:
        bench.waker.stop()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running() as made:
        yield made


def test_it_is_the_port() -> None:
    port: Waker = ApschedulerWaker(SystemClock(), lambda _: None)
    assert port is not None


async def test_it_wakes_at_the_moment_and_not_before(bench: Bench) -> None:
    assert 0.19 <= await bench.waited(SOON) < 1.0


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(hours=1), timedelta(days=400)])
async def test_a_moment_that_is_over_wakes_at_once(bench: Bench, ago: timedelta) -> None:
    """APScheduler would drop a job that is a second late (facts/rocketchat.md §15)."""
    assert await bench.waited(-ago) < 0.5
    assert bench.troubles == []


async def test_wake_ends_a_wait(bench: Bench) -> None:
    asyncio.get_running_loop().call_later(0.05, bench.waker.wake)
    assert await bench.waited(LONG) < 1.0


async def test_a_wake_before_the_wait_is_not_lost_and_counts_once(bench: Bench) -> None:
    bench.waker.wake()
    bench.waker.wake()
    assert await bench.waited(LONG) < 0.1
    assert await bench.waited(SOON) >= 0.19


async def test_it_is_armed_anew_by_each_wait(bench: Bench) -> None:
    """An earlier moment replaces a later one, and the other way round."""
    asyncio.get_running_loop().call_later(0.05, bench.waker.wake)
    await bench.waited(SOON)
    assert 0.39 <= await bench.waited(2 * SOON) < 1.0
    assert [0.04 < await bench.waited(SOON / 4) < 0.5 for _ in range(4)] == [True] * 4


async def test_it_wakes_after_a_minute_at_the_latest(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(seconds=60) == module.AT_LEAST_EVERY
    monkeypatch.setattr(module, "AT_LEAST_EVERY", SOON)
    assert 0.19 <= await bench.waited(timedelta(days=30)) < 1.0


async def test_a_loop_that_is_busy_at_the_moment_wakes_when_it_is_free(bench: Bench) -> None:
    """With APScheduler's own settings such a job is never run."""
    asyncio.get_running_loop().call_later(0.1, time.sleep, 2)
    assert 2.0 <= await bench.waited(SOON) < 3.0
    assert bench.troubles == []


async def test_the_time_is_that_of_the_clock_of_the_bot() -> None:
    clock = ShiftedClock()
    clock.shift = -90 * 86400
    async with running(clock) as bench:
        assert 0.19 <= await bench.waited(SOON) < 1.0


async def test_after_a_jump_of_the_clock_wake_lets_the_caller_look_again() -> None:
    clock = ShiftedClock()
    async with running(clock) as bench:
        until = clock.now() + timedelta(hours=3)
        waiting = asyncio.create_task(bench.waker.wait(until))
        await asyncio.sleep(0.05)
        clock.shift += 3 * 3600
        bench.waker.wake()
        await asyncio.wait_for(waiting, 1)
        assert await bench.waited(until - clock.now()) < 0.5


class _Ahead(datetime):
    """The clock of the machine as it was before it was set back by an hour."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(hours=1)


async def test_a_clock_of_the_machine_that_is_set_back_does_not_make_it_sleep_longer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_LEAST_EVERY", SOON)
    monkeypatch.setattr(module, "LATE", SOON)
    monkeypatch.setattr(module, "datetime", _Ahead)
    assert 0.39 <= await bench.waited(SOON) < 2.0


async def _fail() -> None:
    raise RuntimeError("a bug")


async def _hang() -> None:
    await asyncio.sleep(60)


def add(bench: Bench, job: Any, **options: Any) -> None:
    """A job in the same scheduler that makes trouble."""
    bench.waker._scheduler.add_job(job, **options)


async def troubled(bench: Bench) -> list[str]:
    """The troubles, once there is one, and what the log said of it."""
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(5):
            while not bench.troubles:  # noqa: ASYNC110 - APScheduler calls back, and has no event
                await asyncio.sleep(0.02)
    assert [line["trouble"] for line in logs if line["event"] == "scheduler.trouble"] == bench.troubles
    return bench.troubles


async def test_a_job_that_was_missed_is_told(bench: Bench) -> None:
    late = datetime.now(UTC) - timedelta(minutes=5)
    add(bench, _fail, trigger="date", run_date=late, misfire_grace_time=1)
    assert await troubled(bench) == ["missed"]


async def test_a_job_that_failed_is_told(bench: Bench) -> None:
    add(bench, _fail)
    assert await troubled(bench) == ["error"]


async def test_a_job_that_still_runs_when_it_is_due_again_is_told(bench: Bench) -> None:
    add(bench, _hang, trigger="interval", seconds=0.1, id="slow")
    assert (await troubled(bench))[0] == "max_instances"


async def test_trouble_ends_the_wait_as_the_job_may_never_have_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.waker, "_fire", _fail)
    assert await bench.waited(SOON) < 1.0
    assert bench.troubles == ["error"]


async def test_a_wait_that_is_cancelled_harms_no_other(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.waker.wait(bench.clock.now() + LONG))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert 0.19 <= await bench.waited(SOON) < 1.0


async def test_stop_leaves_nothing_behind() -> None:
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    async with running() as bench:
        await bench.waited(SOON / 4)
        waiting = asyncio.create_task(bench.waker.wait(bench.clock.now() + LONG))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before
    timers = [timer for timer in getattr(loop, "_scheduled", []) if not timer.cancelled()]
    assert timers == []


async def test_it_can_be_stopped_twice_and_before_it_was_started() -> None:
    bench = Bench(SystemClock())
    bench.waker.stop()
    bench.waker.start()
    bench.waker.stop()
    bench.waker.stop()
    assert bench.troubles == []
