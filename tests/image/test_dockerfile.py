"""The Dockerfile and what enters its build, read as a linter and as a container engine read them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.config import VARIABLES
from tests.support import dockerfile
from tests.support.dockerfile import PROJECT, Context, Instruction

FILE = dockerfile.read()
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
ENV = {name: text for one in FILE.all("ENV", FILE.last_stage) for name, text in one.pairs.items()}


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"
    found = subprocess.run([program, "--format", "json", PROJECT / "Dockerfile"], capture_output=True, check=False)
    assert json.loads(found.stdout) == []
    assert found.returncode == 0


def test_both_stages_stand_on_one_base_whose_version_is_complete() -> None:
    [argument] = FILE.all("ARG", 0)
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-[a-z]+", argument.pairs["PYTHON"])
    assert [one.words[0] for one in FILE.all("FROM")] == ["${PYTHON}"] * 2


@pytest.mark.parametrize("source", FILE.copied())
def test_what_is_copied_is_there_and_gets_into_the_build(source: str) -> None:
    assert list(Context.of().files(PROJECT / source))


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "bot/.env",
        "bot/.env.production",
        "ssobot.sqlite",
        "bot/ssobot.sqlite",
        "bot/ssobot.sqlite-wal",
        ".git/config",
        ".venv/bin/python",
        "bot/__pycache__/app.cpython-313.pyc",
        "tests/conftest.py",
        "secrets/token",
    ],
)
def test_what_may_hold_a_secret_or_is_not_needed_never_enters_the_build(path: str) -> None:
    assert not Context.of().has(path)


def test_it_runs_as_a_number_that_is_not_root() -> None:
    user, group = FILE.the("USER").value.split(":")
    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_signals_reach_the_program(name: str) -> None:
    """In exec form there is no shell between."""
    assert FILE.the(name).value.startswith("[")


def test_the_health_check_asks_the_program_itself() -> None:
    options, _, command = FILE.the("HEALTHCHECK").value.partition(" CMD ")
    assert Instruction("CMD", command, 0).words == ["ssobot", "health"]
    assert "--start-period=" in options


def test_the_database_is_on_the_volume_by_default_and_nothing_else_is_written() -> None:
    """By the working folder: a variable set here would stand in the way of the `_FILE` that replaces it."""
    [database] = [variable for variable in VARIABLES if variable.name == "SSOBOT_DATABASE_URL"]
    assert re.fullmatch(r"sqlite\+aiosqlite:///[\w.]+", database.default)
    assert FILE.the("WORKDIR").value == FILE.the("VOLUME").value
    assert ENV["PYTHONDONTWRITEBYTECODE"] == "1"
    assert {name for name in ENV if name.startswith("SSOBOT_")} == {"SSOBOT_LISTEN"}


def test_the_port_is_the_one_that_it_listens_on_for_everybody() -> None:
    assert ENV["SSOBOT_LISTEN"] == f"0.0.0.0:{FILE.the('EXPOSE').value}"


def test_its_labels_are_those_of_the_project() -> None:
    labels = FILE.the("LABEL").pairs
    for name, key in (
        ("title", "name"),
        ("description", "description"),
        ("licenses", "license"),
        ("version", "version"),
    ):
        assert labels[f"org.opencontainers.image.{name}"] == PYPROJECT[key]
