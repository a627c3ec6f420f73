"""Breaks the product on purpose, in one small place at a time, and tells which of these mutants no test finds.

python -m tools.mutants [--sample N] [--seed N] [--minutes N] [FILE ...]

A seeded sample of all mutants of `TARGETS`, each in a copy of the project, with only the tests that cover its file.
What survives is a test that is missing, or a mutant that means the same: those are listed with the reason in
tools/mutants_equivalent.txt, and left out. Exit status 1 where fewer than 90 % are killed.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue

import click

ROOT = Path(__file__).parent.parent
TARGETS = (
    *sorted(f"bot/connection/{path.name}" for path in (ROOT / "bot" / "connection").glob("[!_]*.py")),
    *(f"bot/chatops/{name}.py" for name in ("access", "grammar", "reading", "words")),
)
LINES = ("tests/chatops/test_grammar.py", "tests/chatops/test_words.py", "tests/chatops/test_registry.py")
COVERING = {
    "bot/connection/": ("tests/connection", "tests/commands"),
    "bot/chatops/access.py": (
        "tests/chatops/test_access.py",
        "tests/chatops/test_runner_refusals.py",
        "tests/chatops/test_admin_room.py",
        "tests/chatops/test_service.py",
    ),
    "bot/chatops/": (*LINES, "tests/chatops/test_inbox.py", "tests/commands"),
}
"""Which tests cover what; the first that fits. A file's own, `tests/<room>/test_<file>.py`, come first of all."""
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".coverage", ".hypothesis"
)
PYTEST = ("-m", "pytest", "-x", "-pno:cacheprovider", "-pno:xdist", "--hypothesis-seed=0", "-mnot slow and not needs")
EQUIVALENT = Path(__file__).parent / "mutants_equivalent.txt"
"""Mutants that no test can find, as they are told but without the number of the line; below each, indented, why."""
LEAST = 90.0
"""Per cent that have to be killed."""
PATIENCE = 5.0
"""A mutant may take this many times as long as the program itself, and half a minute more."""
WORKERS = 2


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the text of a node, replaced."""

    path: str
    line: int
    within: str
    """The class and the function that it is in."""
    number: int
    """Which of those in there that read the same, from 1 on."""
    start: int
    end: int
    """Bytes of the source."""
    before: str
    after: str

    def of(self, source: str) -> str:
        """The source with the change in it."""
        data = source.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()

    @property
    def key(self) -> str:
        """What it is known by in the list of equivalent ones, wherever its line is by then."""
        again = f"  (no. {self.number})" if self.number > 1 else ""
        return f"{self.path}: {self.within}: {_short(self.before)}  →  {_short(self.after)}{again}"

    def __str__(self) -> str:
        return self.key.replace(":", f":{self.line}:", 1)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:89]}…"


COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}  # fmt: skip


def mutants(path: str, source: str) -> list[Mutant]:
    """All of a file, in order."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    scopes, found = list(_scopes(tree)), []
    for node, after in _changes(tree):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = source.encode()[start:end].decode()
        within = [name for first, last, name in scopes if first <= node.lineno <= last]
        found.append(Mutant(path, node.lineno, within[-1] if within else "module", 1, start, end, before, after))
    found.sort(key=lambda mutant: (mutant.start, mutant.end, mutant.after))
    keys: Counter[str] = Counter()
    for place, mutant in enumerate(found):
        keys[mutant.key] += 1
        found[place] = replace(mutant, number=keys[mutant.key])
    return found


def _scopes(node: ast.AST, outer: str = "") -> Iterator[tuple[int, int, str]]:
    """First line, last line and name of each class and function, outer ones first."""
    for child in ast.iter_child_nodes(node):
        name = outer
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{outer}.{child.name}".lstrip(".")
            assert child.end_lineno is not None
            yield child.lineno, child.end_lineno, name
        yield from _scopes(child, name)


Change = tuple[ast.expr | ast.stmt, str]


def _changes(tree: ast.AST) -> Iterator[Change]:
    for node in _running(tree):
        if isinstance(node, ast.stmt):
            yield from _of_statement(node)
        elif isinstance(node, ast.expr):
            yield from ((node, f"({ast.unparse(other)})") for other in _of_expression(node))


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """What is there when the program runs: no annotations, no log lines, nothing for type checkers only. Nothing within
    a formatted text: Python 3.11 does not know where in it."""
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_idle(child, at_top=isinstance(node, ast.Module)):
                yield from _running(child)


def _is_idle(node: ast.AST, *, at_top: bool) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_log")))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr())):
            return at_top  # a type, most of the time
    return False


def _of_statement(node: ast.stmt) -> Iterator[Change]:
    """Left out, the other way, or without what it gives."""
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise():
            yield node, "pass"
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield node, "return None"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"
        case ast.If(test=test) | ast.While(test=test) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield test, f"(not ({ast.unparse(test)}))"


def _of_expression(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for place, operator in enumerate(ops):
                if (other := COMPARISONS.get(type(operator))) is not None:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS and not _is_text(left, right):
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str)) for n in nodes
    )


