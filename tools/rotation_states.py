"""The diagram of a scheduled rotation, found by playing the program's own steps (`bot.schedule.rotation`) and what
follows from them (`bot.schedule.outcomes`): no edge is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import assert_never

from bot.schedule import outcomes
from bot.schedule.adjustments import resumed, scheduled
from bot.schedule.overdue import SecretAge
from bot.schedule.rotation import (
    Anchor,
    Missed,
    NextStep,
    Rehearse,
    Rotate,
    TellFailedRehearsal,
    TellOverdue,
    Wait,
    Warn,
    next_step,
)
from bot.schedule.rules import Rotation, SetBy, Window

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
UNKNOWN = SecretAge()
NAMES: dict[type, str] = {
    Rehearse: "Check",
    TellFailedRehearsal: "TellFailedCheck",
    Warn: "Announce",
    Rotate: "Rotate",
    Missed: "Missed",
    TellOverdue: "TellOverdue",
    Anchor: "RestartInterval",
    Wait: "Suspended",
}
"""Where the program waits, the diagram shows what comes next; only a suspension has nothing that comes by itself."""


@dataclass(frozen=True)
class Branch:
    """One thing that may come of a step."""

    why: str
    rotation: Rotation
    now: datetime


def states() -> str:
    """As a Mermaid diagram."""
    edges = sorted({f"    {source} --> {target}: {why}" for source, why, target in _edges()})
    begun = f"    [*] --> {NAMES[type(_next(_first(), BEGIN)[0])]}: schedule rotate"
    return "\n".join(("```mermaid", "stateDiagram-v2", begun, *edges, "```"))


def _first() -> Rotation:
    window = Window(time(2), time(5), "UTC")
    return scheduled(30, window, SetBy("u1", "anna", BEGIN), UNKNOWN, BEGIN, _middle)


def _middle() -> float:
    return 0.5


def _edges() -> Iterator[tuple[str, str, str]]:
    seen: set[tuple[object, ...]] = set()
    left = [(_first(), BEGIN)]
    while left:
        rotation, now = left.pop()
        step, now = _next(rotation, now)
        rehearsal, ahead = rotation.rehearsal, rotation.slot.at - now
        state = (
            *(type(step), rotation.begun, rotation.failures, rotation.warned, rotation.overdue_told, rehearsal.told),
            ahead if rehearsal.failure else None,  # a check that fails is tried each hour, until it is time to tell
        )
        if state in seen:
            continue
        seen.add(state)
        for branch in _branches(step, rotation, now):
            following, _ = _next(branch.rotation, branch.now)
            yield NAMES[type(step)], branch.why, NAMES[type(following)]
            left.append((branch.rotation, branch.now))


def _next(rotation: Rotation, now: datetime) -> tuple[NextStep, datetime]:
    """The next step that is more than waiting, and when; a suspended schedule waits without end."""
    while isinstance(step := next_step(rotation, UNKNOWN, now), Wait) and step.until and not rotation.suspended:
        now = step.until
    return (Wait(None) if rotation.suspended else step), now


def _branches(step: NextStep, there: Rotation, now: datetime) -> Iterator[Branch]:
    match step:
        case Rehearse(slot=slot):
            yield Branch("it passes", outcomes.rehearsed(there, slot, None, now), now)
            yield Branch("it fails", outcomes.rehearsed(there, slot, "no", now), now)
        case TellFailedRehearsal():
            yield Branch("posted", outcomes.failed_rehearsal_told(there), now)
        case Warn(slot=slot):
            yield Branch("posted", outcomes.warned(there), now)
            yield Branch("the bot is off until the window is over", outcomes.warned(there), slot.ends)
        case Rotate():
            begun = outcomes.began(there, "rotate 1")
            yield Branch("it succeeds", outcomes.ended(begun, True, "", now, _middle), now)
            yield Branch("it fails", outcomes.ended(begun, False, "no", now, _middle), now)
        case Missed():
            yield Branch("posted, the next window", outcomes.missed(there, now, _middle), now)
        case TellOverdue():
            yield Branch("posted", outcomes.overdue_told(there, UNKNOWN, now), now)
        case Anchor(proved_at=proved_at):
            yield Branch("counted anew", outcomes.anchored(there, proved_at, now, _middle), now)
        case Wait():
            yield Branch("schedule resume rotate", resumed(there, now, _middle), now)
            yield Branch("rotate by hand", outcomes.anchored(there, now, now, _middle), now)
        case never:
            assert_never(never)
