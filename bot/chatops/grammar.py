"""Text to command, purely. The parser has three answers: a command, an immediate reply, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.chatops.reading import Mistake, Reader, is_near
from bot.chatops.registry import Command
from bot.chatops.typed import FENCE, without_code_marks, without_quotation
from bot.chatops.words import DASHES
from bot.text import blank_spaces, has_invisible

LENGTH_LIMIT = 300
"""Characters of a command; a longer text was pasted, not typed."""
_TALK_WORDS = 4
"""More words than this, without an option, are conversation."""
_PUNCTUATION = "?!.,;:…"


@dataclass(frozen=True)
class Invocation:
    """A command that was understood."""

    command: Command
    arguments: Mapping[str, str]
    options: frozenset[str]
    words: str
    """In normal form, without the prefix, the command's name first; `reread` parses it again after a crash."""
    prefix: str
    """As it was typed, to be shown with the next commands; empty if none was needed."""


@dataclass(frozen=True)
class Hint:
    """Not a command, but meant as one: what to say at once."""

    text: str
    talk: bool = False
    """It may not have been meant as one: the hint is given only once in a while."""
    meant: bool = False
    """It was meant as one for sure, however much it looks like a sentence."""


def parse(
    text: str, commands: Mapping[str, Command], *, bot_username: str, bare: bool = False
) -> Invocation | Hint | None:
    """Reads a message. `bare`: it is addressed to us anyway (a direct message), so the prefix may be left out, and the
    whole text is the command or there is none.

    Prefixes, whatever their case: `/sso`, `!sso`, `@botname sso`. A message of several lines is never a command; one
    that is code as a whole is what stands in it, since that is how answers show commands. In a room a block is none.
    """
    text = _typed(text, bare=bare)
    first_line, several, _ = text.partition("\n")
    line = blank_spaces(first_line[: 2 * LENGTH_LIMIT]).strip()
    prefix, words = _split_prefix(line, bot_username)
    if not text or (prefix is None and not bare):
        return _forgotten_sso(line, commands, bot_username)
    if prefix is None:
        words = _without_address(line, bot_username)
    unaddressed = prefix is None
    if several:
        return Hint("That has several lines, but a command must be a single line. Nothing was done.", unaddressed)
    if len(text) > LENGTH_LIMIT:
        return Hint(
            f"That is too long for a command (more than {LENGTH_LIMIT} characters). Nothing was done.", unaddressed
        )
    if has_invisible(words):
        return Hint(
            "There are invisible characters in that command. Please type it by hand. Nothing was done.", unaddressed
        )
    result = _read(words.strip() or "help", commands, prefix or "")
    if isinstance(result, Hint) and unaddressed and not result.meant and _is_talk(words, commands):
        return Hint(_answer_to_talk(words, commands), talk=True)
    return result


def is_addressed(text: str, *, bot_username: str) -> bool:
    """Whether a message begins like a command in a room."""
    line = blank_spaces(_typed(text, bare=False).partition("\n")[0][: 2 * LENGTH_LIMIT]).strip()
    return _split_prefix(line, bot_username)[0] is not None


def reread(words: str, commands: Mapping[str, Command]) -> Invocation | None:
    """The words of an operation, as `Invocation.words` left them in its row; None if they make no sense (any more)."""
    result = _read(words, commands, "") if words.strip() else None
    return result if isinstance(result, Invocation) else None


def _typed(text: str, *, bare: bool) -> str:
    text = without_quotation(text)
    return without_code_marks(text) if bare or not text.startswith(FENCE) else text


def _read(words: str, commands: Mapping[str, Command], prefix: str) -> Invocation | Hint:
    try:
        reading = Reader(commands, prefix).read(words)
    except Mistake as mistake:
        return Hint(str(mistake), meant=mistake.meant)
    return Invocation(reading.command, reading.arguments, reading.options, reading.line, prefix)


def _split_prefix(line: str, bot_username: str) -> tuple[str | None, str]:
    prefix = rf"(?:(?P<sign>[/!])sso|@{re.escape(bot_username)}[:,]?\s+[/!]?sso)(?=\s|$)"
    found = re.match(prefix, line, re.IGNORECASE)
    if found is None:
        return None, line
    return f"{found['sign']}sso" if found["sign"] else f"@{bot_username} sso", line[found.end() :]


def _without_address(line: str, bot_username: str) -> str:
    """In a direct message people may still name the bot, or say `sso`."""
    found = re.match(rf"(?:@{re.escape(bot_username)}[:,]?(?=\s|$)\s*)?(?:sso(?=\s|$))?", line, re.IGNORECASE)
    return line[found.end() :] if found else line


def _forgotten_sso(line: str, commands: Mapping[str, Command], bot_username: str) -> Hint | None:
    """`@bot setup`: the name alone is not a prefix, since people also talk about the bot ("@bot setup is broken")."""
    found = re.match(rf"@{re.escape(bot_username)}[:,]?\s+(\w+)", line, re.IGNORECASE)
    name = found[1].lower() if found else ""
    if name not in commands:
        return None
    return Hint(f"If that was meant for me: `@{bot_username} sso {name}` or `!sso {name}`.")


def _is_talk(line: str, commands: Mapping[str, Command]) -> bool:
    """Whether a line that is no command reads like a sentence: `setup is broken, can you help?`"""
    words = line.split()
    if len(words) < 2 or any(word[0] in DASHES for word in words):
        return False
    punctuated = any(word[-1] in _PUNCTUATION for word in words)
    return punctuated or len(words) > _TALK_WORDS or not is_near(words[0], commands)


def _answer_to_talk(line: str, commands: Mapping[str, Command]) -> str:
    said = "That is not a command, so nothing was done; `help` lists the commands."
    command = commands.get(line.split()[0].lower())
    return said if command is None else f"{said} To run the command, type `{command.usage}` and nothing else."
