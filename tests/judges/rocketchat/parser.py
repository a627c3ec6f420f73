"""Rocket.Chat's own parser of messages, in its newest versions, and what of its work nobody meant
(`rocketchat_accidents.mjs`)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.judges.rocketchat.node import OrderFailed, bundled


def parsed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Of each text, by version of the parser: its tree."""
    found: list[dict[str, Any]] = _ask("parsed", texts)
    return found


def accidents(texts: Sequence[str]) -> dict[str, list[str]]:
    """The texts of which something is drawn otherwise than it stands there and was not meant, and what."""
    return {text: said for text, said in zip(texts, _ask("accidents", texts), strict=True) if said}


def both(texts: Sequence[str]) -> list[tuple[Any, Any]]:
    """Of each text: the tree of the newest version, and that of the sandbox's page, without what is not seen."""
    return [(vendors, ours) for vendors, ours in _ask("both", texts, script="page")]


def _ask(order: str, texts: Sequence[str], script: str = "parser") -> Any:
    """One process for all of them. OrderFailed if the parser throws."""
    with subprocess.Popen(
        ["node", bundled(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([order, list(texts)]) + "\n")
        process.stdin.flush()
        # It is asked for while the input is open: Node ends with it, whether the answer has left or not.
        outcome = json.loads(process.stdout.readline())
    if "error" in outcome:
        raise OrderFailed(outcome["error"])
    return outcome["value"]
