"""The line in the log for an operation that has ended: who did what, from where, and with which outcome.

It holds ids and names, and no word that a person typed freely: the command as it was declared, without its options.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

import structlog

from bot.chatops.execution import Ending
from bot.chatops.origin import FromMessage, Origin
from bot.chatops.ports import Operation
from bot.chatops.registry import Command

ENDED = "operation.ended"
REFUSED = "refused"
"""The outcome where its author may not do it; else it is the state of the row, `done` or `failed`."""

_log = structlog.get_logger()


def ended(operation: Operation, ending: Ending, *, command: Command | None, receipt: bool, now: datetime) -> None:
    """Writes it. To be called once the end is committed and not before: what is not committed is taken up again by the
    next start, and ends a second time. `command` is None where this version does not know it; `seconds` count from when
    it was accepted, a restart in between included."""
    _log.info(
        ENDED,
        operation=operation.id,
        command=command.name if command else None,
        **_from_where(operation.origin),
        outcome=REFUSED if ending.refused else ending.state.value,
        receipt=receipt,
        # The clock on the wall may have been set back since.
        seconds=max(0.0, round((now - operation.created_at).total_seconds(), 3)),
    )


def _from_where(origin: Origin) -> Mapping[str, str]:
    match origin:
        case FromMessage():
            return {
                "user": origin.user_id,
                "username": origin.username,
                "room": origin.room_id,
                "message": origin.message_id,
            }
        case never:
            assert_never(never)
