"""Which cases the tests of this room have.

python -m tests.answers.declared     prints them, for `tools.answers`
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def declared() -> list[tuple[str, str]]:
    """Group and title of each, file by file, in the order in which they stand there."""
    found: list[tuple[str, str]] = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.answers.{path.stem}")
        for thing in vars(module).values():
            found += [mark.args for mark in _marks(thing) if mark.name == "case"]
    return found


def _marks(thing: Any) -> Iterator[Any]:
    for mark in getattr(thing, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for value in mark.args[1]:
                yield from getattr(value, "marks", ())


if __name__ == "__main__":
    print(json.dumps(declared()))
