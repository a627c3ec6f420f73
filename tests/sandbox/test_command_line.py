"""How the command line says what the stand-in of Rocket.Chat does."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from bot import __main__ as command_line
from bot.errors import ConfigError
from sandbox.__main__ import behaviour
from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.instances import Sticky
from sandbox.rocketchat.standin import Switches

ALL = [
    "--settle",
    "1",
    "--jitter",
    "0",
    "0.2",
    "--seed",
    "7",
    "--instances",
    "3",
    "--sticky",
    "address",
    "--no-broadcasts",
    "--publication",
    "pushed",
]
MEANT = {
    "settle": 1.0,
    "seed": 7,
    "switches": Switches(
        jitter=(0.0, 0.2),
        instances=3,
        sticky=Sticky.ADDRESS,
        broadcasts=False,
        publication=Publication.PUSHED,
    ),
}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been started."""
    calls: list[tuple[Any, ...]] = []

    def start(*arguments: Any) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(command_line, "start", start)
    return calls


def run(*words: str) -> None:
    result = CliRunner().invoke(command_line.cli, words, standalone_mode=False)
    assert result.exception is None


def test_nothing_given_is_what_rocketchat_is(started: list[tuple[Any, ...]]) -> None:
    run("sandbox", "rocketchat")
    assert started == [("sandbox.__main__:rocketchat", 0, "8.8", None, {})]
    assert behaviour({}) == {"switches": Switches()}


@pytest.mark.parametrize("words", [["rocketchat", *ALL], [*ALL, "rocketchat"], [*ALL[:2], "rocketchat", *ALL[2:]]])
def test_everything_given_before_or_after_the_name(started: list[tuple[Any, ...]], words: list[str]) -> None:
    run("sandbox", *words)
    [(_, _, _, _, given)] = started
    assert behaviour(given) == MEANT


def test_what_is_given_after_the_name_counts(started: list[tuple[Any, ...]]) -> None:
    run("sandbox", "--settle", "1", "rocketchat", "--settle", "3")
    assert started[0][4] == {"settle": 3.0}


def test_both_stand_ins_take_the_same_options(started: list[tuple[Any, ...]]) -> None:
    run("sandbox", *ALL)
    [(target, _, given, _)] = started
    assert target == "sandbox.demo:sandbox"
    assert behaviour(given) == MEANT


def test_the_words_of_the_options_are_those_of_the_switches() -> None:
    assert tuple(publication.value for publication in Publication) == command_line.PUBLICATIONS
    assert tuple(sticky.value for sticky in Sticky) == command_line.BALANCING


def test_settings_are_forced_as_the_environment_would() -> None:
    pairs = ("A=true", "B=False", "C=5", "D=text", "E=a=b", "F=")
    assert behaviour({"overwrite": pairs})["switches"].overwritten == {
        "A": True,
        "B": False,
        "C": 5,
        "D": "text",
        "E": "a=b",
        "F": "",
    }


@pytest.mark.parametrize("pair", ["A", "=x"])
def test_a_forced_setting_needs_both_sides(pair: str) -> None:
    with pytest.raises(ConfigError, match="ID=VALUE"):
        behaviour({"overwrite": (pair,)})
