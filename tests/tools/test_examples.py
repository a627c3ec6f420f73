"""What CONTRIBUTING promises: a command and a check are one file each, and mypy names what a new origin touches."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.subprocesses import ROOT

PACKAGES = ("bot", "commands")
EXAMPLES = ROOT / "docs" / "examples"
COMMAND = """
from bot.chatops.registry import Registry
from commands import register_all
print(list(register_all(Registry(), None).commands))
"""
CHECK = """
from bot.doctor.verdict import CATALOGUES
print([entry.name for catalogue in CATALOGUES for entry in catalogue.entries])
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's packages, on their own."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def apply(name: str, folder: Path) -> list[str]:
    """Applies an example; the files that it touches."""
    patch = EXAMPLES / f"{name}.patch"
    subprocess.run(["git", "apply", patch], cwd=folder, check=True, timeout=30)
    return re.findall(r"^\+\+\+ b/(.+)$", patch.read_text(), re.MULTILINE)


def python(folder: Path, *words: str) -> str:
    env = {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=110, check=False
    )
    return done.stdout + done.stderr


def test_a_command_is_one_file(copy: Path) -> None:
    assert apply("command", copy) == ["commands/ping.py"]
    assert python(copy, "-c", COMMAND).endswith("'slash', 'ping']\n")


def test_a_check_is_one_file(copy: Path) -> None:
    assert apply("check", copy) == ["bot/doctor/checks/notes.py"]
    assert "'Members of the admin room'" in python(copy, "-c", CHECK)


def test_what_a_new_origin_touches_is_what_mypy_names(copy: Path) -> None:
    assert apply("origin", copy) == ["bot/chatops/origin.py"]
    printed = python(copy, "-m", "mypy", "--no-error-summary", *PACKAGES)
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("## An origin")[2].partition("\n## ")[0]
    named = set(re.findall(r"^(\S+\.py):\d+: error", printed, re.MULTILINE))
    where_they_are = {"bot/chatops/origin.py", "bot/connection/changes.py"}
    assert named == set(re.findall(r"`(bot/\S+\.py)`", section)) - where_they_are
