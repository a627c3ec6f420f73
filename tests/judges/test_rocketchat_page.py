"""The sandbox draws a message as Rocket.Chat's own parser would have it drawn."""

from __future__ import annotations

import pytest

from bot.text import inert
from tests.judges.rocketchat.parser import both
from tools import answers

pytestmark = pytest.mark.needs("node")

AWKWARD = [
    "in Rocket.Chat, at Rocket.\u2060Chat", "Rocket.Chat's (Rocket.Chat) “Rocket.Chat”", "see a.py, b.js and c.d",
    "v1.2.3", "http://a.example/x_y_z?q=*1*#f.", "(https://chat.example.org)", "https://chat.example.org, and",
    "ftp://x.org", "127.0.0.1:80; 1.2.3 127.0.0.1", "http://localhost:3000 localhost:3000",
    "www.\u200bevil.com evil.\u200bcom", "ada@example.org mailto:ada@example.org", "ada@nowhere",
    "[t](http://y.z/a_(b)) [ ](x)", "<http://y.z|x> <x>", "@ada @all @HERE (@ada) x@ada,@ada",
    "@ada: hi, @ada.b! @@ada", "#room (#room) x#room # no", ":) 8) x:) :). (:)", "✓", "✗ 😀", "😀😀😀😀", "✓ done: `x`",
    ":smile: x:smile: :a b: 10:30:40", "<3 D: :/ http://x (y)", "*a* **a** 2*3*4 * *",
    "_a_ __a__ a_b_c _a_b __init__ _ _", "~a~ ~~a~~ ~ ~", "*a _b ~c~_*", "*`a*b`* _`a_b`_", "*a\nb*", "*a",
    "`a` `` ` a", "``a``", "`a\nb`", "```\na\n\n  b\n```", "```js\na\n```\nb", "```\na", "```a```", "> a\n> b\nc",
    ">a\n>\n> `b`", "- a\n- b", "* a\n* b", "1. a\n2. b\nc", "3. a", "1.a", "-a", "a\n\n\nb", "\n\na", "a\n", "  a  b",
    "a\n- b\n1. c", "• a\n… b", "a\\*b", "",
]  # fmt: skip
"""Of what the page knows."""
LEFT = [
    "# a",
    "||a||",
    r"\(a\)",
    "color:#FF0000",
    "+491234567",
    "---",
    "- [ ] a",
    "<t:1700000000:R>",
    "| a |\n|---|\n| b |",
]
"""Of what it leaves as text or takes for something simpler."""


def test_every_answer_is_drawn_alike() -> None:
    cases = answers.read(answers.shown()).values()
    texts = [text for case in cases for text in (case.text, inert(case.text))]
    assert len(texts) > 600
    assert [text for text, (vendors, ours) in zip(texts, both(texts), strict=True) if vendors != ours] == []


def test_awkward_texts_are_drawn_alike() -> None:
    for text, (vendors, ours) in zip(AWKWARD, both(AWKWARD), strict=True):
        assert ours == vendors, text


def test_what_the_page_does_not_know_is_still_shown() -> None:
    for text, (vendors, ours) in zip(LEFT, both(LEFT), strict=True):
        assert ours != vendors, text
        assert str(ours) != "[]"
