"""Divides the words of a command with a phrase: those of the phrase, and the options with their values. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile

from bot.chatops.registry import Option
from bot.chatops.words import Word, nearest


@dataclass(frozen=True)
class Division:
    """The words of one line, without the command's name."""

    phrase: tuple[str, ...]
    options: tuple[Word, ...]
    """Options, known or not, and what belongs to them."""
    loose: str = ""
    """The option whose value has no quotation marks, although words follow it; they may belong to the value."""
    joined: bool = False
    """They were taken for a part of it, since the phrase stood before it: the line needs quotation marks."""


def divided(words: Collection[Word], options: Collection[Option]) -> Division:
    """Each option that takes a value has the next word, or several that are one by their quotation marks. What follows
    an unknown option is taken for its value if such an option is meant."""
    known = {option.name: option for option in options}
    valued = [option.name for option in options if option.takes_value]
    phrase: list[str] = []
    others: list[Word] = []
    loose, joined = "", False
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.option:
            phrase += word.text.split()
            continue
        others.append(word)
        following = list(takewhile(lambda w: not w.option, left))
        if word.text not in known and nearest(word.text, valued):
            others += following
            left = left[len(following) :]
        elif word.text in valued and following:
            value, *more = following
            if more and not value.quoted:
                loose = word.text
            if loose == word.text and phrase:
                joined = True
                value = Word(" ".join(w.text for w in following), quoted=True)
                left = left[len(more) :]
            others.append(value)
            left.pop(0)
    return Division(tuple(phrase), tuple(others), loose, joined)
