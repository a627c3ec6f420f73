"""What the bot counts, for `/metrics`. Whoever has something to count calls a method, and none of them waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from importlib import metadata

import structlog

from bot.clock import Clock, within
from bot.doctor.checks import CheckState
from bot.doctor.verdict import Verdict
from bot.errors import UserError
from bot.web.exposition import SCHEDULER_EVENTS, Snapshot, exposition
from bot.web.readings import NOTHING_KNOWN, Readings

READ_SECONDS = 2.0
"""How long a scrape waits for `Metrics.readings`; Prometheus itself gives up after 10."""

_log = structlog.get_logger()


async def _nothing_known() -> Readings:
    return NOTHING_KNOWN


def own_version() -> str:
    """As the package was installed; `unknown` if it was not."""
    try:
        return metadata.version("ssobot")
    except metadata.PackageNotFoundError:
        return "unknown"


class Metrics:
    """Counts since the start of this process. Labels are words of the program, never text of a person."""

    def __init__(self, clock: Clock, readings: Callable[[], Awaitable[Readings]] = _nothing_known) -> None:
        """`readings` is asked at each scrape. If it raises a UserError or takes too long, nothing is known."""
        self.readings = readings
        self._clock = clock
        self._version = own_version()
        self._operations: Counter[tuple[str, str]] = Counter()
        self._scheduler_events: Counter[str] = Counter()
        self._findings: Mapping[str, int] = {}
        self._heard_at: float | None = None

    def forget(self) -> None:
        """This instance stands by: another one knows the state of the workspace, and hears the messages. The counters
        stay."""
        self.readings = _nothing_known
        self._findings, self._heard_at = {}, None

    def operation_ended(self, kind: str, outcome: str) -> None:
        """`kind`: the declared name of the command; `outcome` as in the log: `done`, `failed` or `refused`."""
        self._operations[kind, outcome] += 1

    def verdict(self, verdict: Verdict) -> None:
        """A full test has ended, whoever asked for it."""
        self._findings = {state.value: len(verdict.of(state)) for state in CheckState}

    def message_heard(self) -> None:
        """Rocket.Chat delivered a message, of anybody in any room."""
        self._heard_at = self._clock.monotonic()

    def scheduler_event(self, event: str) -> None:
        """One of `SCHEDULER_EVENTS`; ValueError for another."""
        if event not in SCHEDULER_EVENTS:
            raise ValueError(f"{event} is no event of the scheduler")
        self._scheduler_events[event] += 1

    async def scraped(self, parts: Mapping[str, str | None]) -> bytes:
        """The body (`bot.web.exposition`). `parts` as `bot.web.health.Parts` returns them: why each does not work."""
        age = None if self._heard_at is None else self._clock.monotonic() - self._heard_at
        return exposition(
            Snapshot(
                version=self._version,
                parts={part: reason is None for part, reason in parts.items()},
                readings=await self._read(),
                findings=self._findings,
                operations=self._operations,
                scheduler_events=self._scheduler_events,
                message_age=age,
            )
        )

    async def _read(self) -> Readings:
        async def read() -> Readings:
            return await self.readings()

        try:
            return await within(self._clock, READ_SECONDS, read())
        except (UserError, TimeoutError) as error:
            # /healthz, and `ssobot_part_up` with it, say why; each scrape would repeat it here.
            _log.debug("metrics.unread", error=type(error).__name__)
            return NOTHING_KNOWN
