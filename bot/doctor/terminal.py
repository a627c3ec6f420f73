"""Rewords a fix for the terminal: a command of the chat is typed somewhere else. Pure."""

from __future__ import annotations

import re

_WHAT_IT_DOES = re.compile(r"(?:\A|(?<=[.:;] ))`/sso ([^`\n]+)` (?=[a-z]+s\b)")
"""A command that begins a sentence, and the verb of what it does: "`/sso setup` makes a new one"."""
_COMMAND = re.compile(r"`/sso ([^`\n]+)`")
_AGAIN = re.compile(r"\b([Tt]ype|[Tt]hen type) the command again")


def at_terminal(fix: str) -> str:
    """The same, with the place in which a command is typed; `!sso`, because `/sso` may not be sent there yet."""
    fix = _WHAT_IT_DOES.sub(_with_its_place, fix)
    fix = _COMMAND.sub(r"`!sso \1` (in the admin room, type that)", fix)
    return _AGAIN.sub(lambda found: found[1].replace("type", "try").replace("Type", "Try") + " again", fix)


def _with_its_place(found: re.Match[str]) -> str:
    begins = found.start() == 0 or found.string[found.start() - 2] == "."
    return f"{'In' if begins else 'in'} the admin room, type `!sso {found[1]}`: it "
