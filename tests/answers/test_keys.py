"""What is said of the keys of the database: replaced on the terminal, and lost in the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.answers.conftest import Heard
from tests.answers.test_terminal import ended
from tests.answers.test_unasked import spoken
from tests.support.world import World, world_at

case = pytest.mark.case
TERMINAL = "On the terminal"
OTHER = Fernet.generate_key().decode()


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[World]:
    """With a connection, and no bot."""
    async with world_at(tmp_path, settle=0.02) as world:
        async with world.play.bot():
            await world.ask("setup")
        yield world


# On the terminal.


async def nothing(_: World) -> None: ...


async def rotated(world: World) -> None:
    await ended(world, "keys rotate", SSOBOT_KEYS=f"{OTHER},{world.play.keys}")


ROTATIONS: dict[str, tuple[str, Callable[[World], Awaitable[None]], Callable[[str], str], int]] = {
    "a new key is in front": ("", nothing, lambda keys: f"{OTHER},{keys}", 0),
    "it is a dry run": (" --dry-run", nothing, lambda keys: f"{OTHER},{keys}", 0),
    "it was done before": ("", rotated, lambda keys: f"{OTHER},{keys}", 0),
    "there is one key": ("", nothing, lambda keys: keys, 0),
    "the key is lost": ("", nothing, lambda _: OTHER, 1),
}


@pytest.mark.parametrize(
    ("option", "before", "keys", "status"),
    [pytest.param(*of, marks=case(TERMINAL, f"`ssobot keys rotate`: {title}")) for title, of in ROTATIONS.items()],
)
async def test_keys_are_rotated(
    connected: World,
    hears: Heard,
    option: str,
    before: Callable[[World], Awaitable[None]],
    keys: Callable[[str], str],
    status: int,
) -> None:
    await before(connected)
    given = keys(connected.play.keys)
    found, said = await ended(connected, f"keys rotate{option}", SSOBOT_KEYS=given)
    assert found == status
    assert not [key for key in given.split(",") if key in said]
    hears(said, typed=f"ssobot keys rotate{option}")


@case(TERMINAL, "`ssobot keys rotate`: nothing is encrypted yet")
async def test_keys_of_an_empty_database(quiet_world: World, hears: Heard) -> None:
    status, said = await ended(quiet_world, "keys rotate")
    assert status == 0
    hears(said, typed="ssobot keys rotate")


@case(TERMINAL, "`ssobot keys rotate`: the bot runs, and was started without the new key")
async def test_keys_beside_a_bot_that_has_others(connected: World, hears: Heard) -> None:
    async with connected.play.bot():
        status, said = await ended(connected, "keys rotate", SSOBOT_KEYS=f"{OTHER},{connected.play.keys}")
        assert "in sync" in await connected.ask("status")
    assert status == 1
    hears(said, typed="ssobot keys rotate")


@case(TERMINAL, "`ssobot doctor`: an older key is still needed")
async def test_the_doctor_with_an_older_key(connected: World, hears: Heard) -> None:
    status, said = await ended(connected, "doctor", SSOBOT_KEYS=f"{OTHER},{connected.play.keys}")
    assert status == 0
    hears(said, typed="ssobot doctor")


# In the chat.

LOST = "The key that decrypts the client secret is lost"
WORDS = ("setup", "status", "test", "rotate", "enable", "disable", "schedule rotate every 30 days")


@pytest.mark.parametrize("words", [pytest.param(w, marks=case(w.partition(" ")[0], LOST)) for w in WORDS])
async def test_a_lost_key(connected: World, hears: Heard, words: str) -> None:
    connected.play.keys = OTHER
    before = connected.writes()
    async with connected.play.bot():
        hears(await connected.ask(words), typed=f"!sso {words}")
    assert connected.writes() == before


@case("adopt", LOST)
async def test_adopting_what_both_sides_hold(connected: World, hears: Heard) -> None:
    connected.play.keys = OTHER
    before = connected.writes()
    async with connected.play.bot():
        hears(await connected.ask("adopt"), typed="!sso adopt")
        assert "in sync" in await connected.ask("status")
        assert connected.writes() == before
        assert "Rotated" in await connected.ask("rotate")


@case("history", "The key of the fingerprints was lost since")
async def test_fingerprints_of_a_lost_key(connected: World, hears: Heard) -> None:
    async with connected.play.bot():
        assert "Rotated" in await connected.ask("rotate")
        assert "unknown" not in await connected.ask("history 1")
    connected.play.keys = OTHER
    async with connected.play.bot():
        operation = (await connected.ask("history 1")).split("`")[1]
        hears(await connected.ask(f"history {operation}"), typed="!sso history 5f0c2a9d1e00")


@case("Unasked", f"{LOST}, and the bot was started")
async def test_a_start_without_the_key(connected: World, hears: Heard) -> None:
    connected.play.keys = OTHER
    async with connected.play.bot():
        hears(await spoken(connected, "My copy of the client secret"))
        assert "setup" in await connected.ask("help")
