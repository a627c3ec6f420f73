"""What `status`, `test`, `enable`, `disable`, `slash` and `help` say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.world import World
from tests.system.test_doctor import CASES

case = pytest.mark.case

PLAIN = {
    ("status", "There is no connection"): "status",
    ("test", "There is no connection"): "test",
    ("enable", "There is no connection"): "enable",
    ("disable", "There is no connection"): "disable",
    ("slash", "It is turned on"): "slash on",
    ("slash", "It is off already"): "slash off",
    ("help", "Nothing is named"): "help",
    ("help", "`setup` is named"): "help setup",
    ("help", "`status` is named"): "help status",
    ("help", "`test` is named"): "help test",
    ("help", "`rotate` is named"): "help rotate",
    ("help", "`enable` is named"): "help enable",
    ("help", "`disable` is named"): "help disable",
    ("help", "`slash` is named"): "help slash",
    ("help", "`help` is named"): "help help",
    ("help", "Something is named that there is not"): "help adopt",
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*of)) for of, words in PLAIN.items()])
async def test_without_a_connection(world: World, asks: Asks, words: str) -> None:
    await asks(words)
    assert world.state().applications == 0


WITH = {
    ("status", "All is well"): "status",
    ("test", "All is well"): "test",
    ("enable", "It is on already"): "enable",
    ("disable", "The button is taken off"): "disable",
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*of)) for of, words in WITH.items()])
async def test_with_a_connection_that_is_on(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    assert "✗" not in await asks(words)


OFF = {
    ("status", "It is off"): "status",
    ("enable", "The button is shown"): "enable",
    ("disable", "It is off already"): "disable",
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*of)) for of, words in OFF.items()])
async def test_with_a_connection_that_is_off(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup --disabled")
    assert "✗" not in await asks(words)


@case("slash", "It is turned off")
async def test_slash_off(world: World, asks: Asks) -> None:
    await world.ask("slash on")
    await asks("slash off")


CHANGED: dict[str, Callable[[World], Ground]] = {
    "Somebody changed a setting of the service": grounds.setting("scope", "openid"),
    "Somebody changed the secret at Encvoy ID": grounds.secret_changed_at_encvoy_id,
    "Somebody switched it off by hand": grounds.setting("", False),
    "Somebody deleted the application": grounds.application_deleted,
    "Somebody removed the service": grounds.service_removed,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("status", title)) for title, g in CHANGED.items()])
async def test_status_of_what_somebody_changed(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup")
    with ground(world):
        await asks("status")


@case("enable", "Encvoy ID does not take the secret")
async def test_a_secret_that_is_not_proved(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    with grounds.token_side_asleep(world):
        await asks("enable")
    assert world.state().live is None


BROKEN = [
    pytest.param(broken.ground, marks=case("test", f"Broken: {broken.check}, in way {number}"))
    for check in dict.fromkeys(broken.check for broken in CASES)
    for number, broken in enumerate([b for b in CASES if b.check == check and b.by_chat], 1)
]


@pytest.mark.parametrize("ground", BROKEN)
async def test_what_is_broken(world: World, hears: Heard, ground: Callable[[World], Ground]) -> None:
    """Only what did not pass is shown."""
    await world.ask("setup")
    with ground(world):
        answer = await world.ask("test")
    lines = [line for line in answer.splitlines() if not line.startswith("✓")]
    hears("\n".join(lines), typed="!sso test")
