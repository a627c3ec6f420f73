"""What `rotate` says, and `enable` while a secret is being replaced."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web

from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.ddp.sockets import Publication
from tests.answers.conftest import PACE, Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.hurried import HurriedClock
from tests.support.world import SETTINGS, World

case = pytest.mark.case


@case("rotate", "The secret is replaced")
async def test_done(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    await asks("rotate")
    now = world.state()
    assert now.accepted == now.stored == now.live != before.live


@case("rotate", "The secret of a connection that is off is replaced")
async def test_done_while_it_is_off(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    await asks("rotate")


@case("rotate", "Only the plan is asked for")
async def test_a_dry_run(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    await asks("rotate --dry-run")
    assert world.state() == before


@case("rotate", "Rocket.Chat's workspace is offline past its grace period, and nobody may write there")
async def test_a_restricted_workspace(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    world.rocketchat.settings.restricted = True
    await asks("rotate")
    assert world.state() == before


@case("rotate", "A rule of Rocket.Chat does not allow such a secret")
async def test_a_value_that_is_not_allowed(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    world.rocketchat.settings.rules[f"{SETTINGS}-secret"] = "[a-z]{8}"
    await asks("rotate")
    assert world.state() == before


@case("rotate", "There is no connection")
async def test_nothing_there(world: World, asks: Asks) -> None:
    await asks("rotate")


CHANGED: dict[str, Callable[[World], Ground]] = {
    "Somebody changed the secret at Encvoy ID": grounds.secret_changed_at_encvoy_id,
    "Somebody changed the secret in Rocket.Chat": grounds.setting("secret", "y" * 64),
    "Somebody deleted the application": grounds.application_deleted,
    "Somebody removed the bot's user from the application": grounds.taken_off_the_application,
    "Somebody removed the service": grounds.service_removed,
    "Encvoy ID's token side does not take the secret": grounds.token_side_asleep,
    "Something at Encvoy ID's token side takes any secret": grounds.every_secret_accepted,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("rotate", title)) for title, g in CHANGED.items()])
async def test_what_somebody_changed(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup")
    with ground(world):
        await asks("rotate")


@case("rotate", "What Rocket.Chat answers of its login services stays as it was before")
async def test_never_in_use(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, clock = hurried
    before = world.state()
    world.rocketchat.sockets.login_services = Publication.REFUSED
    world.rocketchat.sockets.cut()
    async with aiohttp.ClientSession() as http:
        for route in ("settings.oauth", "service.configurations"):
            path = f"/api/v1/{route}"
            async with http.get(f"{world.rocketchat.url}{path}") as answer:
                world.rocketchat.faults.add(Fault("GET", path, status=200, body=await answer.text(), times=None))
    with clock.hurrying(PACE):
        hears(await world.ask("rotate", timeout=60.0), typed="!sso rotate")
    assert world.state().accepted == before.accepted


@case("rotate", "Encvoy ID refuses the new secret")
async def test_refused_and_undone(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    world.encvoy.faults.add(
        Fault("PUT", "/api/v1/clients/", status=400, body="{}", matches=lambda _, body: "client_secret" in (body or {}))
    )
    await asks("rotate")
    now = world.state()
    assert now.accepted == now.stored == now.live == before.live


@case("rotate", "Encvoy ID goes away when it should take the new secret, and stays away")
async def test_encvoy_id_goes_away(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, clock = hurried
    before = world.state()
    hang = Fault(effect=FaultEffect.HANG)

    def begin(_: web.Request) -> None:
        world.encvoy.faults.add(hang)

    world.rocketchat.faults.add(Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=begin))
    message = await world.admin.send("!sso rotate")
    last = ""
    with clock.hurrying(PACE):
        async for text in world.admin.answers(message):
            last = text
            if "gets the old secret again" in text:
                world.encvoy.faults.remove(hang)
    hears(last, typed="!sso rotate")
    now = world.state()
    assert now.accepted == now.stored == now.live == before.live


@contextlib.asynccontextmanager
async def half_done(hurried: tuple[World, HurriedClock]) -> AsyncIterator[str]:
    """Encvoy ID goes away while the secret of a connection that is off is replaced: the answer to that. It stays away
    in the block."""
    world, clock = hurried
    await world.ask("disable")
    away = Fault(effect=FaultEffect.HANG)

    def begin(_: web.Request) -> None:
        world.encvoy.faults.add(away)

    switch = Fault("PUT", "/api/v1/clients/", FaultEffect.HANG, call=begin, matches=lambda _, body: bool(body))
    world.encvoy.faults.add(switch)
    with clock.hurrying(PACE):
        answer = await world.ask("rotate")
    yield answer
    world.encvoy.faults.clear()
    await world.ask("rotate")
    now = world.state()
    assert now.accepted == now.stored is not None
    assert now.live is None


@case("rotate", "Encvoy ID goes away when it should take the new secret, and the service is off")
async def test_encvoy_id_goes_away_while_it_is_off(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    async with half_done(hurried) as answer:
        hears(answer, typed="!sso rotate")


@case("enable", "A secret is being replaced")
async def test_a_button_while_a_secret_is_being_replaced(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, _ = hurried
    async with half_done(hurried):
        world.encvoy.faults.clear()
        hears(await world.ask("enable"), typed="!sso enable")
        assert world.state().live is None
