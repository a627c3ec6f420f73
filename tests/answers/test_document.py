"""The document shows every case of these tests and no other, and whatever the code can say is in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answers.declared import declared
from tools import answers
from tools.answers import (
    GROUPS,
    HEARD,
    INDEX,
    ROOT,
    Case,
    anchor,
    line,
    read,
    render,
    renew,
    shown,
    symptoms,
    written,
)

UNHEARD = Path(__file__).parent / "unheard.txt"
RENEW = f"run `.venv/bin/python -m tools.answers renew`, or with the file of {HEARD}"
ERRORS = (
    "UserError, ConfigError, Refused, ChangedByOthers, NotProved, NotAccepted, Overtaken, RemoteError, Rejected, "
    "Forbidden, Unreachable, NoAnswer, NotLive, BadAnswer, Unauthenticated, LoginRefused, SecondFactorNeeded, "
    "SecondFactorAsked, Redirected, RouteAbsent, Busy, StoreUnavailable, NotOurs, CodeNeeded"
)
OTHERS = "Meaning, Trouble, Answer, Refuse, Say, Hint, Mistake, step, note, failed, noted, passed, skipped, unseen"
SPEAKERS = frozenset(f"{ERRORS}, {OTHERS}".split(", "))
"""What turns a text of the code into one that people read."""
ROOMS = ("bot/chatops", "bot/connection", "bot/doctor", "bot/encvoy", "bot/rocketchat", "bot/store", "bot/values.py",
         "bot/tls.py", "bot/app.py", "commands", *(f"bot/schedule/{name}.py" for name in (
             "adjustments", "asked", "dates", "examination", "phrases", "zones")))  # fmt: skip
NO_TEXT = re.compile(r"(GET|POST|PUT|DELETE|websocket) |[a-z-]+$")
"""Routes and codes."""
SHORTEST = 12
"""Characters of a piece of text that can be told from others."""


def test_every_case_has_a_title_of_its_own_in_a_group_that_is_shown() -> None:
    cases = declared()
    assert len(cases) == len(set(cases))
    assert {group for group, _ in cases} == set(GROUPS)


def test_the_document_shows_every_case_and_no_other() -> None:
    assert list(read(shown())) == sorted(declared(), key=lambda of: GROUPS.index(of[0])), RENEW


def test_the_index_is_what_the_answers_make_it() -> None:
    files = shown()
    assert files == render(read(files).values()), RENEW


def headings(file: str) -> list[str]:
    return re.findall(r"^## (.+)$", file, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(shown().keys() - {INDEX}))
def test_each_heading_of_a_file_says_what_happened_and_no_other_says_the_same(name: str) -> None:
    found = headings(shown()[name])
    assert found
    assert [heading for heading in found if heading.startswith("Broken") or "in way" in heading] == []
    assert len({anchor(heading) for heading in found}) == len(found)


def test_the_index_links_each_file_and_each_answer() -> None:
    files = shown()
    links = set(re.findall(r"\]\(([^)]+)\)", files[INDEX]))
    names = files.keys() - {INDEX}
    places = {f"{name}#{anchor(heading)}" for name in names for heading in headings(files[name])}
    assert len(places) > len(names) > 1
    assert links == names | places


def test_what_is_written_is_read_again() -> None:
    cases = [
        Case("setup", "One thing", "!sso setup", "✗ Not done.\n\nNext: `x`"),
        Case("setup", "Typed with a `code`", "!sso setup `x`", "text"),
        Case(GROUPS[0], "Nothing typed", "", "text"),
    ]
    assert sorted(read(render(cases)).values(), key=lambda c: c.title) == sorted(cases, key=lambda c: c.title)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("✗ Not done: No such room. Type it again.\nWhy: x", [("Not done", "No such room.")]),
        ("✗ Not done: It is away: GET /api/v1/me (502, x).", [("Not done", "It is away.")]),
        ('{"reason": "It is away. Wait.", "level": "warning"}', [("Everything else", "It is away.")]),
        ("✓ A\n✗ failed: B: no\n    Why: x\n✗ failed: C: no", [("A check failed", "B: no")]),
        ("✓ A\n✗ The room is gone.", [("Something is wrong", "The room is gone.")]),
        ("✓ A\n• B\n– not checked: C: x", [("A check could not be made", "C: x")]),
        ("✓ A\n• B\nIt is on. Or so.\nNext: `x`", [("Everything else", "It is on.")]),
        ("✓ A\n• B: x\n    Fix: y\nNext: `x`", [("To note", "B: x")]),
        ("✓ A\n✓ 2 checks passed\nNext: `x`", [("Everything else", "2 checks passed")]),
        ("✓ On, and well. So it is.\nCreated: x", [("Everything else", "On, and well.")]),
        ("✓ No check failed.\n• B: x\n✓ 2 checks passed", [("To note", "B: x")]),
        ("✓ A\nEnded after N s.\n\n✓ It is off.", [("Everything else", "It is off.")]),
        ("One. Two.\n\nAt 8.8 or so.", [("Everything else", "One."), ("Everything else", "At 8.8 or so.")]),
    ],
)  # fmt: skip
def test_an_answer_is_found_by_the_sentence_that_tells_what_became_of_it(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert symptoms(text) == found


def test_what_people_see_leads_to_answers_that_are_there() -> None:
    known = set(declared())
    assert len(answers.SEEN) > 4
    assert [key for keys in answers.SEEN.values() for key in keys if key not in known] == []


def test_the_tool_is_told_the_cases_in_their_order() -> None:
    assert answers.declared() == declared()


def test_what_some_tests_heard_is_put_in_and_what_no_test_declares_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.answers.FOLDER", tmp_path)
    for name, text in render([Case("help", "First", "", "old"), Case("test", "Gone", "", "x")]).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    file = tmp_path / "heard.txt"
    file.write_text(line(Case("help", "Second", "", "two")) + line(Case("help", "First", "", "new")), encoding="utf-8")
    renew(written(file), [("help", "Second"), ("help", "First"), ("slash", "Not yet heard")])
    assert list(read(shown()).values()) == [Case("help", "Second", "", "two"), Case("help", "First", "", "new")]
    assert shown().keys() == {INDEX, "help.md"}


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
    document = "\n".join(case.text for case in read(shown()).values())
    missing = {f"{where}: {text}" for text, where in spoken().items() if text not in document}
    assert missing - unheard() == set(), "hear it in a test of tests/answers"
    assert unheard() - missing == set(), "remove it from tests/answers/unheard.txt"


def test_a_sentence_that_no_test_has_heard_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new.py").write_text('raise UserError(f"At {place} something new was never heard.", fix="None.")')
    monkeypatch.setattr("tests.answers.test_document.ROOT", tmp_path)
    monkeypatch.setattr("tests.answers.test_document.ROOMS", ("new.py",))
    assert spoken() == {"something new was never heard.": "new.py"}
