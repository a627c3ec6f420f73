"""In-memory adapters of the ports of the scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.doctor.incident import WatchState
from bot.doctor.sight import SeenVersions
from bot.doctor.verdict import Verdict
from bot.errors import StoreUnavailable, UserError
from bot.schedule.ports import Begun, Due, Ended
from bot.schedule.rules import Kind, Schedule
from bot.schedule.waker import AT_LEAST_EVERY
from bot.schedule.watching import KeptWatch

_FIELDS = {Kind.ROTATE: "rotation", Kind.TEST: "verification", Kind.MAXIMUM: "maximum"}


@dataclass
class MemorySchedules:
    """See `bot.schedule.ports.Schedules`."""

    kept: Schedule = field(default_factory=Schedule)
    away: bool = False
    """Every call fails, as while the database is away."""
    called: Callable[[str], None] = lambda _: None
    """Told of each call that writes."""

    async def get(self) -> Schedule:
        self._check()
        return self.kept

    async def change(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        self._check()
        self.called("change_schedule")
        self.kept = change(self.kept)
        return self.kept

    async def forget(self, kind: Kind) -> None:
        self._check()
        self.called("forget_schedule")
        self.kept = replace(self.kept, **{_FIELDS[kind]: None})

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable


@dataclass
class MemoryWatch:
    """See `bot.schedule.watching.WatchStore`."""

    kept: KeptWatch = field(default_factory=lambda: KeptWatch(WatchState()))
    called: Callable[[str], None] = lambda _: None
    """Told of each call that writes."""

    async def get(self) -> KeptWatch:
        return self.kept

    async def put(self, kept: KeptWatch) -> None:
        self.called("keep_watch")
        self.kept = kept


@dataclass
class MemoryRoom:
    """See `bot.schedule.ports.ReportRoom`."""

    clock: Clock
    texts: dict[str, str] = field(default_factory=dict)
    """What stands there, by its key."""
    said: list[tuple[datetime, str]] = field(default_factory=list)
    """Every message that was new, and when."""
    edits: list[str] = field(default_factory=list)
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: bool = False
    """Nothing can be posted."""
    editable: bool = True
    away: bool = False
    """Nothing can be edited now."""

    async def post(self, key: str, text: str) -> bool:
        if self.closed:
            return False
        if key not in self.texts:
            self.said.append((self.clock.now(), text))
        self.texts[key] = text
        return True

    async def edit(self, key: str, text: str) -> bool | None:
        if self.away:
            return None
        if not self.editable or key not in self.texts:
            return False
        self.texts[key] = text
        self.edits.append(text)
        return True

    async def reacted(self, key: str) -> tuple[str, ...]:
        return self.reactions.get(key, ())


@dataclass
class MemoryOperating:
    """See `bot.schedule.ports.Operating`: operations end as `outcomes` says, in the order in which they begin."""

    outcomes: list[Ended | None] = field(default_factory=list)
    """None: it goes on. Without any more, it succeeds."""
    begun: dict[str, Due] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    at: list[datetime] = field(default_factory=list)
    """When each began."""
    clock: Clock | None = None
    succeeded: Callable[[], None] = lambda: None
    """Called for each that succeeds."""

    async def begin(self, due: Due, words: str) -> None:
        if due.key in self.begun:
            return
        self.begun[due.key] = due
        if self.clock is not None:
            self.at.append(self.clock.now())
        outcome = self.outcomes.pop(0) if self.outcomes else Ended(True, "✓ Rotated.")
        if outcome is not None:
            self.ended[due.key] = outcome
            if outcome.succeeded:
                self.succeeded()

    async def outcome(self, due_key: str) -> Ended | Begun | None:
        if due_key not in self.begun:
            return None
        return self.ended.get(due_key, Begun())

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        yield


@dataclass
class MemoryRoles:
    """See `bot.schedule.ports.Roles`."""

    administrators: frozenset[str] | None = frozenset({"anna", "u-ana"})
    """User ids and user names; None: nobody can be asked."""

    async def holds(self, user_id: str) -> bool | None:
        return None if self.administrators is None else user_id in self.administrators

    async def named(self, username: str) -> bool:
        return self.administrators is not None and username in self.administrators


@dataclass
class MemoryExaminer:
    """See `bot.schedule.ports.Examiner`."""

    verdict: Verdict
    proved: datetime | None = None
    seen: SeenVersions = field(default_factory=lambda: SeenVersions("8.8", "1.0.10"))
    refusal: UserError | None = None
    """Why a rotation could not begin."""
    undecided: str | None = None
    examined: int = 0
    rehearsed: int = 0
    error: Exception | None = None
    """Raised by the next examination."""

    async def proved_at(self) -> datetime | None:
        return self.proved

    async def examine(self) -> Verdict:
        self.examined += 1
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return self.verdict

    async def versions(self) -> SeenVersions:
        return self.seen

    async def rehearse(self) -> None:
        self.rehearsed += 1
        if self.refusal is not None:
            raise self.refusal

    async def trouble(self) -> str | None:
        return self.undecided


@dataclass
class SleepingWaker:
    """See `bot.schedule.waker.Waker`: sleeps on the clock of the test."""

    clock: Clock
    longest: timedelta = AT_LEAST_EVERY

    def wake(self) -> None: ...

    async def wait(self, until: datetime) -> None:
        await self.clock.sleep(min(until - self.clock.now(), self.longest).total_seconds())
