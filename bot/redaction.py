"""Removes known secrets, queries of addresses and credentials from a finished line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from bot.secret import Secret

MASK = "…"
_WORD = re.compile(r"[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"://[^\s/@\"']+@")
_SHORTEST = 4
"""A shorter secret is not searched for: masking every `a` would reveal it."""

_known: set[str] = set()


def redact_values(secrets: Iterable[Secret]) -> None:
    """From now on these are replaced everywhere in a line, also when quoted for JSON or for an address."""
    for secret in secrets:
        text = secret.reveal()
        if len(text) >= _SHORTEST:
            in_json = json.dumps(text)[1:-1]
            in_repr = repr(text)[1:-1]
            _known.update({text, in_repr, in_json, json.dumps(in_json)[1:-1], quote(text, safe=""), quote_plus(text)})


def redact(line: str) -> str:
    """A finished line without known secrets, queries and credentials."""
    for text in sorted(_known, key=len, reverse=True):
        line = line.replace(text, MASK)
    return _CREDENTIALS.sub(f"://{MASK}@", _WORD.sub(_without_query, line))


def _without_query(word: re.Match[str]) -> str:
    """The address without what follows the first `?` after a slash. Not a regular expression: it would start again at
    each slash, and take minutes for a line of slashes."""
    text = word[0]
    query = text.find("?", text.find("/")) if "/" in text else -1
    return text if query in (-1, len(text) - 1) else f"{text[:query]}?{MASK}"
