"""Mutants are small, are programs, and are told from each other by whether a test finds them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import TARGETS, covering, every

CHANGES = [
    ("a == b", "(a != b)"),
    ("a < b", "(a <= b)"),
    ("a is not b", "(a is b)"),
    ("a in b", "(a not in b)"),
    ("a and b and c", "(a or b or c)"),
    ("not a", "(a)"),
    ("a + b", "(a - b)"),
    ("a | b", "(a & b)"),
    ("f(True)", "f((False))"),
    ("f(2.5)", "f((3.5))"),
    ("b if a else c", "(c if a else b)"),
    ("f(a)", "pass"),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_an_expression_is_changed(before: str, after: str) -> None:
    assert f"def f():\n    {after}" in made(f"def f():\n    {before}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return a", "return None"),
        ("raise a", "pass"),
        ("a += b", "pass"),
        ("if a: b = c", "if (not (a)): b = c"),
        ("while a(): break", "while a(): continue"),
    ],
)
def test_a_statement_is_changed(before: str, after: str) -> None:
    assert f"def f():\n    {after}" in made(f"def f():\n    {before}")


@pytest.mark.parametrize(
    "idle",
    [
        '"""Of a module."""',
        "from a import b",
        "if TYPE_CHECKING:\n    a = 1",
        "def f(a: Literal[1] | None) -> Literal[1]: ...",
        "Both = A | B",
        "_log.info('x', n=1)",
        "assert_never(a)",
        "def f():\n    return None",
        "a = f'{b + 1}'",
        "a = b + 'text'",
    ],
)
def test_what_makes_no_difference_is_left(idle: str) -> None:
    assert made(idle) == []


def made(source: str) -> list[str]:
    return [mutant.of(source) for mutant in mutants.mutants("x.py", source)]


def test_places_are_right_behind_other_letters() -> None:
    assert made("a = 'ä€' == b") == ["a = ('ä€' != b)"]


def test_each_target_has_mutants_that_are_programs_and_tests_that_are_there() -> None:
    for path in TARGETS:
        source = (mutants.ROOT / path).read_text()
        for mutant in every([path]):
            changed = mutant.of(source)
            ast.parse(changed)
            assert changed != source
        assert all((mutants.ROOT / test).exists() for test in covering(path))


def test_its_own_tests_come_first() -> None:
    assert covering("bot/connection/plan.py")[0] == "tests/connection/test_plan.py"
    assert covering("bot/chatops/words.py")[0] == "tests/chatops/test_words.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One function, and one test that does not look closely."""
    root = tmp_path / "project"
    for folder in ("bot/connection", "tests/connection", "tests/commands"):
        (root / folder).mkdir(parents=True)
    for package in ("bot", "bot/connection"):
        (root / package / "__init__.py").touch()
    (root / "bot/connection/size.py").write_text("def is_big(n):\n    return n > 10\n")
    (root / "tests/connection/test_size.py").write_text(
        "from bot.connection.size import is_big\n\ndef test_it():\n    assert is_big(11)\n    assert not is_big(9)\n"
    )
    (root / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow\n    needs\n")
    monkeypatch.setattr(mutants, "ROOT", root)
    return root


def test_what_no_test_finds_is_told(project: Path) -> None:
    said: list[str] = []
    tried, survivors = mutants.judge(every(["bot/connection/size.py"]), 1, said.append)
    assert tried == 3
    assert said == ["SURVIVED bot/connection/size.py:2: n > 10  →  (n >= 10)"]
    assert [str(mutant) for mutant in survivors] == ["bot/connection/size.py:2: n > 10  →  (n >= 10)"]
    assert (project / "bot/connection/size.py").read_text() == "def is_big(n):\n    return n > 10\n"


def test_after_the_time_none_is_begun(project: Path) -> None:
    assert mutants.judge(every(["bot/connection/size.py"]), 0, print) == (0, [])
