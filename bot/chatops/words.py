"""Splits a line into words, and quotes a value for a line. Pure; one pass over the line.

It accepts the quotation marks and dashes that keyboards insert by themselves: a phone turns `--name "Encvoy ID"` into
`—name “Encvoy ID”`, and a French one writes « Encvoy ID » with spaces inside.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import NamedTuple

DASHES = "-‐‑‒–—―−﹘﹣－"
_DOUBLE = '"“”„‟″〝〞〟＂'
_SINGLE = "'‘’‚‛′´`＇"
_KINDS = (_DOUBLE, _SINGLE, "«»", "‹›", "「」", "『』", "《》")
"""A quotation that one mark of a kind opens, any mark of that kind closes."""
_MARKS = "".join(_KINDS)
_APOSTROPHES = "'’"

_DASH_TABLE = str.maketrans(dict.fromkeys(DASHES, "-"))
_OPTION = re.compile(rf"[{DASHES}]+([^\W\d_][^\s={_MARKS}]*)(\s*=\s*)?")
_QUOTED = {mark: re.compile(rf"[{kind}]([^{kind}]*)[{kind}](?=\s|$)") for kind in _KINDS for mark in kind}
_PLAIN = re.compile(r"\S+")
_BLANKS = re.compile(r"\s*")

NEAR, VERY_NEAR = 0.75, 0.8
"""How similar two words are of which one may be meant by the other."""


class OpenQuotation(Exception):
    """A quotation mark is not closed, or what it encloses goes on without a blank."""


class Unquotable(ValueError):
    """A value with marks of every kind: none is left to put around it."""


class Word(NamedTuple):
    """One word of a command."""

    text: str
    """Without the marks around it, and of an option its name (`dry-run`)."""
    quoted: bool = False
    option: bool = False
    assigned: bool = False
    """An option with `=` behind it, so a value was intended."""


def split(line: str) -> list[Word]:
    """The words of one line. Raises OpenQuotation."""
    words: list[Word] = []
    at = _after_blanks(line, 0)
    while at < len(line):
        word, end = _word(line, at)
        words.append(word)
        at = _after_blanks(line, end)
    return words


def quotation(value: str) -> str:
    """The value as one word of a line, so that `split` gives it back; blanks count once. Raises Unquotable."""
    text = " ".join(value.split())
    kind = next((kind for kind in _KINDS if not any(mark in text for mark in kind)), None)
    if kind is None:
        raise Unquotable
    return f"{kind[0]}{text}{kind[0] if kind in (_DOUBLE, _SINGLE) else kind[1]}"


def plain_dashes(text: str) -> str:
    """Every kind of dash as `-`: a hyphen inside of an option may change too."""
    return text.translate(_DASH_TABLE)


def is_marked(text: str) -> bool:
    """Whether there are quotation marks in it; an apostrophe between two letters is none."""
    return any(
        c in _MARKS and not (c in _APOSTROPHES and text[i - 1 : i].isalnum() and text[i + 1 : i + 2].isalnum())
        for i, c in enumerate(text)
    )


def nearest(word: str, known: Iterable[str], cutoff: float = NEAR) -> str | None:
    """The one of these that may be meant."""
    return next(iter(difflib.get_close_matches(word[:40], list(known), n=1, cutoff=cutoff)), None)


def _word(line: str, at: int) -> tuple[Word, int]:
    if line[at] in _QUOTED:
        found = _QUOTED[line[at]].match(line, at)
        if found is None:
            raise OpenQuotation
        return Word(" ".join(found[1].split()), quoted=True), found.end()
    if option := _OPTION.match(line, at):
        return Word(plain_dashes(option[1]).lower(), option=True, assigned=option[2] is not None), option.end()
    plain = _PLAIN.match(line, at)
    assert plain is not None
    return Word(plain[0]), plain.end()


def _after_blanks(line: str, at: int) -> int:
    blanks = _BLANKS.match(line, at)
    assert blanks is not None
    return blanks.end()
