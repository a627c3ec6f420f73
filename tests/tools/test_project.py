"""What the project tells others about itself is true: the example of its variables, its checks, its packages."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from bot import config
from bot.config import VARIABLES
from bot.errors import ConfigError
from tools.docs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXAMPLE = ROOT / ".env.example"
LINE = re.compile(r"(#?)(SSOBOT_[A-Z_]+)=(.*)")


def shown() -> dict[str, tuple[bool, str, str]]:
    """The variables of the example by name: whether it is given, its value, and the comment above it."""
    found: dict[str, tuple[bool, str, str]] = {}
    before = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if match := LINE.fullmatch(line):
            assert match[2] not in found
            found[match[2]] = (not match[1], match[3], before)
        before = line
    return found


def test_the_example_names_every_variable_and_no_other_in_the_order_of_the_table() -> None:
    assert list(shown()) == [variable.name for variable in VARIABLES]


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_each_is_explained_and_given_if_it_must_be_and_holds_its_default_and_never_a_secret(
    variable: config.Variable,
) -> None:
    given, value, comment = shown()[variable.name]
    assert given == variable.required
    assert value == variable.default
    assert re.match(r"# (Secret: )?[A-Z]", comment)
    assert comment.startswith("# Secret: ") == variable.secret
    assert not (variable.secret and value)


def test_copied_as_it_is_it_asks_for_what_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path / ".env")
    with pytest.raises(ConfigError) as caught:
        config.load(config.Config)
    assert set(caught.value.text.splitlines()) == {f"{v.name} is missing." for v in VARIABLES if v.required}
    assert config.strays() == ()


def test_with_every_line_in_use_no_value_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(re.sub("^#(?=SSOBOT_)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        config.load(config.Config)
    assert set(caught.value.text.splitlines()) == {f"{v.name} is missing." for v in VARIABLES if v.required}


def test_the_checks_before_a_commit_are_those_of_make_check() -> None:
    recipe = re.findall(r"^check:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[0]
    checks = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ +entry: (.+)$", hooks, re.MULTILINE) == checks
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert set(re.findall(r"language: (\S+)", hooks)) == {"system"}


@pytest.mark.parametrize("package", PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert package in PROJECT["tool"]["mypy"]["files"]
    assert (ROOT / package / "py.typed").read_bytes() == b""


def test_the_licence_is_the_one_that_is_named() -> None:
    assert PROJECT["project"]["license"] == "MIT"
    [author] = PROJECT["project"]["authors"]
    [name] = PROJECT["project"]["license-files"]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.startswith("MIT License\n")
    assert re.search(rf"^Copyright \(c\) \d{{4}} {author['name']}$", text, re.MULTILINE)


def test_the_changelog_knows_this_version_and_what_comes_after_it() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions[:2] == ["Unreleased", PROJECT["project"]["version"]]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    rooms = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    named = set(re.findall(rf"(?<![\w./-])(?:{rooms})/[\w./-]*\w", text))
    missing = {path for path in named if not (ROOT / path).exists()}
    assert missing == set()
