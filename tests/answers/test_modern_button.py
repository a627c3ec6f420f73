"""What is said of the button of Rocket.Chat 9's login engine, which answers from what it read before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.answers.conftest import Heard
from tests.support import grounds
from tests.support.world import World, as_people_run_it, world_at

case = pytest.mark.case

BUTTON = "/oauth/encvoyid"


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[World]:
    """Rocket.Chat 9 as people run it, with a connection."""
    async with world_at(tmp_path, **as_people_run_it(tmp_path, "9.0")) as world, world.play.bot():
        assert "checks passed" in await world.ask("setup")
        yield world


@case("test", "Rocket.Chat 9, all is well, and what passed is to be listed")
async def test_what_passed_is_listed(connected: World, hears: Heard) -> None:
    answer = await connected.ask("test --all")
    hears(answer, typed="!sso test --all")
    assert "✗" not in answer


@case("test", "Rocket.Chat 9, and all is well")
async def test_all_is_well(connected: World, hears: Heard) -> None:
    answer = await connected.ask("test")
    hears(answer, typed="!sso test")
    assert "✗" not in answer


def button_of(answer: str) -> str:
    """What is said of this check: its line, and those that belong to it."""
    lines = answer.splitlines()
    first = next(number for number, line in enumerate(lines) if "Button starts a sign-in" in line)
    rest = next(number for number, line in enumerate(lines[first + 1 :], first + 1) if not line.startswith("    "))
    return "\n".join(lines[first:rest])


@case("test", "Rocket.Chat 9, and something else answers where its button leads")
async def test_a_button_that_begins_no_sign_in(connected: World, hears: Heard) -> None:
    page = {"status": 404, "body": "<h1>Not found</h1>", "content_type": "text/html"}
    with grounds.fault(connected.rocketchat, path=BUTTON, **page):
        hears(await connected.ask("test"), typed="!sso test")


@case("test", "Rocket.Chat 9, and a proxy wants people to log in to itself before they press its button")
async def test_a_button_that_leads_to_a_proxys_login(connected: World, hears: Heard) -> None:
    headers = {"Location": "https://sso.example.org/oauth2/sign_in?rd=%2F"}
    with grounds.fault(connected.rocketchat, path=BUTTON, status=302, headers=headers):
        hears(await connected.ask("test"), typed="!sso test")


@case("test", "Rocket.Chat 9, and it refuses to say what it is")
async def test_an_engine_that_cannot_be_seen(connected: World, hears: Heard) -> None:
    with grounds.version_unreadable(connected):
        hears(await connected.ask("test"), typed="!sso test")


@case("test", "Rocket.Chat 9, and its button still uses the previous settings")
async def test_a_button_that_is_behind(connected: World, hears: Heard) -> None:
    rocketchat = connected.rocketchat
    rocketchat.settings.write("Site_Url", rocketchat.url.replace("127.0.0.1", "localhost"))
    await connected.ask("setup")
    hears(await connected.ask("test"), typed="!sso test")
    await connected.ask("disable")
    await connected.ask("enable")
    assert button_of(await connected.ask("test --all")).startswith("✓"), "what it says helps"


@case("test", "Rocket.Chat 9, and its button was pressed too often a moment ago")
async def test_a_button_that_was_pressed_too_often(connected: World, hears: Heard) -> None:
    async def press() -> int:
        url = f"{connected.rocketchat.url}{BUTTON}"
        async with connected.admin.session.get(url, allow_redirects=False) as pressed:
            return pressed.status

    async with asyncio.timeout(10):
        while await press() != 429:
            pass
    hears(await connected.ask("test"), typed="!sso test")


@case("rotate", "Rocket.Chat 9, and its button keeps using the previous settings")
async def test_a_button_that_stays_behind(connected: World, hears: Heard) -> None:
    unchecked, button = aiohttp.TCPConnector(ssl=False), f"{connected.rocketchat.url}{BUTTON}"
    async with aiohttp.ClientSession(connector=unchecked) as people, people.get(button, allow_redirects=False) as went:
        before = {"Location": went.headers["Location"]}
    old = connected.state()
    with grounds.fault(connected.rocketchat, path=BUTTON, status=302, headers=before):
        hears(await connected.ask("rotate", timeout=60.0), typed="!sso rotate")
    now = connected.state()
    assert now.accepted == now.stored == now.live == old.live
