"""The document shows every case of these tests and no other, and whatever the code can say is in it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.answers.conftest import shown
from tools.answers import DOCUMENT, GROUPS, ROOT, Case, read, render

HERE = Path(__file__).parent
UNHEARD = HERE / "unheard.txt"
ERRORS = (
    "UserError, ConfigError, Refused, ChangedByOthers, NotProved, NotAccepted, Overtaken, RemoteError, Rejected, "
    "Forbidden, Unreachable, NoAnswer, NotLive, BadAnswer, Unauthenticated, LoginRefused, SecondFactorNeeded, "
    "SecondFactorAsked, Redirected, RouteAbsent, Busy, StoreUnavailable, NotOurs"
)
OTHERS = "Meaning, Trouble, Answer, Refuse, Say, Hint, Mistake, step, note, failed, noted, passed, skipped, unseen"
SPEAKERS = frozenset(f"{ERRORS}, {OTHERS}".split(", "))
"""What turns a text of the code into one that people read."""
ROOMS = ("bot/chatops", "bot/connection", "bot/doctor", "bot/encvoy", "bot/rocketchat", "bot/store", "bot/values.py",
         "bot/tls.py", "bot/app.py", "commands")  # fmt: skip
NO_TEXT = re.compile(r"(GET|POST|PUT|DELETE|websocket) |[a-z-]+$")
"""Routes and codes."""
SHORTEST = 12
"""Characters of a piece of text that can be told from others."""


def declared() -> list[tuple[str, str]]:
    """Group and title of every case that these tests have."""
    found: list[tuple[str, str]] = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.answers.{path.stem}")
        for thing in vars(module).values():
            found += [mark.args for mark in _marks(thing) if mark.name == "case"]
    return found


def _marks(thing: Any) -> Iterator[Any]:
    for mark in getattr(thing, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for value in mark.args[1]:
                yield from getattr(value, "marks", ())


def test_every_case_has_a_title_of_its_own_in_a_group_that_is_shown() -> None:
    cases = declared()
    assert len(cases) == len(set(cases))
    assert {group for group, _ in cases} == set(GROUPS)


def test_the_document_shows_every_case_and_no_other() -> None:
    assert set(shown()) == set(declared()), "run `make docs`"


def test_what_is_written_is_read_again() -> None:
    cases = [
        Case("setup", "One thing", "!sso setup", "✗ Not done.\n\nNext: `x`"),
        Case("setup", "Typed with a `code`", "!sso setup `x`", "text"),
        Case(GROUPS[0], "Nothing typed", "", "text"),
    ]
    assert sorted(read(render(cases)).values(), key=lambda c: c.title) == sorted(cases, key=lambda c: c.title)


def spoken() -> dict[str, str]:
    """The longest piece of text of everything that may be said, and where it is."""
    return {text: where for path in _files() for text, where in _said_in(path)}


def _files() -> Iterator[Path]:
    for room in ROOMS:
        path = ROOT / room
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def _said_in(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # A ValueError is for programmers, but for those of values.py: `bot.config` makes lines of them.
    speakers = SPEAKERS | {"ValueError"} if path.name == "values.py" else SPEAKERS
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in speakers:
            pieces = [
                piece
                for argument in (*node.args, *(keyword.value for keyword in node.keywords))
                for piece in _pieces(argument)
            ]
            if pieces and len(longest := max(pieces, key=len)) >= SHORTEST:
                yield longest, path.relative_to(ROOT).as_posix()
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant | ast.JoinedStr):
            pieces = list(_pieces(statement.value))
            if pieces and (longest := max(pieces, key=len)).endswith(".") and " " in longest:
                yield longest, path.relative_to(ROOT).as_posix()


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _pieces(expression: ast.expr) -> Iterator[str]:
    """Constant text by lines: what stands between them, and what is inserted, differs from case to case."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not NO_TEXT.match(node.value):
            yield from (piece.strip() for piece in re.split(r"\n|`/sso |`!sso ", node.value))


def unheard() -> set[str]:
    return {line for line in UNHEARD.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


def test_everything_that_can_be_said_is_in_the_document_or_known_not_to_be() -> None:
    """The list may only shrink: a line of it that is heard by now, or that nobody says any more, is to be removed."""
    document = DOCUMENT.read_text(encoding="utf-8")
    missing = {f"{where}: {text}" for text, where in spoken().items() if text not in document}
    assert missing - unheard() == set(), "hear it in a test of tests/answers"
    assert unheard() - missing == set(), "remove it from tests/answers/unheard.txt"


def test_a_sentence_that_no_test_has_heard_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new.py").write_text('raise UserError(f"At {place} something new was never heard.", mend="None.")')
    monkeypatch.setattr("tests.answers.test_document.ROOT", tmp_path)
    monkeypatch.setattr("tests.answers.test_document.ROOMS", ("new.py",))
    assert spoken() == {"something new was never heard.": "new.py"}
