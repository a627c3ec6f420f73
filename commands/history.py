"""`history`: what was done, by whom and with what result; `history <id>`: one operation in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.chatops.answer import Answer
from bot.chatops.history import PastOperation, asked_by
from bot.chatops.phrases import HISTORY_LIMIT, LastOperations, OneOperation, read_history
from bot.chatops.ports import Operation, OperationState
from bot.chatops.registry import Call, Option, Phrase, Registry
from bot.errors import UserError
from bot.text import SIZE_LIMIT, code, inert, quoted, size
from commands.context import CommandContext
from commands.receipts import fingerprints, measured, read_receipt, receipt_lines
from commands.times import when

ORDER = 45
WHICH, ALL = "which", "all"
DEFAULT = 10
ROOM = SIZE_LIMIT - 600
"""UTF-16 units for the list, as it is sent; the rest is for the verdict, the mention and what to type next."""
LINE = 200
"""Characters of an answer's first line."""
_NOT_ENDED = {
    OperationState.ACCEPTED: "not begun yet",
    OperationState.RUNNING: "not ended yet",
    OperationState.DONE: "done",
    OperationState.FAILED: "failed",
    OperationState.ODD: "of a kind that this version does not know",
}
"""What is said of an operation without an answer."""


@dataclass(frozen=True)
class Selection:
    """What is to be shown."""

    count: int = DEFAULT
    operation_id: str | None = None
    """The one operation; then the count does not matter."""


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "history",
        summary="Lists what was done, by whom and with which result",
        help=f"Newest first, {DEFAULT} unless you say how many; what fits into one message is shown. Times are in UTC. "
        "Old operations are deleted after the days of SSOBOT_HISTORY_DAYS.",
        phrase=Phrase(
            WHICH,
            f"how many, up to {HISTORY_LIMIT}; or the id of one operation, for its receipt and its answer",
            "[n|id]",
            lambda words: read_history(words).words,
        ),
        options=(Option(ALL, "list the commands that change nothing, too"),),
        effect=False,
        examples=("history", "history 50", "history 5f0c2a9d1e00"),
    )
    async def history(call: Call) -> Answer:
        asked, now, since = _selection(call), context.clock.now(), context.fingerprints.since
        if asked.operation_id is not None:
            found = await context.history.find(asked.operation_id)
            if found is None:
                raise UserError(
                    f"There is no operation {quoted(asked.operation_id, 40)}.",
                    why="It may have been deleted because of its age (SSOBOT_HISTORY_DAYS).",
                    fix="`/sso history` lists the last ones.",
                )
            return _in_full(found, now, since)
        everything = ALL in call.options
        reads = () if everything else [name for name, command in registry.commands.items() if not command.effect]
        latest = await context.history.latest(asked.count + 1, without=reads)
        # The operation that asks has no result yet.
        others = [past for past in latest if past.operation.id != call.operation.id][: asked.count]
        return _listed(others, now, since, everything=everything)


def _selection(call: Call) -> Selection:
    """From what was typed."""
    match read_history(call.arguments[WHICH].split()):
        case LastOperations(count=count):
            return Selection(DEFAULT if count is None else count)
        case OneOperation(id=operation_id):
            return Selection(operation_id=operation_id)
        case never:
            assert_never(never)


def _listed(found: Sequence[PastOperation], now: datetime, since: datetime | None, *, everything: bool) -> Answer:
    if not found and everything:
        return Answer("There is no other operation yet.", next=("status",))
    if not found:
        return Answer("There is no operation yet that could change something.", next=(f"history --{ALL}", "status"))
    lines = _fitting([_entry(past, now, since) for past in found])
    number = f"{len(lines)} operations" if len(lines) > 1 else "operation"
    verdict = f"The last {number}{'' if everything else ' that could change something'}, newest first."
    if len(lines) < len(found):
        verdict = f"{verdict} More do not fit into one message."
    following = [f"history {found[0].operation.id}", *([] if everything else [f"history --{ALL}"])]
    return Answer(verdict, tuple(lines), next=tuple(following))


def _fitting(lines: Sequence[str]) -> list[str]:
    """The first ones that have room, at least one."""
    fitting: list[str] = []
    room = ROOM
    for line in lines:
        room -= size(inert(line)) + 1
        if room < 0 and fitting:
            break
        fitting.append(line)
    return fitting


def _is_comparable(past: PastOperation, since: datetime | None) -> bool:
    """Whether its fingerprints were made with the key of now, which there is `since` then."""
    return since is None or (past.finished_at or past.operation.created_at) >= since


def _entry(past: PastOperation, now: datetime, since: datetime | None) -> str:
    operation = past.operation
    receipt = read_receipt(operation.receipt)
    said = () if receipt is None else (measured(receipt), fingerprints(receipt, comparable=_is_comparable(past, since)))
    facts = [fact for fact in said if fact is not None]
    more = f"\n    {'; '.join(facts)}" if facts else ""
    return f"• {_who_and_what(operation)}, {when(operation.created_at, now)}\n    {_came_of_it(operation)}{more}"


def _who_and_what(operation: Operation) -> str:
    return f"`{operation.id}`: {code(operation.words, 80)} by {asked_by(operation.origin)}"


def _came_of_it(operation: Operation) -> str:
    """The first line of the answer, which begins with its verdict."""
    if not operation.reply_text:
        return _NOT_ENDED[operation.state]
    line = operation.reply_text.partition("\n")[0]
    if len(line) <= LINE:
        return line
    cut = line[: LINE - 1].rstrip()
    # Inline code that lost its end would take the rest of the message in.
    return f"{cut}`…" if cut.count("`") % 2 else f"{cut}…"


def _in_full(past: PastOperation, now: datetime, since: datetime | None) -> Answer:
    operation = past.operation
    lines = (_ended(past, now), *_receipt(operation, comparable=_is_comparable(past, since)), *_answer(operation))
    return Answer(f"{_who_and_what(operation)}.", lines, next=("history",))


def _ended(past: PastOperation, now: datetime) -> str:
    began = past.operation.created_at
    if past.finished_at is None:
        return f"Accepted {when(began, now)}; {_NOT_ENDED[past.operation.state]}."
    # The wall clock may have been set back since.
    seconds = max(0.0, (past.finished_at - began).total_seconds())
    return f"Accepted {when(began, now)}. Ended after {seconds:.1f} s."


def _receipt(operation: Operation, *, comparable: bool) -> Iterator[str]:
    if operation.receipt is None:
        yield "It left no receipt: it changed nothing, or it is a command without one."
        return
    receipt = read_receipt(operation.receipt)
    if receipt is None:
        yield "This version cannot read its receipt."
        return
    yield "Receipt:"
    yield from receipt_lines(receipt, comparable=comparable)


def _answer(operation: Operation) -> Iterator[str]:
    """Indented, so that nobody takes its last line for what to type next."""
    if operation.reply_text is None:
        yield "There is no answer yet."
        return
    yield "Answer:"
    yield from (f"    {line}" for line in operation.reply_text.split("\n"))
