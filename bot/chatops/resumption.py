"""What becomes of an operation that an earlier process left: it is finished, begun anew, or given up.

What may have changed something is finished, whoever its author is by now. Of what shows nowhere the author is asked
again, who may have lost the role meanwhile; and what is too old is not carried out: its author has moved on.
"""

from __future__ import annotations

from dataclasses import replace

from bot.chatops.access import Access
from bot.chatops.answer import render_failure
from bot.chatops.execution import Ending, Job, call_of, execute, failed
from bot.chatops.ports import Operation, Operations, OperationState
from bot.chatops.registry import Trace
from bot.chatops.steps import Steps
from bot.errors import UserError

INTERRUPTED = UserError(
    "I was interrupted before anything was written.", why="That is too long ago now.", mend="Please type it again."
)
UNCLEAR = UserError(
    "I was interrupted, and that is too long ago now to go on.",
    why="I cannot tell what I had put right by then; `/sso status` shows what is true now.",
    mend="Please type it again.",
)
NOT_KNOWN = UserError("I was restarted and do not know this command any more.", mend="`/sso help` shows what I know.")
SENSELESS = UserError(
    "I was restarted and do not understand any more what I was to do.",
    why="My record of it was written by another version, or is damaged.",
    mend="`/sso status` shows what is true now, and `/sso help` what I know.",
)


async def resume(job: Job, steps: Steps, *, old: bool, access: Access, operations: Operations) -> Ending:
    """Like `execute`. `old`: typed so long ago that it is not begun any more."""
    try:
        trace = await _trace(job, steps, access, operations)
        if trace is Trace.PART:
            steps.note("The bot was restarted meanwhile and goes on.")
            return await execute(job, steps, access=access, operations=operations)
        if old:
            text = UNCLEAR if trace is Trace.UNCLEAR else INTERRUPTED
            return Ending(OperationState.FAILED, render_failure((), text, prefix=job.invocation.prefix))
        if not job.command.everyone:
            await access.administrator(job.operation.user_id)
        await operations.note(job.operation.id, OperationState.ACCEPTED)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it gets an answer and an end
        return failed(job, steps, error)
    steps.note("The bot was restarted meanwhile and goes on.")
    anew = replace(job, operation=replace(job.operation, state=OperationState.ACCEPTED), resumed=False)
    return await execute(anew, steps, access=access, operations=operations)


async def _trace(job: Job, steps: Steps, access: Access, operations: Operations) -> Trace:
    """What it left; the wish of what is not finished is taken back."""
    operation, recovery = job.operation, job.command.recovery
    if operation.state is not OperationState.RUNNING:
        return Trace.NOTHING
    if operation.receipt is not None or recovery is None:
        return Trace.PART
    call = call_of(job, steps, access=access, operations=operations)
    trace = await recovery.trace(call)
    if trace is not Trace.PART:
        await recovery.take_back(call)
    return trace


def makes_sense(operation: Operation) -> bool:
    """Whether a row is as this version writes it."""
    ended = operation.state in (OperationState.DONE, OperationState.FAILED)
    return operation.state is not OperationState.ODD and ended == (operation.reply_text is not None)
