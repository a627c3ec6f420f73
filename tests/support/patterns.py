"""Every regular expression of the program, found in its source, and the texts on which a bad one would run forever."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
TOPS = ("bot", "commands", "sandbox")
"""Packages whose patterns meet text from outside."""
_FUNCTIONS = frozenset({"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
_ANCHORED = frozenset({"match", "fullmatch"})
_ALL = _ANCHORED | {"search"}
_BROKEN_BY = ("", "\n", "\x00", "!", "é")
"""What may follow a long run of matching text, so that the whole does not match."""


class NotRead(Exception):
    """The pattern cannot be known from the source: it must be written otherwise, or named as an exception."""


@dataclass(frozen=True)
class Pattern:
    """One regular expression, and where it stands."""

    file: str
    line: int
    compiled: re.Pattern[str]
    modes: frozenset[str]
    """How it is used: `match`, `fullmatch`, or `search` for whatever looks for it anywhere."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def patterns_of(folders: Iterable[str], *, without: Container[str] = ()) -> Iterator[Pattern]:
    """Every use of `re` in the Python files below these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.relative_to(ROOT).as_posix() not in without:
                yield from patterns_in(path)


def patterns_in(path: Path) -> Iterator[Pattern]:
    """Every use of `re` in one file. NotRead names the line of one that cannot be known."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    file = path.relative_to(ROOT).as_posix()
    if "re" not in _imported(tree, file):
        return
    module = importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for scope in _scopes(tree):
        for node in _within(scope):
            if _is_use(node):
                used = _uses_of(node, tree) if node.func.attr == "compile" else {node.func.attr}
                modes = frozenset(mode if mode in _ANCHORED else "search" for mode in used)
                yield Pattern(file, node.lineno, _compiled(node, scope, module, file), modes or _ALL)


def _uses_of(compile_: ast.AST, tree: ast.Module) -> set[str]:
    """What the file does with a compiled pattern; nothing where it has no name, or one that others import."""
    named = [_target(n) for n in ast.walk(tree) if isinstance(n, ast.Assign) and n.value is compile_]
    if not named or named[0] in _imported_anywhere():
        return set()
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == named[0]
    }


def _target(assigned: ast.Assign) -> str:
    return assigned.targets[0].id if isinstance(assigned.targets[0], ast.Name) else ""


@functools.cache
def _imported_anywhere() -> frozenset[str]:
    trees = (ast.parse(p.read_text(encoding="utf-8")) for top in TOPS for p in (ROOT / top).rglob("*.py"))
    return frozenset(
        alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(TOPS)
        for alias in node.names
    )


def _imported(tree: ast.Module, file: str) -> set[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "re":
            raise NotRead(f"{file}:{node.lineno}: a name out of `re` hides its use")
    return {a.asname or a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _within(scope: ast.AST) -> Iterator[Any]:
    """The nodes of a scope without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _within(child)


def _is_use(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in _FUNCTIONS
    )


def _compiled(node: Any, scope: ast.AST, module: ModuleType, file: str) -> re.Pattern[str]:
    """By evaluating the arguments in the module; a local name that is put into a pattern stands for a short word."""
    names = {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
    local = {name: "word" for name in names if not hasattr(module, name)}
    try:
        for assigned in _within(scope):
            if isinstance(assigned, ast.Assign) and _target(assigned) in names:
                inner = {
                    n.id for n in ast.walk(assigned.value) if isinstance(n, ast.Name) and not hasattr(module, n.id)
                }
                local[_target(assigned)] = _value(assigned.value, module, dict.fromkeys(inner, "word"))
        return re.compile(_value(node.args[0], module, local), _flags(node, module))
    except (AttributeError, NameError, TypeError) as error:
        raise NotRead(f"{file}:{node.lineno}: {error}") from error


def _value(expression: ast.expr, module: ModuleType, local: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(expression), "<pattern>", "eval"), {**vars(module), **local})


def _flags(node: Any, module: ModuleType) -> int:
    given = [*node.args[1:], *(k.value for k in node.keywords)]
    flags = [value for argument in given if isinstance(value := _tried(argument, module), re.RegexFlag)]
    return int(flags[0]) if flags else 0


def _tried(argument: ast.expr, module: ModuleType) -> object:
    try:
        return _value(argument, module, {})
    except NameError:
        return None


@dataclass(frozen=True)
class Text:
    """A long text in three parts: what comes first, what is repeated, and what breaks the match."""

    start: str
    run: str
    end: str

    def of(self, length: int) -> str:
        """So many characters, the end besides."""
        return (self.start + self.run * (length // len(self.run) + 1))[:length] + self.end


def worst_texts(pattern: re.Pattern[str]) -> list[Text]:
    """Texts that almost match the pattern: runs of each character and each piece of it, of neighbours and of
    the whole, behind what must come first, with something at the end that it does not want."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    pieces = _pieces(tree)
    # Marks first: words of letters are all alike.
    signs = sorted(set(_signs(tree)), key=lambda sign: (sign.isalnum(), sign))[:10]
    pairs = [a + b for a in (*signs, *pieces) for b in (*signs, *pieces) if a != b]
    runs = dict.fromkeys([*signs, *pieces, "".join(pieces), *pairs, " ", "a", "/"])
    starts = dict.fromkeys("".join(pieces[:end]) for end in range(len(pieces)))
    return [Text(start, run, end) for start in starts for run in runs if run for end in _BROKEN_BY]


def _pieces(tree: Any) -> list[str]:
    """An example of each part of the pattern, words in one piece."""
    pieces = [""]
    for node in tree:
        example = _example(node)
        if node[0] is op.LITERAL:
            pieces[-1] += example
        elif example:
            pieces += [example, ""]
    return [piece for piece in pieces if piece]


def _example(node: tuple[Any, Any]) -> str:
    """A short text that one piece of a pattern matches, or nearly."""
    code, value = node
    if code is op.LITERAL:
        return chr(value)
    if code in (op.NOT_LITERAL, op.ANY):
        return "b"
    if code is op.IN:
        return next(iter(_signs([node])), "b")
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, inside = value
        return "".join(map(_example, inside)) * max(1, min(int(least), 50))
    if code is op.SUBPATTERN:
        return "".join(map(_example, value[3]))
    if code is op.ATOMIC_GROUP:
        return "".join(map(_example, value))
    if code is op.BRANCH:
        return "".join(map(_example, value[1][0]))
    return ""


_OF_CATEGORY = {
    op.CATEGORY_DIGIT: "7",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_WORD: "w",
    op.CATEGORY_NOT_DIGIT: "x",
    op.CATEGORY_NOT_SPACE: "x",
    op.CATEGORY_NOT_WORD: "-",
}


def _signs(nodes: Any) -> Iterator[str]:
    """A character out of each class, and each that is named."""
    for code, value in nodes:
        if code in (op.LITERAL, op.NOT_LITERAL):
            yield chr(value)
        elif code is op.RANGE:
            yield chr(value[0])
        elif code is op.CATEGORY:
            yield _OF_CATEGORY[value]
        elif code is op.NEGATE:
            yield "b"
        elif code is op.IN:
            yield from _signs(value)
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield from _signs(value[2])
        elif code is op.SUBPATTERN:
            yield from _signs(value[3])
        elif code is op.ATOMIC_GROUP:
            yield from _signs(value)
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from _signs(branch)
        elif code in (op.ASSERT, op.ASSERT_NOT):
            yield from _signs(value[1])
        elif code is op.ANY:
            yield "b"
