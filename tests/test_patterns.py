"""No text from outside holds the program up: every regular expression takes time in proportion to what it reads."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path

import pytest

from bot.bounds import MAX_BODY
from tests.support import patterns
from tests.support.patterns import NotRead, Pattern, Text, patterns_in, patterns_of, worst_texts

LONG = 100_000
"""Characters: enough to tell what is linear from what is not."""
AT_MOST = 0.2
"""Seconds of processor time. What is linear takes a few milliseconds, what is quadratic two seconds and more."""
LONGEST, LONGEST_AT_MOST = MAX_BODY, 25.0
"""Characters of a whole answer, which many patterns meet as it came, and how many times as long as the `YARDSTICK` one
may take for it, on whatever machine: the slowest takes eight times as long, about a second."""
YARDSTICK, PATIENCE = re.compile(r"(?:/[a-z]*)*"), 3
"""A plain pattern that goes through a text once; and how often both are timed before a pattern counts as slow."""
SHORT, SHORT_AT_MOST = (20, 25, 30, 36), 0.05
"""The same for texts with which only what grows exponentially takes any time at all; it must not hold up the test."""
CUT_BEFORE = {"bot/chatops/grammar.py": 600}
"""Characters that a file's patterns meet at most, by its own `LENGTH_LIMIT`."""
OF_ADMINISTRATORS = {"sandbox/rocketchat/oauth/claims.py", "sandbox/rocketchat/settings.py"}
"""Of the stand-in: Rocket.Chat's templates of claims, as slow as in the original, and what a test says that a workspace
takes for a setting. Both hold regular expressions that people wrote."""

EVERY = list(patterns_of(patterns.TOPS, without=OF_ADMINISTRATORS))


@pytest.mark.parametrize("pattern", EVERY, ids=str)
def test_a_pattern_takes_time_in_proportion_to_the_text(pattern: Pattern) -> None:
    assert too_slow(pattern, CUT_BEFORE.get(pattern.file, LONG)) is None


@pytest.mark.parametrize("pattern", EVERY, ids=str)
def test_a_pattern_does_not_take_seconds_for_the_longest_answer(pattern: Pattern) -> None:
    length = CUT_BEFORE.get(pattern.file, LONGEST)
    for mode in sorted(pattern.modes):
        for text in by_cost(pattern, mode, 1000)[:3]:
            tries = (times_the_yardstick(pattern, mode, text, length) for _ in range(PATIENCE))
            assert any(times < LONGEST_AT_MOST for times in tries), text


def test_each_file_that_uses_them_is_seen() -> None:
    """By another way of looking: a use that the search overlooks would be tried by nobody."""
    root = patterns.ROOT
    files = [p for top in patterns.TOPS for p in (root / top).rglob("*.py")]
    using = {p.relative_to(root).as_posix() for p in files if re.search(r"^(import re$|from re )", p.read_text(), re.M)}
    assert using - OF_ADMINISTRATORS == {pattern.file for pattern in EVERY}


@pytest.mark.parametrize(
    ("source", "use", "length"),
    [
        (r"(/[^\s\"'?<>]*)\?[^\s\"'<>]+", "search", LONG),
        (r".*/interaction/[^/]+", "search", LONG // 4),  # the time grows with the square
        (r"\s*(?:a|b)", "search", LONG),
        (r"(?:a+)+b", "match", LONG),
        (r"(a|aa)+$", "match", LONG),
        (r"x*x*y", "match", LONG),
    ],
)
def test_a_bad_pattern_is_found_out(source: str, use: str, length: int) -> None:
    assert too_slow(Pattern("x.py", 1, re.compile(source), frozenset({use})), length) is not None


def test_a_pattern_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hidden_pattern.py").write_text("import re\ndef f(a, b): return re.search(a.text, b)\n")
    (tmp_path / "hidden_import.py").write_text("from re import search\n")
    for name in ("hidden_pattern", "hidden_import"):
        with pytest.raises(NotRead, match=name):
            list(patterns_in(tmp_path / f"{name}.py"))


def too_slow(pattern: Pattern, longest: int) -> str | None:
    """The first text that takes the pattern too long, described; None where there is none."""
    texts = worst_texts(pattern.compiled)
    for mode in sorted(pattern.modes):
        for text, length in itertools.product(texts, SHORT):
            if (took := _seconds(pattern, mode, text, length)) > SHORT_AT_MOST:
                return f"{mode} took {took:.2f} s for {text} of {length}"
        # A look at a shorter one tells which are worth a long one.
        costly = by_cost(pattern, mode, longest // 100)
        for length in (longest // 10, longest):
            for text in costly[:8]:
                if (took := _seconds(pattern, mode, text, length)) > AT_MOST:
                    return f"{mode} took {took:.2f} s for {text} of {length}"
    return None


def times_the_yardstick(pattern: Pattern, mode: str, text: Text, length: int) -> float:
    """How many times as long as the yardstick, for a whole answer, this takes; timed one right after the other."""
    took = _seconds(pattern, mode, text, length)
    return took / _seconds(Pattern("yardstick", 0, YARDSTICK, frozenset()), "fullmatch", Text("", "/abc", ""), LONGEST)


def by_cost(pattern: Pattern, mode: str, length: int) -> list[Text]:
    """The worst texts, those that take longest at this length first."""
    texts = worst_texts(pattern.compiled)
    return sorted(texts, key=lambda text: _seconds(pattern, mode, text, length), reverse=True)


def _seconds(pattern: Pattern, mode: str, text: Text, length: int) -> float:
    read = text.of(length)
    before = time.process_time()
    getattr(pattern.compiled, mode)(read)
    return time.process_time() - before
