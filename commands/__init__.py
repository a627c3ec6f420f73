"""The chat commands: one file each with its words, its arguments and its handler. Only `bot.app` imports them."""

from __future__ import annotations

from bot.chatops.registry import Registry
from commands import help as help_
from commands import rotate, setup, slash, status, switch, test
from commands.parts import Parts


def register_all(registry: Registry, parts: Parts) -> Registry:
    """Declares every command, in the order in which `help` lists them."""
    help_.register(registry)
    for command in (setup, status, test, rotate, switch, slash):
        command.register(registry, parts)
    return registry
