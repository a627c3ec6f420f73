"""What an answer looks like: steps with what they took, a failure in three parts, and what to type next. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chatops.text import fit, quiet
from bot.errors import Uncertain, UserError


class Mark(enum.Enum):
    """The sign in front of a line. It never carries a meaning alone: `failed` is also written out."""

    DONE = "✓"
    NOTE = "•"
    FAILED = "✗"


WORTH_TELLING = 0.05
"""Seconds: less would be read as 0.0."""


@dataclass(frozen=True)
class Step:
    """One line: something done, noted or failed."""

    text: str
    """One line; text from outside in it went through `defuse`."""
    seconds: float | None = None
    mark: Mark = Mark.DONE

    def render(self) -> str:
        """For example `✓ 16 settings written   0.3 s`; what took no time to speak of is not timed."""
        took = f"   {self.seconds:.1f} s" if self.seconds is not None and self.seconds >= WORTH_TELLING else ""
        said = f"failed: {self.text}" if self.mark is Mark.FAILED else self.text
        return f"{self.mark.value} {said}{took}"


@dataclass(frozen=True)
class Answer:
    """What a handler returns: the lines after its steps, and what to type next."""

    lines: tuple[Step | str, ...] = ()
    """A `str` is shown as it is and may have several lines."""
    next: tuple[str, ...] = ()
    """Commands without a prefix (`status`); shown with the one that was typed, `/sso status`."""
    receipt: Mapping[str, object] | None = None
    """What was done, for the record of the operation: JSON values, no secrets."""
    failed: bool = False
    """The answer is complete, yet what was asked for was not reached (a test with failed checks)."""


PREFIX = "/sso"
_COMMAND = re.compile(f"`{PREFIX} (?=[a-z])")


def render(steps: Sequence[Step], answer: Answer, *, prefix: str = PREFIX) -> str:
    """The whole message of an operation that came to its end."""
    lines = [step.render() for step in steps]
    lines += [line.render() if isinstance(line, Step) else line for line in answer.lines]
    return _finished(lines, answer.next, prefix)


def render_working(steps: Sequence[Step], doing: str) -> str:
    """The message while the operation goes on."""
    return _finished([*(step.render() for step in steps), f"… {doing}"], (), PREFIX)


def render_failure(steps: Sequence[Step], error: UserError, *, next: tuple[str, ...] = (), prefix: str = PREFIX) -> str:  # noqa: A002
    """What was reached, and then in three parts: what is true now, why, and what mends it."""
    lines = [step.render() for step in steps]
    lines.append(f"{Mark.FAILED.value} {error.verdict}: {error.what}")
    if error.why:
        lines.append(f"Why: {error.why}")
    if error.mend:
        lines.append(f"Fix: {error.mend}")
    return _finished(lines, next, prefix)


def render_internal(steps: Sequence[Step], error_id: str, *, prefix: str = PREFIX) -> str:
    """Something nobody foresaw: nothing of it is shown but the id under which it is logged."""
    lines = [step.render() for step in steps]
    lines.append(f"{Mark.FAILED.value} {Uncertain.verdict}: internal error {error_id}.")
    lines.append("Why: an unexpected error occurred; the log has the details under that id.")
    lines.append("Fix: check the current state, then try again.")
    return _finished(lines, ("status",), prefix)


def _finished(lines: Sequence[str], following: Sequence[str], prefix: str) -> str:
    ending = [f"Next: {', '.join(_command(prefix, words) for words in following)}"] if following else []
    text = "\n".join([*lines, *ending])
    # People go on with the prefix they typed: `/sso` may be one that their client swallows.
    return fit(quiet(_COMMAND.sub(f"`{prefix} ".replace("` ", "`"), text)))


def _command(prefix: str, words: str) -> str:
    return f"`{f'{prefix} {words}'.strip()}`"
