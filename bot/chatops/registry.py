"""Commands, declared once: parsing (`grammar`), the help and the README's table follow from the declaration.

No command takes free words: a sentence must not be one. A value belongs to an option (`--name "…"`), and words without
an option are one of a few, or a phrase of a closed grammar.

The parsing is our own and not click's: a chat has no short options and no exit codes, phones make their own quotation
marks and dashes, and every message about a mistake must defuse what was typed. Click would only split a list of words.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.chatops.answer import Answer
from bot.chatops.ports import Person, Room


class Progress(Protocol):
    """What has been done so far, shown while the command works. Nothing here waits for the network."""

    def step(self, text: str) -> None:
        """A line is done; the time since the last one is shown with it."""
        ...

    def did(self, text: str, seconds: float) -> None:
        """A line is done, and it changed something: if the operation fails later, its result says so."""
        ...

    def note(self, text: str) -> None:
        """What people must know in any case: also part of the result."""
        ...

    def remark(self, text: str) -> None:
        """A line that is shown only while the operation runs."""
        ...

    def alarm(self, text: str) -> None:
        """What people must hear at once, in a message of its own."""
        ...

    def doing(self, text: str) -> None:
        """The current step; replaced by the next one."""
        ...


class Private(Protocol):
    """A direct message to whoever gave the command, for what is not for the room. Errors: `UserError`."""

    async def open(self) -> object:
        """Makes sure that there can be one, before the work for it."""
        ...

    async def send(self, answer: Answer) -> None:
        """Sends it, once for an operation. It is not stored; what the handler returns is for the room."""
        ...


@dataclass(frozen=True)
class OperationRef:
    """Which operation this is."""

    id: str
    resumed: bool = False
    """This run continues after a crash or a restart: observe what was done, do not assume it."""
    receipt: Mapping[str, object] | None = None
    """What an earlier run of this operation committed as done; it must not be done again."""


@dataclass(frozen=True)
class Call:
    """One run of a command, as its handler sees it."""

    who: Person
    room: Room
    arguments: Mapping[str, str]
    """What was typed, by the name of the argument, of the phrase or of the option that has a value. What was left out
    is not in it, but a phrase always is, and may be empty."""
    options: frozenset[str]
    """Names of the switches given, without dashes: `"dry-run" in call.options`."""
    progress: Progress
    authorize: Callable[[], Awaitable[None]]
    """Await it just before the first effect: asks Rocket.Chat again, and raises `UserError` if the person may not do
    this, or if it cannot be checked."""
    operation: OperationRef
    private: Private


Handler = Callable[[Call], Awaitable[Answer]]


class Trace(enum.Enum):
    """What an interrupted operation has left on either side."""

    PART = "part"
    """A part of its effect is there: it is finished, since half of a change is worse than either end."""
    NOTHING = "nothing"
    """It had written nothing."""
    UNCLEAR = "unclear"
    """Its effect cannot be distinguished from what was there, or from what somebody did by hand. Both ends are equally
    good."""


class Recovery(Protocol):
    """How a command with an effect recovers a run that was authorised and then interrupted. Errors: `UserError`, if it
    cannot be found out."""

    async def trace(self, call: Call) -> Trace:
        """Observes both sides."""
        ...

    async def revert(self, call: Call) -> None:
        """What the run desired is not desired any more."""
        ...


@dataclass(frozen=True)
class Argument:
    """A word after the command: one of a few."""

    name: str
    help: str
    choices: Collection[str]
    """Lower case; what was typed is compared without regard to case. May grow until it is read."""
    required: bool = False
    """Then the choices are what people read (`on|off`), else its name (`[command]`)."""

    @property
    def usage(self) -> str:
        """`on|off`, `[command]`"""
        return "|".join(self.choices) if self.required else f"[{self.name}]"


@dataclass(frozen=True)
class Phrase:
    """Every word after the command that belongs to no option, understood as a whole."""

    name: str
    help: str
    usage: str
    """As people read it: `[n|<operation id>]`"""
    read: Callable[[Sequence[str]], str]
    """From the words to their one spelling, for which it returns the same again. It has no mark of quotation, begins no
    word with a dash, and may be shown as code. Errors: `bot.chatops.phrases.Misread`."""


@dataclass(frozen=True)
class Option:
    """A switch, there or not; or with a value of its own."""

    name: str
    """Without dashes: `dry-run`"""
    help: str
    takes_value: bool = False
    number: bool = False
    """Whether the value should be a number, which needs no quotation marks; the command checks it."""

    @property
    def typed(self) -> str:
        """`--dry-run`, `--name "…"`, `--page n`"""
        value = "n" if self.number else '"…"'
        return f"--{self.name} {value}" if self.takes_value else f"--{self.name}"

    @property
    def usage(self) -> str:
        """`[--dry-run]`, `[--name "…"]`"""
        return f"[{self.typed}]"


@dataclass(frozen=True)
class Command:
    """The declaration of one command."""

    name: str
    summary: str
    """A few words for the table, without a full stop."""
    help: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    effect: bool
    """Whether it may change something; such a command is for administrators, and they run one after the other."""
    everyone: bool
    """For every member of the admin room. It only reads, and does not wait for other operations."""
    examples: tuple[str, ...]
    handler: Handler
    recovery: Recovery | None = None
    """Without, an interrupted run is always finished."""
    phrase: Phrase | None = None
    """Instead of arguments."""
    repeatable: bool = True
    """Whether a failed run offers the same words as a button: not what takes away more than it can bring back."""

    @property
    def words(self) -> tuple[Argument | Phrase, ...]:
        """What is typed without dashes."""
        return self.arguments if self.phrase is None else (self.phrase,)

    @property
    def usage(self) -> str:
        """`setup [--name "…"] [--dry-run] [--disabled]`"""
        return " ".join([self.name, *(w.usage for w in self.words), *(o.usage for o in self.options)])

    def manual(self, prefix: str) -> str:
        """Everything about it, for `help setup`."""
        lines = [f"`{prefix} {self.usage}`", f"{self.summary}.", self.help]
        lines += [f"• `{w.name}`: {w.help}" for w in self.words]
        lines += [f"• `{o.typed}`: {o.help}" for o in self.options]
        if self.examples:
            lines.append("For example: " + ", ".join(f"`{prefix} {example}`" for example in self.examples))
        return "\n".join(line for line in lines if line)


class Registry:
    """The commands there are, in the order of their declaration."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}

    def command(
        self,
        name: str,
        *,
        summary: str,
        help: str,  # noqa: A002
        arguments: tuple[Argument, ...] = (),
        phrase: Phrase | None = None,
        options: tuple[Option, ...] = (),
        effect: bool,
        everyone: bool = False,
        examples: tuple[str, ...] = (),
        recovery: Recovery | None = None,
        repeatable: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Declares a command; the handler is returned unchanged. ValueError for a declaration that cannot work."""
        if name in self.commands or name != name.lower():
            raise ValueError(f"the command {name} is declared twice or not in lower case")
        if everyone and effect:
            raise ValueError(f"{name} has an effect and cannot be for everyone")
        if arguments and phrase is not None:
            raise ValueError(f"{name} has arguments and a phrase, so no word would belong to the arguments alone")
        names = [*(a.name for a in arguments), *(o.name for o in options), *([phrase.name] if phrase else [])]
        if len(set(names)) < len(names):
            raise ValueError(f"{name} has two arguments, phrases or options of one name")

        def declare(handler: Handler) -> Handler:
            self.commands[name] = Command(
                name,
                summary,
                help,
                arguments,
                options,
                effect,
                everyone,
                examples,
                handler,
                recovery,
                phrase,
                repeatable,
            )
            return handler

        return declare

    def table(self, prefix: str = "/sso") -> str:
        """The commands as a Markdown table, for the README."""
        rows = ["| Command | What it does | For whom |", "|---|---|---|"]
        for command in self.commands.values():
            usage = f"{prefix} {command.usage}".replace("|", "\\|")
            whom = "members of the admin room" if command.everyone else "administrators"
            rows.append(f"| `{usage}` | {command.summary} | {whom} |")
        return "\n".join(rows) + "\n"
