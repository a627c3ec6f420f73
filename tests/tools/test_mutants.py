"""Mutants are small, are programs, and are told from each other by whether a test finds them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import EQUIVALENT, TARGETS, covering, equivalent, every

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


@pytest.mark.parametrize("path", TARGETS)
def test_each_target_has_mutants_that_are_programs_and_tests_that_are_there(path: str) -> None:
    source = (mutants.ROOT / path).read_text()
    for mutant in every([path]):
        changed = mutant.of(source)
        ast.parse(changed)
        assert changed != source
    tests = covering(path)
    assert [test for test in tests if (mutants.ROOT / test).exists()] == tests != []


def test_only_files_without_a_decision_have_no_mutants() -> None:
    none = {path for path in TARGETS if not every([path])}
    assert len(none) < len(TARGETS) / 10
    for path in none:
        deciding = [node for node in ast.walk(ast.parse((mutants.ROOT / path).read_text())) if is_decision(node)]
        assert not deciding, path


def is_decision(node: ast.AST) -> bool:
    return isinstance(node, ast.If | ast.IfExp | ast.While | ast.BoolOp | ast.Compare)


def test_each_that_is_said_to_mean_the_same_is_there_and_has_a_reason() -> None:
    keys = Counter(mutant.key for mutant in every(TARGETS))
    assert set(keys.values()) == {1}
    listed = equivalent(EQUIVALENT.read_text(encoding="utf-8"))
    assert listed.keys() - keys.keys() == set(), "these have changed, or are gone"
    assert [key for key, reason in listed.items() if len(reason.split()) < 4] == []


def test_it_is_known_by_the_same_key_on_another_line() -> None:
    source = "class A:\n    def f(self):\n        return self.a == 1, self.a == 1\n\nb = c == 1\n"
    keys = [mutant.key for mutant in mutants.mutants("x.py", source)]
    assert "x.py: A.f: self.a == 1  →  (self.a != 1)" in keys
    assert "x.py: A.f: self.a == 1  →  (self.a != 1)  (no. 2)" in keys
    assert "x.py: module: c == 1  →  (c != 1)" in keys
    assert [mutant.key for mutant in mutants.mutants("x.py", f"\n\n{source}")] == keys


def test_the_list_is_read_with_its_reasons() -> None:
    text = "# About it.\na.py: f: b  →  c\n    For one\n    reason.\na.py: f: d  →  e\n"
    assert equivalent(text) == {"a.py: f: b  →  c": "For one reason.", "a.py: f: d  →  e": ""}


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
    assert said == ["SURVIVED bot/connection/size.py:2: is_big: n > 10  →  (n >= 10)"]
    assert [str(mutant) for mutant in survivors] == ["bot/connection/size.py:2: is_big: n > 10  →  (n >= 10)"]
    assert (project / "bot/connection/size.py").read_text() == "def is_big(n):\n    return n > 10\n"


def test_after_the_time_none_is_begun(project: Path) -> None:
    assert mutants.judge(every(["bot/connection/size.py"]), 0, print) == (0, [])
