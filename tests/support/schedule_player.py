"""A bot that does what the schedule of rotations says, without anything behind it: it takes no time but that of the
schedule, and writes down what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.schedule.calendar import Draw
from bot.schedule.outcomes import (
    anchored,
    began,
    ended,
    failed_rehearsal_told,
    missed,
    overdue_told,
    rehearsed,
    warned,
)
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
from bot.schedule.rules import Rotation, Slot

MOST_STEPS = 8
"""At one moment: one of each kind."""
TAKEN = timedelta(minutes=2)
"""How long a rotation takes."""


def works(now: datetime) -> str | None:
    """Why a rehearsal or a rotation fails at that time; None: it does not."""
    return None


@dataclass
class Player:
    """One bot and one row. `now` is its clock."""

    rotation: Rotation
    now: datetime
    draw: Draw
    known: SecretAge = field(default_factory=SecretAge)
    rehearsal: Callable[[datetime], str | None] = works
    outcome: Callable[[datetime], str | None] = works
    steps: list[tuple[datetime, NextStep]] = field(default_factory=list)
    rows: list[Rotation] = field(default_factory=list)
    """What each step was taken from."""
    succeeded: list[Slot] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """What the channel hears, with the local time; of what goes well, rotations only."""

    def run(self, until: datetime) -> None:
        """The bot runs until then."""
        at_once = 0
        while True:
            step = next_step(self.rotation, self.known, self.now)
            self.steps.append((self.now, step))
            self.rows.append(self.rotation)
            if isinstance(step, Wait):
                assert step.until is None or step.until > self.now
                if step.until is None or step.until > until:
                    break
                self.now, at_once = step.until, 0
            else:
                before = self.now
                self.do(step)
                at_once = at_once + 1 if self.now == before else 0
                assert at_once <= MOST_STEPS, "it spins"
        self.now = max(self.now, until)

    def do(self, step: NextStep) -> None:
        """Carries out one step, and what follows from it."""
        one = self.rotation
        match step:
            case Wait():
                pass
            case Anchor(proved_at):
                self.rotation = anchored(one, proved_at, self.now, self.draw)
            case TellOverdue(days=days):
                self.say(f"overdue by {days} d")
                self.rotation = overdue_told(one, self.known, self.now)
            case Missed():
                self.say("missed")
                self.rotation = missed(one, self.now, self.draw)
            case Rehearse(slot):
                self.rotation = rehearsed(one, slot, self.rehearsal(self.now), self.now)
            case TellFailedRehearsal(_, failure):
                self.say(f"rehearsal failed: {failure}")
                self.rotation = failed_rehearsal_told(one)
            case Warn():
                self.rotation = warned(one)
            case Rotate():
                self.rotate()
            case _:
                assert_never(step)

    def rotate(self) -> None:
        """A scheduled rotation."""
        begun_at, failure = self.now, self.outcome(self.now)
        self.rotation = began(self.rotation, "0a1b2c3d4e5f")
        self.now += TAKEN
        if failure is None:
            self.known = replace(self.known, proved_at=self.now)
            self.succeeded.append(self.rotation.slot)
        self.say("rotated" if failure is None else f"failed: {failure}", begun_at)
        self.rotation = ended(self.rotation, failure is None, failure or "", self.now, self.draw, self.known.proved_at)
        if self.rotation.suspended:
            self.say("suspended")

    def say(self, what: str, at: datetime | None = None) -> None:
        """One line of the list."""
        there = (at or self.now).astimezone(ZoneInfo(self.rotation.window.zone))
        self.heard.append(f"{there:%a %d %b %H:%M %Z}  {what}")
