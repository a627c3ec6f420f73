"""What the bot says is drawn as it stands there: Rocket.Chat's own parser is the judge.

What a whole run of the suite sends is judged too (`rocketchat_verdict.mjs`).
"""

from __future__ import annotations

import itertools
from typing import cast

import pytest

from bot.chatops.registry import Registry
from bot.text import defuse, inert
from commands import register_all
from commands.context import CommandContext
from commands.help import overview
from tests.judges.rocketchat.parser import accidents, parsed
from tools import answers

pytestmark = pytest.mark.needs("node")

ACCIDENTS = {
    "in Rocket.Chat": "LINK of //Rocket.Chat",
    "at https://chat.example.org/x": "LINK of https://chat.example.org/x",
    "run test.py": "LINK of //test.py",
    "ask ada@example.org": "LINK of mailto:ada@example.org",
    "call +491234567": "LINK of tel:491234567",
    "from 127.0.0.1:8080": "LINK of //127.0.0.1:8080",
    "ask @ada": "MENTION_USER of ada",
    "@all, look": "MENTION_USER of all",
    "in #general": "MENTION_CHANNEL of general",
    "well :)": "EMOJI of :)",
    "see appendix 8)": "EMOJI of 8)",
    "so :smile: it is": "EMOJI of smile",
    r"so \(x\) it is": "INLINE_KATEX of x",
    "color:#FF0000": 'COLOR of {"r":255,"g":0,"b":0,"a":255}',
}
"""What is found, unless the text is made inert."""
UP_TO_THE_AUTHOR = {
    "*bold*": "BOLD",
    "_italic_": "ITALIC",
    "~gone~": "STRIKE",
    "||secret||": "SPOILER",
    "> quoted": "QUOTE",
    "# heading": "HEADING",
    "- item": "UNORDERED_LIST",
    "2. second": "ORDERED_LIST",
    "- [ ] task": "TASKS",
    "---": "HORIZONTAL_RULE",
    "| a |\n|---|\n| b |": "TABLE",
    "<t:1700000000:R>": "TIMESTAMP",
    "❤": "BIG_EMOJI",
}
"""What is found all the same. From outside, it is defused."""
MEANT = (
    "✓ done\n✗ failed: x",
    "`Rocket.Chat`, `@ada`",
    "```\n:)\n```",
    "1. one\n2. two",
    "[Encvoy ID](https://id.example.org/)",
    "@ada.lovelace it is on.\n@bob too",
    "",
)
FOREIGN = (
    *ACCIDENTS, *UP_TO_THE_AUTHOR, "https://evil.example/x?y=(z)#a", "www.evil.com", "a.www.evil.com", "[x](http://y.z)",
    "![x](http://y.z/a.png)", "<http://y.z|x>", "mailto:a@b.org", "a@b.org", "**a**b*", "__init__.py", "$x$ $$y$$",
    r"\[x\]", "`a` ``b`` ```c```", ":a:b:c: 8) :D >:( </3 O_O (y) \\o/", "[2026-11-24T10:00:00.000Z]", "1. a",
    "+1-234-5678",
)  # fmt: skip
WAYS_IN = ("/sso", "!sso", "@ssobot sso", "")
PARTS = ("", ">", "'", "O", "0", "*"), ":;=8BX%#<D", ("", "-", "'", "^", "_"), ")(][DPbLXO@$#*/\\.3"


def test_every_answer() -> None:
    cases = answers.read(answers.shown()).values()
    texts = [inert(case.text) for case in cases if case.group != answers.TERMINAL]
    assert len(texts) > 300
    assert accidents(texts) == {}


def test_every_help_text() -> None:
    # Declaring the commands needs no server, so there is none.
    registry = register_all(Registry(), cast(CommandContext, None))
    texts = [overview(registry), *(command.manual(way) for command in registry.commands.values() for way in WAYS_IN)]
    assert accidents([inert(text) for text in texts]) == {}


def test_it_finds_what_nobody_meant_and_inert_text_has_none_of_it() -> None:
    found = accidents([*ACCIDENTS])
    assert {text: said[0] for text, said in found.items()} == ACCIDENTS
    assert accidents([inert(text) for text in ACCIDENTS]) == {}


def test_it_finds_what_is_up_to_the_author() -> None:
    found = accidents([*UP_TO_THE_AUTHOR])
    assert {text: said[0].split()[0] for text, said in found.items()} == UP_TO_THE_AUTHOR


def test_it_leaves_what_is_meant() -> None:
    assert accidents([*MEANT, *map(inert, MEANT)]) == {}


@pytest.mark.parametrize("where", ["{}", "Encvoy ID says: “{}”.", "({}), {}", "✗ failed: {}"])
def test_foreign_text_is_text(where: str) -> None:
    assert accidents([inert(where.format(defuse(text), defuse(text))) for text in FOREIGN if text != "❤"]) == {}


def test_no_emoticon_is_left() -> None:
    made = ["".join(parts) for parts in itertools.product(*PARTS)]
    known = [text for text, trees in zip(made, parsed(made), strict=True) if "EMOJI" in str(trees)]
    assert len(known) > 80
    assert accidents([inert(f"so {text} so {text}, {text}") for text in known if not set("*_") & set(text)]) == {}
    assert accidents([inert(f"so {text}") for text in known]) == {}
    assert accidents([f"so `{text}` {inert(text)}" for text in known]) == {}
