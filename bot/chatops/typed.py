"""What a person typed in a message, without what Rocket.Chat and habit put around it. Pure; one pass over the text.

A quoted message is a link in front of the typed text, joined by a line feed or a blank (facts/rocketchat.md §6).
"""

from __future__ import annotations

import re

_LINK = re.compile(r"\[ ?\]\(([^\s()]*)\)\s*")
FENCE = "```"
_LANGUAGE = re.compile(r"[\w+-]*")


def without_quotation(text: str) -> str:
    """Without the links to quoted messages in front; one alone, with nothing typed, leaves nothing."""
    text = text.strip()
    at = 0
    while (link := _LINK.match(text, at)) and ("?msg=" in link[1] or "&msg=" in link[1]):
        at = link.end()
    return text[at:]


def without_code_marks(text: str) -> str:
    """Without a fence or backticks around the whole; copied from an answer, a command has them."""
    text = text.strip()
    if len(text) > 2 * len(FENCE) and text.startswith(FENCE) and text.endswith(FENCE):
        inside = text[len(FENCE) : -len(FENCE)]
        language, _, rest = inside.partition("\n")
        return (rest if rest.strip() and _LANGUAGE.fullmatch(language.strip()) else inside).strip()
    for mark in ("``", "`"):
        inside = text[len(mark) : -len(mark)]
        if inside and text.startswith(mark) and text.endswith(mark) and mark not in inside:
            return inside.strip()
    return text
