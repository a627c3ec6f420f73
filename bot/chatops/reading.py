"""From the words of one line to a command with its arguments and options, or to one sentence about the mistake. Pure.

Nothing is guessed: a word that does not belong to the command refuses it, and the answer offers the nearest valid line
to copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from bot.chatops.division import Division, divided
from bot.chatops.phrases import Misread
from bot.chatops.registry import Argument, Command, Option, Phrase
from bot.chatops.words import (
    DASHES,
    NEAR,
    VERY_NEAR,
    OpenQuotation,
    Unquotable,
    Word,
    is_marked,
    nearest,
    plain_dashes,
    quotation,
    split,
)
from bot.text import UNDERSCORE, defuse, quoted

_NAME_WORDS = 4
"""Up to so many words may be a name without its option; more are a sentence."""
_HELP = frozenset({"help", "h"})


class Mistake(Exception):
    """Carries the sentence about a mistake to the caller."""

    def __init__(self, sentence: str, *, meant: bool = False) -> None:
        """`meant`: whoever typed it meant a command for sure, however many words it has."""
        super().__init__(sentence)
        self.meant = meant


@dataclass(frozen=True)
class ParsedLine:
    """The parsed line."""

    command: Command
    arguments: Mapping[str, str]
    options: frozenset[str]
    strange: tuple[Word, ...] = ()
    """The words that do not belong to the command, in their order."""

    @property
    def line(self) -> str:
        """The command, without a prefix and without what is strange: read again it gives the same."""
        words = [self.command.name]
        words += [text for w in self.command.words if (text := self.arguments.get(w.name))]
        for option in self.command.options:
            if option.takes_value and option.name in self.arguments:
                value = self.arguments[option.name]
                words.append(f"--{option.name} {value if option.number and _is_number(value) else quotation(value)}")
            elif option.name in self.options:
                words.append(f"--{option.name}")
        return " ".join(words)


@dataclass(frozen=True)
class Reader:
    """Reads one line; `prefix` is for its advice."""

    commands: Mapping[str, Command]
    prefix: str

    def read(self, line: str) -> ParsedLine:
        """Raises Mistake."""
        try:
            words = split(line)
        except OpenQuotation:
            raise Mistake("The quotation marks do not match: put one before and one after a value.") from None
        if "help" in self.commands and any(word.option and word.text in _HELP for word in words):
            return self._helped(words)
        first, *rest = words
        command = None if first.option else self.commands.get(first.text.lower())
        if command is None:
            raise Mistake(self._unknown(first, rest))
        reading = self._sorted(command, rest)
        if reading.strange:
            raise Mistake(self._strange(reading))
        missing = next((a for a in command.arguments if a.required and a.name not in reading.arguments), None)
        if missing is not None:
            raise Mistake(f"`{command.name}` needs {_one_of(missing.choices)}. {self._usage(command)}")
        return reading

    def _helped(self, words: list[Word]) -> ParsedLine:
        """`setup --help` is `help setup`, no matter what else is there: it changes nothing."""
        named = next((w.text.lower() for w in words if not w.option and w.text.lower() in self.commands), "")
        return self.read(f"help {named}" if named != "help" else "help")

    def _sorted(self, command: Command, words: list[Word]) -> ParsedLine:
        return self._by_kind(command, words) if command.phrase is None else self._spoken(command, command.phrase, words)

    def _spoken(self, command: Command, phrase: Phrase, words: list[Word]) -> ParsedLine:
        """The line of a command with a phrase."""
        parts = divided(words, command.options)
        reading = self._by_kind(command, list(parts.options))
        try:
            reading = replace(reading, arguments={**reading.arguments, phrase.name: phrase.read(parts.phrase)})
        except Misread as misread:
            raise Mistake(self._misread(reading, phrase, misread, parts), meant=misread.familiar) from None
        if parts.joined and not reading.strange:
            line = copyable(reading)
            advice = self._did_you_mean(line) if line else self._usage(command)
            raise Mistake(f"{_needs_marks(parts)} {advice}", meant=True)
        return reading

    def _misread(self, reading: ParsedLine, phrase: Phrase, misread: Misread, parts: Division) -> str:
        """With the options that were typed: a line to be copied must not lose one."""
        line = copyable(replace(reading, arguments={**reading.arguments, phrase.name: misread.instead}))
        if parts.loose and not parts.joined:
            return f"{misread.sentence} {_needs_marks(parts)} {self._usage(reading.command)}"
        if reading.strange or line is None:
            return f"{misread.sentence} {self._usage(reading.command)}"
        if misread.meant:
            return f"{misread.sentence} {self._did_you_mean(line)}"
        return f"{misread.sentence} Type, for example, `{self._type(line)}`."

    def _by_kind(self, command: Command, words: list[Word]) -> ParsedLine:
        known = {option.name: option for option in command.options}
        left, free = list(words), list(command.arguments)
        values: dict[str, str] = {}
        switches: set[str] = set()
        strange: list[Word] = []
        while left:
            word = left.pop(0)
            option = known.get(word.text) if word.option else None
            if option is not None and option.takes_value:
                if option.name in values:
                    raise Mistake(f"`--{option.name}` is given twice. {self._usage(command)}")
                value = left.pop(0) if left and not left[0].option else None
                values[option.name] = self._value(value, option, command)
            elif option is not None:
                if word.assigned:
                    raise Mistake(f"`--{option.name}` takes no value. {self._usage(command)}")
                switches.add(option.name)
            elif free and not word.option:
                argument = free.pop(0)
                values[argument.name] = self._chosen(word, argument, command)
            else:
                strange.append(word)
        return ParsedLine(command, values, frozenset(switches), tuple(strange))

    def _value(self, word: Word | None, option: Option, command: Command) -> str:
        if word is None or not word.text:
            raise Mistake(f"`--{option.name}` needs a value. {self._usage(command)}")
        if not word.quoted and is_marked(word.text):
            raise Mistake("The quotation marks do not match: put one before and one after a value.")
        if not word.quoted and _spells_an_option(word.text, command):
            raise Mistake(
                f"{quoted(word.text, 40)} after `--{option.name}` looks like an option of `{command.name}`; put it "
                f"in quotation marks to use it as a value. {self._usage(command)}"
            )
        return word.text

    def _chosen(self, word: Word, argument: Argument, command: Command) -> str:
        choice = word.text.lower()
        if choice in argument.choices:
            return choice
        meant = nearest(choice, argument.choices)
        guess = self._did_you_mean(f"{command.name} {meant}") if meant else self._usage(command)
        if argument.required:
            raise Mistake(f"`{command.name}` needs {_one_of(argument.choices)}, not {quoted(word.text, 40)}. {guess}")
        raise Mistake(f"There is no {argument.name} {quoted(word.text, 40)}. {guess}")

    def _unknown(self, first: Word, rest: list[Word]) -> str:
        typed = f"--{first.text}" if first.option else first.text
        meant = nearest(first.text.lower(), self.commands)
        if meant is None:
            return f"I don't know {quoted(typed, 40)}. `{self._type('help')}` lists the commands."
        try:
            reading = self._sorted(self.commands[meant], rest)
        except Mistake:
            line = None
        else:
            line = suggested(reading, self.commands) if reading.strange else copyable(reading)
        if line is not None:
            return f"I don't know {quoted(typed, 40)}. {self._did_you_mean(line)}"
        return f"I don't know {quoted(typed, 40)}. `{self._type(f'help {meant}')}` shows how `{meant}` is used."

    def _strange(self, reading: ParsedLine) -> str:
        name = reading.command.name
        first = reading.strange[0]
        if first.option:
            what = f"`{name}` has no option {quoted(f'--{first.text}', 40)}."
        else:
            what = f"`{name}` takes no argument {quoted(' '.join(word.text for word in reading.strange), 40)}."
        line = suggested(reading, self.commands)
        return f"{what} {self._did_you_mean(line) if line else self._usage(reading.command)}"

    def _did_you_mean(self, line: str) -> str:
        return f"Did you mean `{self._type(line)}`?"

    def _usage(self, command: Command) -> str:
        return f"Type `{self._type(command.usage)}`."

    def _type(self, words: str) -> str:
        return f"{self.prefix} {words}".strip()


def suggested(reading: ParsedLine, commands: Collection[str]) -> str | None:
    """The whole line that was probably meant, harmless enough to be shown and copied; None if there is none."""
    command = reading.command
    switches = [o.name for o in command.options if not o.takes_value]
    valued = [o.name for o in command.options if o.takes_value and o.name not in reading.arguments]
    options, arguments = set(reading.options), dict(reading.arguments)
    words = [Word(text, *word[1:]) for word in reading.strange if (text := word.text.strip(DASHES))]
    if whole := nearest("-".join(plain_dashes(w.text).lower() for w in words), switches, VERY_NEAR):
        options.add(whole)
        words = []
    others: list[str] = []
    while words:
        word = words.pop(0)
        meant = nearest(plain_dashes(word.text).lower(), switches + valued, NEAR if word.option else VERY_NEAR)
        if meant in switches:
            options.add(str(meant))
        elif meant in valued and words and not words[0].option and meant not in arguments:
            value = list(takewhile(lambda w: not w.option, words))
            arguments[str(meant)] = " ".join(w.text for w in value)
            words = words[len(value) :]
        elif word.option:
            return None
        else:
            others.append(word.text)
    if others and valued and valued[0] not in arguments and _is_like_a_name(others):
        arguments[valued[0]] = " ".join(others)
    elif others:
        nothing_else = len(others) == 1 and not options and not arguments
        return nearest(others[0].lower(), commands, VERY_NEAR) if nothing_else else None
    if options == set(reading.options) and arguments == dict(reading.arguments):
        return None
    return copyable(ParsedLine(command, arguments, frozenset(options)))


def copyable(reading: ParsedLine) -> str | None:
    """Its line, if it can be shown as code: nothing in it is markup for Rocket.Chat."""
    try:
        line = reading.line
    except Unquotable:
        return None
    # In code an underscore is no markup, and time zones have it.
    return line if defuse(line, len(line) + 1) == line.replace("_", UNDERSCORE) else None


def is_near(word: str, commands: Iterable[str]) -> bool:
    """Whether the word may be meant as one of these."""
    return nearest(word.lower(), commands) is not None


def _is_like_a_name(words: list[str]) -> bool:
    """`Encvoy ID` is, `is broken, can you help?` is not."""
    text = " ".join(words)
    spelled = all(c.isalnum() or c in " .-&'" for c in text)
    return len(words) <= _NAME_WORDS and spelled and any(c.isupper() or c.isdigit() for c in text)


def _needs_marks(parts: Division) -> str:
    return f"Put the whole value of `--{parts.loose}` in quotation marks."


def _spells_an_option(value: str, command: Command) -> bool:
    """An option whose dashes, or whose blank before it, were left out: lost in a value, a dry run would be a real one.
    Whoever means such a value has quotation marks."""
    spelled = plain_dashes(value).lower()
    letters = "".join(c for c in spelled if c.isalnum())
    return any(f"-{o.name}" in spelled or letters == o.name.replace("-", "") for o in command.options)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def _one_of(choices: Iterable[str]) -> str:
    return " or ".join(f"`{choice}`" for choice in choices)
