"""The chat commands: one file each with its words, its arguments and its handler. Only `bot.app` imports them."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from bot.chatops.registry import Registry
from commands.context import CommandContext


def register_all(registry: Registry, context: CommandContext) -> Registry:
    """Declares every command: each file of this package with a `register` is one, and its `ORDER` sets its place in
    `help`."""
    for module in sorted(_files(), key=lambda module: int(module.ORDER)):
        module.register(registry, context)
    return registry


def _files() -> list[ModuleType]:
    found = (importlib.import_module(f"{__name__}.{file.name}") for file in pkgutil.iter_modules(__path__))
    return [module for module in found if hasattr(module, "register")]
