"""No module, class or function has a name that was given up because it had to be explained, and no class of the bot
shares its name with another one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.subprocesses import ROOT

OLD = {
    "as_node": "node_url",
    "budget": "rate_budget",
    "decipher": "responses, interpret",
    "horizon": "missed_since",
    "joint": "connection",
    "leash": "cancellation",
    "mend": "fix",
    "mends": "remedies, or fixes",
    "parts": "context",
    "patience": "retry_policy",
    "trust": "tls",
    "unfamiliar": "unknown_fields",
    "upgrade": "websocket",
    "take_back": "revert",
    "ways": "delivery",
    "widget": "login_page",
    "wire": "http",
    "wishes": "previous",
    "workshop": "context",
}
"""What was called so, and what it is called now. `upgrade` is still what a migration does."""
ELSEWHERE = {"bot/store", "migrations"}
PACKAGES = ("bot", "commands", "sandbox")


def named(path: Path) -> Iterator[str]:
    """The module, its classes and its functions, in lower case with underscores."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).lower().strip("_")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_old_name_is_left(package: str) -> None:
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        if not str(path.relative_to(ROOT)).startswith(tuple(ELSEWHERE))
        for name in named(path)
        if name in OLD
    }
    assert found == set()


def test_an_old_name_would_be_found(tmp_path: Path) -> None:
    module = tmp_path / "leash.py"
    module.write_text("class Widget:\n    def _decipher(self): ...\nasync def trust(): ...\n")
    assert set(named(module)) & OLD.keys() == {"leash", "widget", "decipher", "trust"}


def classes(path: Path) -> Iterator[str]:
    """Public classes and the public names of types, such as `Origin = FromMessage`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (name.id for name in node.targets if isinstance(name, ast.Name) and not name.id.isupper())


def in_several(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Names that are defined in more than one module, and where."""
    where: dict[str, list[str]] = {}
    for path in paths:
        for name in classes(path):
            if re.match("[A-Z]", name):
                where.setdefault(name, []).append(str(path))
    return {name: modules for name, modules in where.items() if len(modules) > 1}


def test_a_public_class_name_is_defined_once() -> None:
    """The stand-ins write the servers' formats again, so their names may repeat those of the bot."""
    paths = sorted(path for package in ("bot", "commands") for path in (ROOT / package).rglob("*.py"))
    assert paths
    assert in_several(paths) == {}


def test_a_class_name_that_is_defined_twice_would_be_found(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("class Page: ...\nOrigin = int\n_Row = dict\nLIMIT = 3\nlocal = 4\n")
    other.write_text("class Page: ...\nclass Origin: ...\n_Row = list\nLIMIT = 3\nlocal = 4\n")
    assert set(in_several([one, other])) == {"Page", "Origin"}
