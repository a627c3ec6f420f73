"""What people read of an operation: its progress, its result, and what to type next. Pure.

The result comes in this order: the verdict, what is wrong with its fix, whatever else there is to know, what to type
next. What was done on the way stands in the progress, and in the result only of what failed.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import Uncertain, UserError
from bot.text import fit


class Mark(enum.Enum):
    """The sign before a line. It never carries a meaning alone: `failed` is also written out."""

    DONE = "✓"
    NOTE = "•"
    FAILED = "✗"


WORTH_TELLING = 0.05
"""Seconds: less would be shown as 0.0."""


@dataclass(frozen=True)
class Step:
    """One line of the progress."""

    text: str
    """One line; text from outside in it went through `defuse`."""
    seconds: float | None = None
    mark: Mark = Mark.DONE
    change: bool = False
    """It changed something, which matters if the operation fails later."""
    lasting: bool = False
    """Also part of the result, if there is one."""

    def render(self) -> str:
        """For example `✓ 16 settings written   0.3 s`; a very short step shows no time."""
        took = f"   {self.seconds:.1f} s" if self.seconds is not None and self.seconds >= WORTH_TELLING else ""
        return f"{self.mark.value} {self.text}{took}"


@dataclass(frozen=True)
class Answer:
    """What a handler returns: the result."""

    verdict: str
    """How it ended, in its first line; a failure begins with `Mark.FAILED`."""
    lines: tuple[str, ...] = ()
    """What is wrong, with its fix, and then the rest. Each may have several lines."""
    next: tuple[str, ...] = ()
    """Commands without a prefix (`status`); shown with the one that was typed, `/sso status`."""
    receipt: Mapping[str, object] | None = None
    """What was done, for the record of the operation: JSON values, no secrets."""
    failed: bool = False
    """The answer is complete, yet what was asked for was not reached (a test with failed checks)."""


PREFIX = "/sso"
EVERYWHERE = "!sso"
"""The prefix that every client sends, whatever the server allows (facts/rocketchat.md §4.1, §4.5)."""
WORKING = "…"
"""Begins the last line of a message that will still change."""
ENDED = "Ended "
"""Begins the last line of a progress that is over."""
BARELY_DONE, BARELY_ENDED = "Done.", "Ended."
"""The whole of a progress that is over and had no steps: the result says everything."""
MOST_BUTTONS = 4
REPLY_TO = "This is the reply to "
"""Begins the last line of a result that does not stand below its command."""
SCHEDULED = f"This was scheduled; `{EVERYWHERE} schedule` shows by whom."
"""The last line of a result that nobody asked for."""
NOT_THERE = "I could not post this in the report room."
"""The last line of what is said in the admin room instead."""
TYPED_THERE = "Type commands in the admin room."
"""The last line in a report room of its own, where none is heard."""
_COMMAND = re.compile(f"`{PREFIX} (?=[a-z])")
_FOLLOWING = "Next: "
_TYPED = re.compile("`([^`]+)`")
_SHOWN_PREFIX = re.compile(rf"^(?:{PREFIX}|{EVERYWHERE}|@\S+ sso) ")
_NAMED = re.compile(f"`{PREFIX} ([a-z][^`…]*)`")


def render(steps: Sequence[Step], answer: Answer, *, prefix: str = PREFIX) -> str:
    """The result of an operation that did not fail with an error."""
    lasting = [step.render() for step in steps if step.lasting]
    return _finished([answer.verdict, *answer.lines, *lasting], answer.next, prefix)


def render_working(steps: Sequence[Step], doing: str) -> str:
    """The progress while the operation goes on."""
    return _finished([*(step.render() for step in steps), f"{WORKING} {doing}"], (), PREFIX)


def render_ended(steps: Sequence[Step], seconds: float, *, prefix: str = PREFIX, well: bool = True) -> str:
    """The progress once it is over; the result follows in a message of its own. `well`: it did not fail."""
    if not steps:
        return BARELY_DONE if well else BARELY_ENDED
    return _finished([*(step.render() for step in steps), f"{ENDED}after {seconds:.1f} s."], (), prefix)


def render_failure(steps: Sequence[Step], error: UserError, *, next: tuple[str, ...] = (), prefix: str = PREFIX) -> str:  # noqa: A002
    """In three parts: what is true now, why, and what fixes it; then what had been done before."""
    lines = [f"{Mark.FAILED.value} {error.verdict}: {error.what}"]
    if error.why:
        lines.append(f"Why: {error.why}")
    if error.fix:
        lines.append(f"Fix: {error.fix}")
    return _finished([*lines, *_before(steps)], next, prefix)


def render_internal(steps: Sequence[Step], error_id: str, *, prefix: str = PREFIX) -> str:
    """An unexpected error: only the id under which it is logged is shown."""
    lines = [
        f"{Mark.FAILED.value} {Uncertain.verdict}: internal error {error_id}.",
        "Why: an unexpected error occurred; the log has the details under that id.",
        "Fix: check the current state, then try again.",
    ]
    return _finished([*lines, *_before(steps)], ("status",), prefix)


def is_over(text: str) -> bool:
    """Whether it is the last text of a progress."""
    return text in (BARELY_DONE, BARELY_ENDED) or text.split("\n")[-1].startswith(ENDED)


def everywhere(text: str) -> str:
    """A text that belongs to no command that somebody typed, with commands as every client sends them."""
    return _COMMAND.sub(f"`{EVERYWHERE} ", text)


def buttons(text: str) -> tuple[str, ...]:
    """The commands to type next in a result, for a button each, with the prefix that every client sends. Read from the
    text, so that an answer that is delivered after a crash has them, too."""
    lines = [line for line in text.split("\n") if not line.startswith((REPLY_TO, SCHEDULED, NOT_THERE, TYPED_THERE))]
    last = lines[-1] if lines and lines[-1].startswith(_FOLLOWING) else ""
    return tuple(f"{EVERYWHERE} {_bare(typed)}" for typed in _TYPED.findall(last))[:MOST_BUTTONS]


def fixes_in(*texts: str) -> tuple[str, ...]:
    """The commands that these texts tell people to type, without prefix, each once. Commands that take sign-in away are
    left out, and so is what puts it back after them: nobody should run these without thinking."""
    named = tuple(dict.fromkeys(command for text in texts for command in _NAMED.findall(text)))
    kept = tuple(line for line in named if not takes_away(line))
    return tuple(line for line in kept if line != "enable") if len(kept) < len(named) else kept


def takes_away(line: str) -> bool:
    """Whether a command takes sign-in away, or needs a code to be typed: no button offers it."""
    return line.split(" ")[0] in ("disable", "remove") and not line.endswith(" --dry-run")


def _before(steps: Sequence[Step]) -> list[str]:
    done = [step.text for step in steps if step.change]
    return [f"Done before that: {'; '.join(done)}."] if done else []


def _finished(lines: Sequence[str], following: Sequence[str], prefix: str) -> str:
    commands = [_command(prefix, words) for words in dict.fromkeys(following)]
    ending = [f"{_FOLLOWING}{', '.join(commands)}"] if commands else []
    text = "\n".join([*lines, *ending])
    # People keep the prefix that they typed: their client may swallow `/sso`.
    return fit(_COMMAND.sub(f"`{prefix} ".replace("` ", "`"), text))


def _command(prefix: str, words: str) -> str:
    # A command that must be typed in one way has its own prefix.
    return f"`{words if words.startswith(EVERYWHERE) else f'{prefix} {words}'.strip()}`"


def _bare(typed: str) -> str:
    """A command without the prefix with which it is shown."""
    return _SHOWN_PREFIX.sub("", typed)
