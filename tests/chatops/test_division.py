"""Which words belong to the phrase, and which to an option."""

from __future__ import annotations

import pytest

from bot.chatops.division import divided
from bot.chatops.registry import Option
from bot.chatops.words import Word, split

OPTIONS = (Option("reason", "why", takes_value=True), Option("dry-run", "shows it"))


def option(name: str) -> Word:
    return Word(name, option=True)


@pytest.mark.parametrize(
    ("line", "phrase", "options"),
    [
        ("", "", []),
        ("a b", "a b", []),
        ("“a b” c", "a b c", []),
        ("a --dry-run b", "a b", [option("dry-run")]),
        ('a --reason "x y" b', "a b", [option("reason"), Word("x y", quoted=True)]),
        ("a --reason x", "a", [option("reason"), Word("x")]),
        ("--reason --dry-run a", "a", [option("reason"), option("dry-run")]),
        ("a --force b", "a b", [option("force")]),
        ("a --resaon b c --dry-run d", "a d", [option("resaon"), Word("b"), Word("c"), option("dry-run")]),
    ],
)
def test_each_word_belongs_to_one(line: str, phrase: str, options: list[Word]) -> None:
    division = divided(split(line), OPTIONS)
    assert (" ".join(division.phrase), list(division.options)) == (phrase, options)
    assert not division.loose
    assert not division.joined


def test_words_after_a_value_may_belong_to_it() -> None:
    division = divided(split("--reason x a b"), OPTIONS)
    assert (division.phrase, division.options) == (("a", "b"), (option("reason"), Word("x")))
    assert division.loose == "reason"
    assert not division.joined


def test_after_the_phrase_they_do() -> None:
    division = divided(split('a --reason x y "z" --dry-run b'), OPTIONS)
    assert division.phrase == ("a", "b")
    assert division.options == (option("reason"), Word("x y z", quoted=True), option("dry-run"))
    assert (division.loose, division.joined) == ("reason", True)
