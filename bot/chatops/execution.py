"""One run of one operation: calls its handler, shows its progress, and turns every outcome into an answer."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.chatops.access import Access, Refused
from bot.chatops.answer import (
    BARELY_ENDED,
    Mark,
    Step,
    fixes_in,
    render,
    render_ended,
    render_failure,
    render_internal,
    render_working,
)
from bot.chatops.grammar import Invocation
from bot.chatops.ports import Operation, Operations, OperationState, Person, Room
from bot.chatops.registry import Call, Command, OperationRef, Private
from bot.clock import Clock
from bot.errors import UserError

FirstWord = Callable[[], Awaitable[bool]]
"""Whether the asker can read that the operation goes on."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Ending:
    """How it ended, and the whole result."""

    state: OperationState
    text: str
    receipt: Mapping[str, object] | None = None
    refused: bool = False
    """Its author may not do this; nothing was changed."""
    progress: str = BARELY_ENDED
    """The last text of the progress, if any is shown."""


@dataclass(frozen=True)
class Job:
    """One run of one operation."""

    operation: Operation
    invocation: Invocation
    who: Person
    room: Room
    resumed: bool = False

    @property
    def command(self) -> Command:
        """The command that is run."""
        return self.invocation.command


class Steps:
    """The `Progress` that handlers get. No method waits."""

    def __init__(self, clock: Clock, shows: Shows) -> None:
        self._clock = clock
        self._shows = shows
        self._began = self._last = clock.monotonic()
        self._steps: list[Step] = []

    @property
    def done(self) -> tuple[Step, ...]:
        """The lines so far."""
        return tuple(self._steps)

    def begin(self) -> None:
        """The time of the first step counts from here, without the wait for other operations."""
        self._began = self._last = self._clock.monotonic()

    def step(self, text: str) -> None:
        """See `Progress.step`."""
        now = self._clock.monotonic()
        self._add(Step(text, now - self._last))
        self._last = now

    def did(self, text: str, seconds: float) -> None:
        """See `Progress.did`."""
        self._add(Step(text, seconds, change=True))
        self._last = self._clock.monotonic()

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        self._add(Step(text, mark=Mark.NOTE, lasting=True))

    def remark(self, text: str) -> None:
        """See `Progress.remark`."""
        self._add(Step(text, mark=Mark.NOTE))

    def alarm(self, text: str) -> None:
        """See `Progress.alarm`."""
        self._shows.alarm(f"{Mark.FAILED.value} {text}")
        self._add(Step(text.partition("\n")[0], mark=Mark.FAILED))

    def doing(self, text: str) -> None:
        """See `Progress.doing`."""
        self._shows.show(render_working(self._steps, text))

    def ended(self, prefix: str, *, told: bool = False, well: bool = True) -> str:
        """The last text of the progress. `told`: lasting steps are part of the result, and left out here.
        `well`: it did not fail."""
        steps = [step for step in self._steps if not (told and step.lasting)]
        return render_ended(steps, self._clock.monotonic() - self._began, prefix=prefix, well=well)

    def _add(self, step: Step) -> None:
        self._steps.append(step)
        self.doing("working")


class Shows(Protocol):
    """Where the progress is shown: `bot.chatops.reply.Reply`."""

    def show(self, text: str) -> None:
        """As the progress."""
        ...

    def alarm(self, text: str) -> None:
        """In a message of its own."""
        ...


@dataclass(frozen=True)
class Means:
    """What a run needs, most of it before its first effect."""

    access: Access
    operations: Operations
    first_word: FirstWord
    for_everyone: frozenset[str]
    """Names of the commands that every member may give."""
    private: Private


@dataclass(frozen=True)
class _Authorization:
    """`Call.authorize`. After it returns, the operation counts as running: it is finished even after a crash or a
    withdrawn role, since half of a change is worse than either end."""

    means: Means
    operation: Operation

    async def __call__(self) -> None:
        if self.operation.state is OperationState.RUNNING:
            return
        if not await self.means.first_word():
            raise _silenced()
        await self.means.access.may_begin(self.operation.origin)
        await self.means.operations.note(self.operation.id, OperationState.RUNNING)


async def execute(job: Job, steps: Steps, means: Means) -> Ending:
    """Runs the handler. Every error becomes an answer; only cancellation is passed on."""
    try:
        answer = await job.command.handler(call_of(job, steps, means))
        answer = replace(answer, next=await _offered(answer.next, job, means))
    except Exception as error:  # noqa: BLE001 - whatever a handler does, its author gets an answer
        return failed(job, steps, error)
    state = OperationState.FAILED if answer.failed else OperationState.DONE
    prefix = job.invocation.prefix
    told = render(steps.done, answer, prefix=prefix)
    return Ending(state, told, answer.receipt, progress=steps.ended(prefix, told=True, well=not answer.failed))


def call_of(job: Job, steps: Steps, means: Means) -> Call:
    """The run as its handler sees it."""
    return Call(
        who=job.who,
        room=job.room,
        arguments=job.invocation.arguments,
        options=job.invocation.options,
        progress=steps,
        authorize=_Authorization(means, job.operation),
        operation=OperationRef(job.operation.id, job.resumed, job.operation.receipt),
        private=means.private,
    )


def failed(job: Job, steps: Steps, error: Exception) -> Ending:
    """The answer to an error."""
    prefix = job.invocation.prefix
    if isinstance(error, UserError):
        text = render_failure(steps.done, error, next=_after(error, job), prefix=prefix)
        refused = isinstance(error, Refused)
        return Ending(OperationState.FAILED, text, refused=refused, progress=steps.ended(prefix, well=False))
    error_id = log_internal(error, job.command.name, job.operation.id)
    text = render_internal(steps.done, error_id, prefix=prefix)
    return Ending(OperationState.FAILED, text, progress=steps.ended(prefix, well=False))


async def _offered(following: tuple[str, ...], job: Job, means: Means) -> tuple[str, ...]:
    """What the asker may type next. For a command that is for everyone, the role was not checked yet."""
    for_everyone = tuple(line for line in following if line.split()[0] in means.for_everyone)
    known = not job.command.everyone and not job.resumed
    if known or for_everyone == following:
        return following
    try:
        await means.access.may_begin(job.operation.origin)
    except Refused:
        return for_everyone
    return following


def _after(error: UserError, job: Job) -> tuple[str, ...]:
    """The commands that the error names; otherwise the same command again, and `status`."""
    if isinstance(error, Refused) or job.command.everyone:
        return ()
    if not error.offered:
        return ("status",)
    again = (job.operation.words,) if job.command.repeatable else ()
    return fixes_in(error.fix) or ((*again, "status") if job.command.effect else ())


def _silenced() -> Refused:
    return Refused(
        "I did nothing, because I could not reply: Rocket.Chat accepted no message from me.",
        fix="Make sure that I can write here (I am not muted, the room is not read-only), then type it again.",
    )


def log_internal(error: BaseException, what: str, operation_id: str | None = None) -> str:
    """Logs the place and the class of the error, but not its text, which may hold a secret (a database driver quotes
    the values of a statement). Returns the id that people see."""
    error_id = secrets.token_hex(4)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    kind = type(error).__qualname__
    _log.error("internal error", error_id=error_id, what=what, operation=operation_id, kind=kind, frames=frames)
    return error_id
