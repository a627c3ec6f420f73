"""Commands, declared once: the declaration gives the parsing (`grammar`), the help and the README's table.

The parsing is our own and not click's: a chat has no option values, no short options and no exit codes, every
message about a mistake must defuse what was typed, and a name may have blanks without quotes. What would be left of
click is the splitting of a list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.chatops.answer import Answer
from bot.chatops.ports import Person, Room


class Progress(Protocol):
    """What has been done so far, shown while the command works. Nothing here waits for the network."""

    def step(self, text: str, seconds: float | None = None) -> None:
        """A line is done. Without `seconds`, what passed since the last one is shown."""
        ...

    def note(self, text: str) -> None:
        """A line that is neither done nor failed."""
        ...

    def doing(self, text: str) -> None:
        """What goes on right now; gone with the next step."""
        ...


@dataclass(frozen=True)
class OperationRef:
    """Which operation this is."""

    id: str
    resumed: bool = False
    """This run goes on after a crash or a restart: what was done is to be observed, not remembered."""
    receipt: Mapping[str, object] | None = None
    """What an earlier run of this operation committed as done: it is not to be done a second time."""


@dataclass(frozen=True)
class Call:
    """One run of a command, as its handler sees it."""

    who: Person
    room: Room
    arguments: Mapping[str, str]
    """What was typed, by the name of the argument; what was left out is not in it."""
    options: frozenset[str]
    """Names of the options given, without dashes: `"dry-run" in call.options`."""
    progress: Progress
    authorize: Callable[[], Awaitable[None]]
    """To be awaited just before the first effect: asks Rocket.Chat anew, and raises `UserError` if the person may not,
    or if that cannot be told."""
    operation: OperationRef


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Argument:
    """A word, or with `rest` all the words that are left, after the command."""

    name: str
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    """Lower case; what was typed is compared without regard to case."""
    rest: bool = False

    @property
    def usage(self) -> str:
        """`on|off`, `[name]`"""
        shown = "|".join(self.choices) or self.name
        return shown if self.required else f"[{shown}]"


@dataclass(frozen=True)
class Option:
    """A switch: there or not."""

    name: str
    """Without dashes: `dry-run`"""
    help: str

    @property
    def usage(self) -> str:
        """`[--dry-run]`"""
        return f"[--{self.name}]"


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
    """For every member of the admin room. It only looks, and it waits for nobody."""
    examples: tuple[str, ...]
    handler: Handler

    @property
    def usage(self) -> str:
        """`setup [name] [--dry-run] [--disabled]`"""
        return " ".join([self.name, *(a.usage for a in self.arguments), *(o.usage for o in self.options)])

    def manual(self, prefix: str) -> str:
        """Everything about it, for `help setup`."""
        lines = [f"`{prefix} {self.usage}`", f"{self.summary}.", self.help]
        lines += [f"• `{a.name}`: {a.help}" for a in self.arguments]
        lines += [f"• `--{o.name}`: {o.help}" for o in self.options]
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
        options: tuple[Option, ...] = (),
        effect: bool,
        everyone: bool = False,
        examples: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Declares a command; the handler is returned unchanged. ValueError for a declaration that cannot work."""
        if name in self.commands or name != name.lower():
            raise ValueError(f"the command {name} is declared twice or not in lower case")
        if everyone and effect:
            raise ValueError(f"{name} has an effect and cannot be for everyone")
        if any(argument.rest for argument in arguments[:-1]):
            raise ValueError(f"only the last argument of {name} can take the rest")

        def declare(handler: Handler) -> Handler:
            self.commands[name] = Command(name, summary, help, arguments, options, effect, everyone, examples, handler)
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
