"""What `history` says."""

from __future__ import annotations

import re

import pytest

from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.world import World

case = pytest.mark.case
FIRST = "5f0c2a9d1e00"
"""As the document shows the first id of an answer."""


@case("history", "There is no operation yet")
async def test_nothing_yet(world: World, asks: Asks) -> None:
    await world.ask("status")
    await asks("history")


@case("history", "There is no operation yet, and all are to be listed")
async def test_nothing_at_all(world: World, asks: Asks) -> None:
    await asks("history --all")


@case("history", "Setup, a rotation and a failure are listed")
async def test_the_last_ones(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await world.ask("rotate")
    with grounds.application_deleted(world):
        await world.ask("rotate")
    assert (await asks("history")).count("\n• ") == 3


@case("history", "What changed nothing is to be listed, too")
async def test_all(world: World, asks: Asks) -> None:
    await world.ask("setup --dry-run")
    await world.ask("status")
    await world.ask("test")
    await asks("history --all")


@case("history", "A rotation in full")
async def test_one_rotation(world: World, hears: Heard) -> None:
    await world.ask("setup")
    await world.ask("rotate")
    hears(await world.ask(f"history {await newest(world)}"), typed=f"!sso history {FIRST}")


@case("history", "A command without a receipt in full")
async def test_one_look(world: World, hears: Heard) -> None:
    await world.ask("setup --dry-run")
    hears(await world.ask(f"history {await newest(world)}"), typed=f"!sso history {FIRST}")


async def newest(world: World) -> str:
    """The id of the newest operation."""
    found = re.search(r"• `([0-9a-f]{12})`", await world.ask("history"))
    assert found is not None
    return found[1]


REFUSED = {
    "There is no operation of this id": f"history {FIRST}",
    "More are asked for than are ever shown": "history 201",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("history", title)) for title, w in REFUSED.items()])
async def test_what_makes_no_sense(world: World, asks: Asks, words: str) -> None:
    said = await asks(words)
    assert "✗ Not done" in said or "is neither a number" in said
