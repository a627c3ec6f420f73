"""What follows from version, engine and licence, and that nothing else compares a version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.connection.profile import LICENCE_MODULE, Engine, Licence, Version, has_choice, profile
from bot.connection.state import Unknown

ROOT = Path(__file__).parents[2]
LICENSED = frozenset({LICENCE_MODULE})
NOBODY_SAYS = Unknown("it was not told")


@pytest.mark.parametrize(
    ("version", "chosen", "engine"),
    [
        ((6, 12), True, Engine.LEGACY),
        ((8, 6), True, Engine.LEGACY),
        ((8, 7), False, Engine.LEGACY),
        ((8, 7), True, Engine.MODERN),
        ((8, 9), True, Engine.MODERN),
        ((8, 10), False, Engine.LEGACY),
        ((9, 0), False, Engine.MODERN),
        ((10, 2), False, Engine.MODERN),
    ],
)
def test_the_engine(version: Version, chosen: bool, engine: Engine) -> None:
    found = profile(version, LICENSED, modern_flow=chosen)
    assert found.engine is engine
    assert found.links_by_email == found.tells_which_secret == (engine is Engine.LEGACY)
    assert found.needs_https == (engine is Engine.MODERN)


@pytest.mark.parametrize(("version", "choice"), [((8, 6), False), ((8, 7), True), ((8, 9), True), ((9, 0), False)])
def test_where_there_is_a_choice(version: Version, choice: bool) -> None:
    assert has_choice(version) == choice


@pytest.mark.parametrize(
    ("version", "modules", "licence"),
    [
        ((8, 9), frozenset(), Licence.NOT_NEEDED),
        ((8, 9), NOBODY_SAYS, Licence.NOT_NEEDED),
        ((9, 0), frozenset({"auditing"}), Licence.MISSING),
        ((9, 0), LICENSED, Licence.ACTIVE),
        ((9, 4), NOBODY_SAYS, NOBODY_SAYS),
    ],
)
def test_the_licence(version: Version, modules: frozenset[str] | Unknown, licence: Licence | Unknown) -> None:
    assert profile(version, modules).licence == licence


def test_its_text() -> None:
    assert profile((8, 10), frozenset()).text == "8.10"


def test_nothing_else_compares_a_version() -> None:
    """A pair of numbers that looks like a version, or a word `version` beside a comparison."""
    compares = re.compile(r"version\w*(\[\d\])?\s*(<|>|<=|>=)|(<|>)=?\s*\(\d+, \d+\)|\(\d+, \d+\)\s*(<|>)")
    files = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("commands/*.py")]
    guilty = {
        str(file.relative_to(ROOT))
        for file in files
        if "sandbox" not in file.parts and file.name != "demo.py"  # they choose a version, and meet none
        for line in file.read_text(encoding="utf-8").splitlines()
        if compares.search(line)
    }
    assert guilty == {"bot/connection/profile.py"}
