"""The line in the log for an operation that has ended: who did what, from where, and with which outcome.

It holds ids and names, and no text that a person typed: only the declared name of the command, without options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

import structlog

from bot.chatops.execution import Ending
from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Operation
from bot.chatops.registry import Command

ENDED = "operation.ended"
REFUSED = "refused"
"""The outcome if its author may not do it; otherwise the state of the row, `done` or `failed`."""

_log = structlog.get_logger()


def ended(operation: Operation, ending: Ending, *, command: Command | None, receipt: bool, now: datetime) -> None:
    """Writes it. Call it only after the end is committed: an operation that is not committed is resumed at the next
    start, and would end twice. `command` is None if this version does not know it; `seconds` count from when it was
    accepted, also across a restart."""
    _log.info(
        ENDED,
        operation=operation.id,
        command=command.name if command else None,
        **_from_where(operation.origin),
        outcome=_outcome(ending),
        receipt=receipt,
        # The wall clock may have been set back since.
        seconds=max(0.0, round((now - operation.created_at).total_seconds(), 3)),
    )


def counted(told: Callable[[str, str], None]) -> Callable[[Operation, Ending], None]:
    """A listener of the runner that tells the declared name of the command, without what was typed after it, and the
    outcome as in the log."""

    def ended(operation: Operation, ending: Ending) -> None:
        told(operation.words.partition(" ")[0], _outcome(ending))

    return ended


def _outcome(ending: Ending) -> str:
    return REFUSED if ending.refused else ending.state.value


def _from_where(origin: Origin) -> Mapping[str, str]:
    match origin:
        case FromMessage():
            return {
                "user": origin.user_id,
                "username": origin.username,
                "room": origin.room_id,
                "message": origin.message_id,
            }
        case FromSchedule():
            return {"schedule": origin.due, "set_by": origin.user_id, "room": origin.room_id}
        case never:
            assert_never(never)