def covering(path: str) -> list[str]:
    """The tests that may find a mutant of this file, its own first."""
    room, name = Path(path).parent.name, Path(path).name
    own = f"tests/{room}/test_{name}"
    whole = next(tests for beginning, tests in COVERING.items() if path.startswith(beginning))
    return list(dict.fromkeys([*([own] if (ROOT / own).exists() else []), *whole]))


class Copy:
    """A copy of the project, to break."""

    def __init__(self, folder: Path, of: Path) -> None:
        self.folder = folder
        shutil.copytree(of, folder, ignore=LEFT_OUT if of == ROOT else None, symlinks=True)

    def runs(self, tests: Sequence[str], *, timeout: float | None = None, compiles: bool = False) -> str | None:
        """What the tests say, None if they pass."""
        env = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "" if compiles else "1"}
        command = [sys.executable, *PYTEST, *tests]
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                command, cwd=self.folder, env=env, timeout=timeout, capture_output=True, text=True, check=False
            )
        except subprocess.TimeoutExpired:
            return "it takes too long"
        return done.stdout + done.stderr if done.returncode else None

    def survives(self, mutant: Mutant, timeout: float) -> bool:
        """Whether no test finds it. What was compiled of its file is as old as the file, to the second, and so goes."""
        file = self.folder / mutant.path
        source = file.read_text(encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
        file.write_text(mutant.of(source), encoding="utf-8")
        try:
            return self.runs(covering(mutant.path), timeout=timeout) is None
        finally:
            file.write_text(source, encoding="utf-8")


def every(paths: Iterable[str]) -> list[Mutant]:
    """All mutants of these files."""
    return [mutant for path in paths for mutant in mutants(path, (ROOT / path).read_text(encoding="utf-8"))]


def equivalent(text: str) -> dict[str, str]:
    """The list of those that mean the same as the program: each by its key, with the reason."""
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if line.startswith(" "):
            found[key] = f"{found[key]} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            key = line
            found[key] = ""
    return found


def _without_parts(tests: Iterable[str]) -> frozenset[str]:
    """Without files of a folder that is among them."""
    everything = frozenset(tests)
    return frozenset(test for test in everything if not any(test.startswith(f"{folder}/") for folder in everything))


def prepared(folder: Path, paths: Iterable[str]) -> tuple[Queue[Copy], float]:
    """A copy for each worker, with everything compiled; and how long the tests of one file may take."""
    first = Copy(folder / "0", ROOT)
    longest = 0.0
    for tests in {_without_parts(covering(path)) for path in paths}:
        began = time.monotonic()
        if said := first.runs(sorted(tests), compiles=True):
            raise click.ClickException(f"Tests fail without a mutant:\n{said}")
        longest = max(longest, time.monotonic() - began)
    copies: Queue[Copy] = Queue()
    for copy in (first, *(Copy(folder / str(number), first.folder) for number in range(1, WORKERS))):
        copies.put(copy)
    return copies, 30 + PATIENCE * longest


def judge(chosen: Sequence[Mutant], minutes: float, say: Callable[[str], None]) -> tuple[int, list[Mutant]]:
    """How many were tried, and which of them survived. Begins none after so many minutes."""
    ends = time.monotonic() + 60 * minutes
    tried, survivors = 0, []
    with tempfile.TemporaryDirectory(prefix="ssobot-mutants-") as folder:
        copies, timeout = prepared(Path(folder), {mutant.path for mutant in chosen})

        def survives(mutant: Mutant) -> bool | None:
            if time.monotonic() > ends:
                return None
            copy = copies.get()
            try:
                return copy.survives(mutant, timeout)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(WORKERS) as pool:
            for mutant, survived in zip(chosen, pool.map(survives, chosen), strict=True):
                tried += survived is not None
                if survived:
                    survivors.append(mutant)
                    say(f"SURVIVED {mutant}")
    return tried, survivors


@click.command()
@click.option("--sample", type=click.IntRange(min=1), default=900, show_default=True, help="How many at most.")
@click.option("--seed", default=0, show_default=True, help="Another seed, another sample.")
@click.option("--minutes", default=55.0, show_default=True, help="None is begun later.")
@click.argument("files", nargs=-1)
def main(sample: int, seed: int, minutes: float, files: tuple[str, ...]) -> None:
    """Tell which small faults no test would find."""
    known = equivalent(EQUIVALENT.read_text(encoding="utf-8"))
    everything = [mutant for mutant in every(files or TARGETS) if mutant.key not in known]
    chosen = random.Random(seed).sample(everything, min(sample, len(everything)))  # noqa: S311
    click.echo(f"{len(chosen)} of {len(everything)} mutants, seed {seed}")
    tried, survivors = judge(chosen, minutes, click.echo)
    killed = tried - len(survivors)
    rate = 100 * killed / tried if tried else 0.0
    click.echo(f"{killed} of {tried} killed, {len(survivors)} survived: {rate:.1f} %")
    sys.exit(0 if rate >= LEAST else 1)


if __name__ == "__main__":
    main()
