"""From the words of one line to a command: what is shown of a mistake, and which line is suggested."""

from __future__ import annotations

import pytest

from bot.chatops.answer import Answer
from bot.chatops.reading import Mistake, ParsedLine, Reader, is_near, suggested
from bot.chatops.registry import Call, Option, Registry
from bot.chatops.words import split
from tests.support.desk import example_registry

COMMANDS = example_registry().commands
LONG = "z" * 60
SHOWN = "z" * 39 + "…"
"""The first forty characters of a word, the last of them said to be left out."""


def mistake(line: str) -> str:
    with pytest.raises(Mistake) as caught:
        Reader(COMMANDS, "!sso").read(line)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (LONG, f"I don't know `{SHOWN}`."),
        (f"rotat --force {LONG}", "I don't know `rotat`."),
        (f"setup --name {LONG}-dry-run", f"`{SHOWN}` after `--name` looks like an option"),
        (f"slash {LONG}", f"`slash` needs `on` or `off`, not `{SHOWN}`."),
        (f"help {LONG}", f"There is no command `{SHOWN}`."),
        (f"setup --{LONG}", f"`setup` has no option `--{SHOWN[2:]}`."),
        (f"status {LONG} {LONG}", f"`status` takes no argument `{SHOWN}`."),
    ],
)
def test_of_a_long_word_the_beginning_is_shown(line: str, shown: str) -> None:
    assert mistake(line).startswith(shown)


@pytest.mark.parametrize("length", [40, 41])
def test_forty_characters_are_shown_whole(length: int) -> None:
    word = "q" * length
    whole = length <= 40
    assert (f"`{word}`" in mistake(word)) is whole
    assert (f"`{word}`" in mistake(f"status {word}")) is whole
    assert (f"`{word}`" in mistake(f"slash {word}")) is whole
    assert (f"`{word}`" in mistake(f"help {word}")) is whole
    assert (f"`--{word[2:]}`" in mistake(f"setup --{word[2:]}")) is whole
    value = f"{word[8:]}-dry-run"
    assert (f"`{value}`" in mistake(f"setup --name {value}")) is whole
    assert (f"`--{word[2:]}`" in mistake(f"--{word[2:]}")) is whole


def suggestion(line: str) -> str | None:
    command, *rest = split(line)
    reading = Reader(COMMANDS, "!sso")._sorted(COMMANDS[command.text], rest)
    return suggested(reading, COMMANDS)


@pytest.mark.parametrize(
    ("line", "suggested"),
    [
        ("setup One Two Three Four", 'setup --name "One Two Three Four"'),
        ("setup One Two Three Four Five", None),
        ("setup A", 'setup --name "A"'),
        ("setup a", None),
        ("setup 7", 'setup --name "7"'),
        ("setup O'Neill & Co. K-9", 'setup --name "O\'Neill & Co. K-9"'),
        ("setup A/B", None),
        ("setup A,B", None),
        ("setup --name A B", None),
        ("setup rotat --dry-run", None),
        ("setup rotate", "rotate"),
        ("setup Rotate", 'setup --name "Rotate"'),
        ("rotate statuss", "status"),
        ("rotate sttus x", None),
        ("rotate tset", None),
        ("rotate Encvoy ID", None),
        ("setup --disable-it", "setup --disabled"),
        ("setup disable-it", None),
        ("setup dry run", "setup --dry-run"),
        ("setup --name A name B", None),
        ("setup name", None),
        ("setup dry-run --frobnicate", None),
        ("setup --nam A\" B' C« D‹ E「 F『 G《", None),
        ("setup name https://evil.example", None),
        ("setup name @all", None),
    ],
)
def test_the_nearest_line_is_suggested_or_none(line: str, suggested: str | None) -> None:
    assert suggestion(line) == suggested


def test_what_was_understood_already_is_no_suggestion() -> None:
    assert suggestion("setup --dry-run dry-run") is None
    assert suggestion("rotate") is None


@pytest.mark.parametrize(
    ("word", "near"), [("rotat", True), ("ROTATE", True), ("statu", True), ("frobnicate", False), ("is", False)]
)
def test_a_word_may_be_meant_as_a_command(word: str, near: bool) -> None:
    assert is_near(word, COMMANDS) is near


@pytest.mark.parametrize(
    ("line", "command", "arguments", "options"),
    [
        ("setup", "setup", {}, set()),
        ('SETUP --disabled --name "A B" --dry-run', "setup", {"name": "A B"}, {"disabled", "dry-run"}),
        ("slash ON", "slash", {"state": "on"}, set()),
        ("help", "help", {}, set()),
        ("help setup", "help", {"command": "setup"}, set()),
        ("setup --help", "help", {"command": "setup"}, set()),
        ("--help", "help", {}, set()),
        ("-h rotate", "help", {"command": "rotate"}, set()),
        ("help --help", "help", {}, set()),
        ("help setup --help", "help", {}, set()),
        ('setup --name "dry-run"', "setup", {"name": "dry-run"}, set()),
        ("setup --name O'Neill", "setup", {"name": "O'Neill"}, set()),
    ],
)
def test_what_is_understood(line: str, command: str, arguments: dict[str, str], options: set[str]) -> None:
    assert Reader(COMMANDS, "!sso").read(line) == ParsedLine(COMMANDS[command], arguments, frozenset(options))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("list --page 3", "list --page 3"),
        ('list --page "3"', "list --page 3"),
        ("list —page=3", "list --page 3"),
        ("list --page two", 'list --page "two"'),
        ('list --page "² 3"', 'list --page "² 3"'),
    ],
)
def test_a_number_needs_no_quotation_marks(typed: str, line: str) -> None:
    registry = Registry()

    @registry.command(
        "list", summary="", help="", options=(Option("page", "", takes_value=True, number=True),), effect=False
    )
    async def _(call: Call) -> Answer:
        return Answer("")

    reader = Reader(registry.commands, "!sso")
    assert registry.commands["list"].usage == "list [--page n]"
    assert reader.read(typed).line == line
    assert reader.read(line).line == line
