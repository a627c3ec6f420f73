"""Text to command, purely. The parser has three answers: a command, an immediate reply, or nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.chatops.registry import Argument, Command
from bot.chatops.text import blank_spaces, has_invisible, quoted

LENGTH_LIMIT = 300
"""Characters of a command; a longer one was pasted, not typed."""

_DOUBLE_QUOTES = '"“”„‟«»＂'
_SINGLE_QUOTES = "'‘’‚‛‹›"
_DASHES = "-‐‑‒–—―−﹣－"
_OPTION = re.compile(f"[{_DASHES}]+(?=[^\\W\\d_])")
# A phone turns `--dry-run` into `—dry-run`, and a hyphen inside the word may change too.
_INNER_DASH = str.maketrans(dict.fromkeys(_DASHES, "-"))
_TOKEN = re.compile(
    rf"\s*(?:[{_DOUBLE_QUOTES}](?P<double>[^{_DOUBLE_QUOTES}]*)[{_DOUBLE_QUOTES}](?=\s|$)"
    rf"|[{_SINGLE_QUOTES}](?P<single>[^{_SINGLE_QUOTES}]*)[{_SINGLE_QUOTES}](?=\s|$)"
    rf"|(?P<open>[{_DOUBLE_QUOTES}].*)"
    rf"|(?P<plain>\S+))"
)


@dataclass(frozen=True)
class Invocation:
    """A command that was understood."""

    command: Command
    arguments: Mapping[str, str]
    options: frozenset[str]
    words: str
    """Without the prefix, the command's name first: parsed again after a crash (`bare`) it gives the same."""
    prefix: str
    """As it was typed, for what the answer tells to type next; empty where none was needed."""


@dataclass(frozen=True)
class Reply:
    """Not a command, but meant as one: what to say at once."""

    text: str


class _Word(NamedTuple):
    text: str
    quoted: bool


class _Mistake(Exception):
    """Carries the sentence from where the mistake is found to `parse`."""


def parse(
    text: str, commands: Mapping[str, Command], *, bot_username: str, bare: bool = False
) -> Invocation | Reply | None:
    """Reads a message. `bare`: it is addressed to us anyway (a direct message), so the prefix may be left out.

    Prefixes, whatever their case: `/sso`, `!sso`, `@botname sso`. A message of several lines is never a command.
    """
    text = text.strip()
    first_line, several, _ = text.partition("\n")
    line = blank_spaces(first_line[: 2 * LENGTH_LIMIT])
    prefix, words = _split_prefix(line, bot_username)
    if prefix is None and not bare:
        return _forgotten_sso(line, commands, bot_username)
    if several:
        return Reply("That has several lines, and a command is one line. Nothing was done.")
    if len(text) > LENGTH_LIMIT:
        return Reply(f"That is too long for a command (more than {LENGTH_LIMIT} characters). Nothing was done.")
    if has_invisible(words):
        return Reply("There are invisible characters in that command. Please type it by hand. Nothing was done.")
    try:
        return _Reader(commands, prefix or "").read(words.strip() or "help")
    except _Mistake as mistake:
        return Reply(str(mistake))


def _split_prefix(line: str, bot_username: str) -> tuple[str | None, str]:
    prefix = rf"(?:(?P<sign>[/!])sso|@{re.escape(bot_username)}[:,]?\s+[/!]?sso)(?=\s|$)"
    found = re.match(prefix, line, re.IGNORECASE)
    if found is None:
        return None, line
    return f"{found['sign']}sso" if found["sign"] else f"@{bot_username} sso", line[found.end() :]


def _forgotten_sso(line: str, commands: Mapping[str, Command], bot_username: str) -> Reply | None:
    """`@bot setup`: the name alone is not a prefix, since people also talk about the bot ("@bot setup is broken")."""
    found = re.match(rf"@{re.escape(bot_username)}[:,]?\s+(\w+)", line, re.IGNORECASE)
    name = found[1].lower() if found else ""
    if name not in commands:
        return None
    return Reply(f"If that was meant for me: `@{bot_username} sso {name}` or `!sso {name}`.")


@dataclass(frozen=True)
class _Reader:
    """Reads the words of one line; `prefix` is for its advice."""

    commands: Mapping[str, Command]
    prefix: str

    def read(self, words: str) -> Invocation:
        first, *rest = _tokens(words)
        command = self.commands.get(first.text.lower())
        if command is None:
            meant = _nearest(first.text.lower(), self.commands)
            guess = f"Did you mean `{self._type(meant)}`?" if meant else f"`{self._type('help')}` lists what I know."
            raise _Mistake(f"I don't know {quoted(first.text, 40)}. {guess}")
        options = frozenset(self._option(word, command) for word in rest if _is_option(word))
        arguments = self._arguments([word for word in rest if not _is_option(word)], command)
        following = words.partition(" ")[2].strip()
        return Invocation(command, arguments, options, f"{command.name} {following}".strip(), self.prefix)

    def _option(self, word: _Word, command: Command) -> str:
        name = _OPTION.sub("", word.text, count=1).translate(_INNER_DASH).lower()
        known = [option.name for option in command.options]
        if name in known:
            return name
        meant = _nearest(name, known)
        guess = f"Did you mean `--{meant}`?" if meant else self._usage(command)
        raise _Mistake(f"`{command.name}` has no option {quoted(f'--{name}', 40)}. {guess}")

    def _arguments(self, words: list[_Word], command: Command) -> dict[str, str]:
        values: dict[str, str] = {}
        left = list(words)
        for argument in command.arguments:
            taken, left = (left, []) if argument.rest else (left[:1], left[1:])
            value = " ".join(word.text for word in taken).strip()
            if value:
                values[argument.name] = self._chosen(value, argument, command)
            elif argument.required:
                raise _Mistake(f"`{command.name}` needs {_what(argument)}. {self._usage(command)}")
        if left:
            extra = quoted(left[0].text, 40)
            raise _Mistake(f"{extra} is one word too many for `{command.name}`. {self._usage(command)}")
        return values

    def _chosen(self, value: str, argument: Argument, command: Command) -> str:
        if not argument.choices:
            return value
        if value.lower() in argument.choices:
            return value.lower()
        meant = _nearest(value.lower(), argument.choices)
        guess = f"Did you mean `{self._type(f'{command.name} {meant}')}`?" if meant else self._usage(command)
        raise _Mistake(f"`{command.name}` needs {_what(argument)}, not {quoted(value, 40)}. {guess}")

    def _usage(self, command: Command) -> str:
        return f"Type `{self._type(command.usage)}`."

    def _type(self, words: str) -> str:
        return f"{self.prefix} {words}".strip()


def _tokens(line: str) -> list[_Word]:
    words = []
    for found in _TOKEN.finditer(line):
        if found["open"] is not None:
            raise _Mistake("A quotation mark is open. Put one at the end of the name too, or leave both out.")
        inside = found["double"] if found["double"] is not None else found["single"]
        if inside is None:
            words.append(_Word(found["plain"], quoted=False))
        else:
            words.append(_Word(" ".join(inside.split()), quoted=True))
    return words


def _is_option(word: _Word) -> bool:
    return not word.quoted and _OPTION.match(word.text) is not None


def _what(argument: Argument) -> str:
    return " or ".join(f"`{choice}`" for choice in argument.choices) or f"a {argument.name}"


def _nearest(word: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.65)), None)
