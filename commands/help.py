"""`help [command]`: the commands, and how each is typed."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Argument, Call, Registry
from commands.context import CommandContext

WAYS_IN = "Type `/sso …` or `!sso …` here, mention me with `sso`, or as an administrator write me a direct message."

ORDER = 0


def register(registry: Registry, _: CommandContext) -> None:
    """Declares the command; it shows whatever `registry` holds when it is asked."""

    @registry.command(
        "help",
        summary="Lists the commands, or explains one",
        help="",
        arguments=(Argument("command", "the one to explain", choices=registry.commands.keys()),),
        effect=False,
        everyone=True,
        examples=("help", "help rotate"),
    )
    async def help_(call: Call) -> Answer:
        name = call.arguments.get("command")
        if name is None:
            return Answer(overview(registry), next=("help setup",) if "setup" in registry.commands else ())
        return Answer(registry.commands[name].manual("/sso"))


def overview(registry: Registry) -> str:
    """One line for each command."""
    lines = [f"• `{c.usage}`: {c.summary[0].lower()}{c.summary[1:]}" for c in registry.commands.values()]
    return "\n".join([WAYS_IN, *lines])
