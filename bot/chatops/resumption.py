"""What becomes of an operation that an earlier process left: it is finished, or abandoned.

An operation that may have changed something is finished, even if its author has lost the role. If no trace of it is
found, the author's role is checked again; and if it is too old it is not carried out, because its author no longer
waits for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.chatops.access import Access, Refused
from bot.chatops.answer import Mark
from bot.chatops.execution import Ending, Job, Means, Steps, call_of, execute, failed
from bot.chatops.origin import FromSchedule
from bot.chatops.ports import Operation, OperationState
from bot.chatops.registry import Call, Trace
from bot.errors import Uncertain, Unfinished, UserError

_LONG_AGO = "According to my clock or Rocket.Chat's, you did not send this within the last two minutes."
INTERRUPTED = UserError("I was interrupted before anything was written.", why=_LONG_AGO, fix="Please type it again.")
UNCLEAR = "I cannot tell what I had done by then; `/sso status` shows the current state."
LATE = Uncertain(
    "I was interrupted, and I am not continuing.", why=f"{_LONG_AGO} {UNCLEAR}", fix="Please type it again."
)
CLOSED = UserError(
    "The scheduled run was interrupted before anything was written, and its window is over.",
    fix="None is needed: the next window is used.",
)
"""For an operation that a schedule began."""
NOT_KNOWN = UserError("I was restarted and no longer know this command.", fix="`/sso help` lists the commands.")
SENSELESS = UserError(
    "I was restarted and can no longer read what I was asked to do.",
    why="My record of it was written by another version, or is damaged.",
    fix="`/sso status` shows the current state, and `/sso help` the commands.",
)


async def _nothing() -> str:
    return ""


class Withdrawn(Uncertain, Refused):
    """Begun by an administrator, who is none any more."""


async def resume(
    job: Job, steps: Steps, means: Means, *, old: bool, told: Callable[[], Awaitable[str]] = _nothing
) -> Ending:
    """Like `execute`. `old`: typed so long ago that it must not begin any more. `told`: the result that was posted, and
    could not be stored: this is how it ends, unless something is seen of what it says is not done. It is short to ask
    for: where half of an exchange waits to be finished, Rocket.Chat is needed for that anyway."""
    call = call_of(job, steps, means)
    try:
        trace = await _trace(job, call)
        if (stands := _as_told(await told(), trace)) is not None:
            if stands.state is OperationState.FAILED and trace is not Trace.PART:
                await _revert(job, call)
            return stands
        if trace is not Trace.PART:
            refusal = await _refusal(job, trace, means.access, old=old)
            if refusal is not None:
                await _revert(job, call)
                return failed(job, steps, refusal)
    except UserError as error:
        return failed(job, steps, _uncertain(error) if job.operation.state is OperationState.RUNNING else error)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it gets an answer and an end
        return failed(job, steps, error)
    steps.remark("The bot was restarted and is continuing.")
    if trace is Trace.PART:
        return await execute(job, steps, means)
    # Treated as never authorised, so that the author's role is checked again just before the first effect.
    unauthorised = replace(job, operation=replace(job.operation, state=OperationState.ACCEPTED))
    ending = await execute(unauthorised, steps, means)
    try:
        if ending.refused:
            await _revert(job, call)
    except UserError as error:
        return failed(job, steps, _uncertain(error))
    return ending


def _as_told(said: str, trace: Trace) -> Ending | None:
    if trace is Trace.PART:
        # Only these verdicts are true of a part. Anything else may be the progress, as 0.1 kept it in the same message.
        ended = said.startswith(tuple(f"{Mark.FAILED.value} {kind.verdict}" for kind in (Unfinished, Uncertain)))
        return Ending(OperationState.FAILED, said) if ended else None
    if not said:
        return None
    if not said.startswith(Mark.FAILED.value):
        return Ending(OperationState.DONE, said)
    return Ending(OperationState.FAILED, said) if trace is Trace.NOTHING else None


def _uncertain(error: UserError) -> UserError:
    """It was begun, its effect could not be observed, and it stays desired."""
    return Uncertain(
        f"I was restarted and could not check what I had done. {error.what}",
        why=error.why,
        fix=f"{error.fix} Then type the command again: it finishes what is missing.".lstrip(),
    )


async def _trace(job: Job, call: Call) -> Trace:
    operation, recovery = job.operation, job.command.recovery
    if operation.state is not OperationState.RUNNING:
        return Trace.NOTHING
    if operation.receipt is not None or recovery is None:
        return Trace.PART
    return await recovery.trace(call)


async def _refusal(job: Job, trace: Trace, access: Access, *, old: bool) -> UserError | None:
    if old and isinstance(job.operation.origin, FromSchedule):
        return CLOSED
    if old:
        return LATE if trace is Trace.UNCLEAR else INTERRUPTED
    if job.command.everyone:
        return None
    try:
        await access.may_begin(job.operation.origin)
    except Refused as refused:
        if trace is Trace.UNCLEAR:
            return Withdrawn(
                "I was interrupted, and I am not continuing.", why=f"{refused.why} {UNCLEAR}", fix=refused.fix
            )
        return refused
    return None


async def _revert(job: Job, call: Call) -> None:
    """If the answer is “not done”, it must not stay desired either."""
    if job.operation.state is OperationState.RUNNING and job.command.recovery is not None:
        await job.command.recovery.revert(call)


def makes_sense(operation: Operation) -> bool:
    """Whether this version could have written the row."""
    ended = operation.state in (OperationState.DONE, OperationState.FAILED)
    return operation.state is not OperationState.ODD and ended == (operation.reply_text is not None)
