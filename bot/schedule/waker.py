"""Wakes the scheduler: APScheduler is the clock, and nothing else. What is due is decided by the rows
(`bot.schedule.rotation`), never by a job.

APScheduler drops a job that is a second late, keeps pickled jobs in its database, counts intervals from the start of
the process, and runs a job in two processes twice (facts/rocketchat.md §15). So there is one job in memory, for the
earliest moment, without a limit for being late, and it only sets an event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import Clock

AT_LEAST_EVERY = timedelta(seconds=60)
"""The longest sleep: a clock that was set, or a row that another program changed, is noticed after this time."""
LATE = timedelta(seconds=1)
"""After it, the wait ends without APScheduler."""

_TROUBLES = {EVENT_JOB_MISSED: "missed", EVENT_JOB_ERROR: "error", EVENT_JOB_MAX_INSTANCES: "max_instances"}

_log = structlog.get_logger()


class Waker(Protocol):
    """Waits until a moment, or until somebody says that something has changed."""

    def wake(self) -> None:
        """Something has changed: `wait` returns at once. Never waits."""
        ...

    async def wait(self, until: datetime) -> None:
        """Returns at that moment, after `wake`, or after `AT_LEAST_EVERY`."""
        ...


class ApschedulerWaker:
    """Start it in the running loop, and stop it."""

    def __init__(self, clock: Clock, trouble: Callable[[str], None]) -> None:
        """`trouble` is told of every event that means that the clock did not do its work: `missed`, `error` or
        `max_instances`."""
        self._clock = clock
        self._trouble = trouble
        self._event = asyncio.Event()
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._heard, EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begins to count the time."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ends it. The job only sets an event, so nothing is lost."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def wake(self) -> None:
        """See `Waker.wake`."""
        self._event.set()

    async def wait(self, until: datetime) -> None:
        """See `Waker.wait`."""
        # APScheduler reads the clock of the machine by itself, and the clock of a test may be another one.
        delay = min(until - self._clock.now(), AT_LEAST_EVERY)
        run_date = datetime.now(UTC) + max(delay, timedelta(0))
        self._scheduler.add_job(self._fire, "date", run_date=run_date, id="due", replace_existing=True)
        # When the clock of the machine is set back, APScheduler waits for it to catch up, which may take hours.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout((AT_LEAST_EVERY + LATE).total_seconds()):
                await self._event.wait()
        self._event.clear()

    async def _fire(self) -> None:
        self._event.set()

    def _heard(self, event: Any) -> None:
        name = _TROUBLES[event.code]
        _log.warning("scheduler.trouble", trouble=name)
        self._trouble(name)
        # The job may not have run, and nothing else would look at the rows.
        self._event.set()
