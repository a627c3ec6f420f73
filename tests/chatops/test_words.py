"""One line to its words, with the marks that keyboards make, and a value back into a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.words import OpenQuotation, Unquotable, Word, is_marked, quotation, split


def quoted(text: str) -> Word:
    return Word(text, quoted=True)


def option(name: str, *, assigned: bool = False) -> Word:
    return Word(name, option=True, assigned=assigned)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  ", []),
        ("setup", [Word("setup")]),
        ("  slash \t on ", [Word("slash"), Word("on")]),
        ('"a  b" c', [quoted("a b"), Word("c")]),
        ('""', [quoted("")]),
        ("it's", [Word("it's")]),
        ("two-factor", [Word("two-factor")]),
        ("- -- —", [Word("-"), Word("--"), Word("—")]),
        ("-5", [Word("-5")]),
        ('"--dry-run"', [quoted("--dry-run")]),
        ("--dry-run", [option("dry-run")]),
        ("--name x", [option("name"), Word("x")]),
        ("--name=x", [option("name", assigned=True), Word("x")]),
        ("--name = x", [option("name", assigned=True), Word("x")]),
        ("--name=—x", [option("name", assigned=True), option("x")]),
        ("--name=—5", [option("name", assigned=True), Word("—5")]),
        ('--name="a b"', [option("name", assigned=True), quoted("a b")]),
        ('--name"a b"', [option("name"), quoted("a b")]),
        ("--name=", [option("name", assigned=True)]),
    ],
)
def test_words(line: str, words: list[Word]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    "marks",
    [
        '""',
        "''",
        "“”",
        "„“",
        "„”",
        "‘’",
        "‚‘",
        "«»",
        "»«",
        "‹›",
        "＂＂",
        "「」",
        "『』",
        "《》",
        "``",
        "´´",
        "″″",
        '"”',
        "‘'",
    ],
)
def test_a_keyboard_s_quotation_marks(marks: str) -> None:
    assert split(f"{marks[0]} Encvoy ID {marks[1]}") == [quoted("Encvoy ID")]


@pytest.mark.parametrize("dash", "-‐‑‒–—―−﹘﹣－")
def test_a_keyboard_s_dashes(dash: str) -> None:
    assert split(f"{dash}Dry{dash}run {dash}{dash}dry-run") == [option("dry-run"), option("dry-run")]


@pytest.mark.parametrize("line", ['"', "“Encvoy ID", '"Encvoy"ID', "'Anna's login'", "«a “b c", "x «"])
def test_marks_that_do_not_fit(line: str) -> None:
    with pytest.raises(OpenQuotation):
        split(line)


@pytest.mark.parametrize(
    ("text", "marked"),
    [("Encvoy", False), ("Anna's", False), ("l’été", False), ('a"', True), ("x'", True), ("a»b", True)],
)
def test_an_apostrophe_is_no_quotation_mark(text: str, marked: bool) -> None:
    assert is_marked(text) is marked


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("Encvoy  ID", '"Encvoy ID"'),
        ("Anna's login", '"Anna\'s login"'),
        ('The "new" login', "'The \"new\" login'"),
        ('Anna\'s "new" login', '«Anna\'s "new" login»'),
        ("--dry-run", '"--dry-run"'),
        ("", '""'),
    ],
)
def test_a_value_gets_marks_that_it_does_not_hold(value: str, word: str) -> None:
    assert quotation(value) == word


def test_a_value_with_marks_of_every_kind_gets_none() -> None:
    with pytest.raises(Unquotable):
        quotation("\"'«‹「『《")


@given(st.text(st.characters() | st.sampled_from("\"'“”„‘’«»‹›「」—- "), max_size=60))
def test_a_quotation_is_read_as_the_value_it_was_made_of(value: str) -> None:
    try:
        word = quotation(value)
    except Unquotable:
        return
    assert split(f"--name {word} --dry-run") == [option("name"), quoted(" ".join(value.split())), option("dry-run")]


@given(st.text(st.characters() | st.sampled_from("\"'“”«»—-= \t"), max_size=200))
def test_any_line_has_words_or_marks_that_do_not_fit(line: str) -> None:
    try:
        words = split(line)
    except OpenQuotation:
        return
    assert sum(len(word.text) for word in words) <= len(line)
