"""No module, class or function has a name that was given up because it had to be explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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
    "mends": "remedies",
    "parts": "context",
    "patience": "retry_policy",
    "trust": "tls",
    "unfamiliar": "unknown_fields",
    "upgrade": "websocket",
    "ways": "delivery",
    "widget": "login_page",
    "wire": "http",
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
