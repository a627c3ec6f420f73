"""What follows from version, engine and licence, and that nothing else compares a version."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from bot.connection.profile import LICENCE_MODULE, Engine, Licence, Profile, Version, alike, has_choice, profile
from bot.connection.unknown import Unknown
from tests.support.versions import comparisons

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
    assert found.links_by_email == (engine is Engine.LEGACY)
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


@pytest.mark.parametrize(("other", "same"), [((8, 8), True), ((8, 9), False), ((9, 8), False)])
def test_two_of_one_version_may_be_one_workspace(other: Version, same: bool) -> None:
    assert alike((8, 8), other) is same


def test_what_is_said_of_the_modern_engine_is_labelled() -> None:
    """It was read, and run, before its release (facts/rocketchat.md §0.3)."""
    said = re.findall(r'"""(.+?)"""', Path(inspect.getfile(Profile)).read_text(encoding="utf-8"), re.DOTALL)
    modern = [text for text in said if re.search(r"modern\s+engine|Passport|plain http", text)]
    assert len(modern) >= 4
    assert [text for text in modern if "pre-release" not in text] == []


def test_nothing_else_compares_a_version() -> None:
    guilty = {
        f"{file.relative_to(ROOT)}:{line}"
        for folder in ("bot", "commands", "tools")
        for file in (ROOT / folder).rglob("*.py")
        for line in comparisons(file.read_text(encoding="utf-8"))
    }
    assert {place.partition(":")[0] for place in guilty} == {"bot/connection/profile.py"}, guilty


@pytest.mark.parametrize(
    "code",
    [
        "version >= _MODERN_ONLY_FROM",
        "a <= server.profile.version < b",
        "version != await facts.version()",
        "found == (9, 0)",
        "found in ((8, 7), (8, 8))",
        "version not in OLD",
        "version[0] > 8",
        "info['version'] == '8.8'",
        "server.version.major >= 9",
        "minor < 7",
        "int(version.partition('.')[0]) < 9",
        "float(profile.text_version) >= 8.7",
        "version.startswith('8.')",
        "re.match(r'8\\.', server.version)",
        "(version, engine) == x",
        "match profile.version: case (9, _): pass",
    ],
)
def test_such_a_comparison_is_seen(code: str) -> None:
    inside = code.replace(": case", ":\n        case")
    assert list(comparisons(f"async def asked():\n    {inside}")) == [2]


@pytest.mark.parametrize(
    "code",
    [
        "self._version is None",
        "status in (404, 405)",
        "_VERSION.match(text)",
        "address.version == 4",
        "a == b",
        "x.text",
    ],
)
def test_nothing_else_is_taken_for_one(code: str) -> None:
    assert not list(comparisons(code))
