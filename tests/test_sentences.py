"""What is said of others: nobody saw them, so no sentence of bot and commands makes somebody the cause of anything."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import app
from bot.errors import SsobotError

ROOT = Path(app.__file__).parent.parent
BLAME = re.compile(r"\b(somebody|someone)\b|\bby hand\b|\bby (me|others)\b", re.IGNORECASE)
NO_CAUSE = re.compile(
    r"Give somebody |Ask someone |type it by hand"  # whoever reads it is told what to do
    r"|may mean that somebody|cannot tell whether it means that somebody"  # said to be a doubt
    r"|who somebody is|arrives as somebody else|that somebody made visible|belongs to somebody else"  # anybody at all
)


def sentences(root: Path, *rooms: str) -> Iterator[str]:
    """Every text that is no docstring; the parts of one that is put together from several are joined by `…`."""
    for path in sorted(path for room in rooms for path in (root / room).rglob("*.py")):
        yield from _texts(ast.parse(path.read_text(encoding="utf-8")))


def _texts(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring, or what stands in the place of one below a name
        if isinstance(child, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "…" for p in child.values)  # type: ignore[misc]
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from _texts(child)


def errors(kind: type[SsobotError] = SsobotError) -> Iterator[str]:
    """Their docstrings are their texts where nothing else is said."""
    for one in kind.__subclasses__():
        yield (inspect.getdoc(one) or "").split("\n\n")[0]
        yield from errors(one)


def blaming(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if BLAME.search(NO_CAUSE.sub("", text))]


def test_no_sentence_blames_anybody_unseen() -> None:
    assert blaming(sentences(ROOT, "bot", "commands")) == []
    assert blaming(errors()) == []


@pytest.mark.parametrize(
    "code",
    [
        'x = UserError("Not done.", why="Somebody changed it.")',
        'x = f"{one} was put back by hand."',
        'x = one + " not by me."',
        'x = f"Give somebody {role}, which someone took away."',
    ],
)
def test_a_sentence_that_blames_somebody_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "new.py").write_text(f'"""What somebody may read."""\n{code}\n"""By hand."""\n')
    assert len(blaming(sentences(tmp_path, "bot"))) >= 1
