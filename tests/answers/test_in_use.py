"""What is said where Rocket.Chat uses another secret than it stores, and where nobody can tell which one."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.standin import Switches
from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.world import World, world_at
from tests.system.test_in_use import writes_back

case = pytest.mark.case


@case("rotate", "An instance of Rocket.Chat that is out of reach puts the old secret back")
async def test_an_instance_that_is_out_of_reach(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, settle=0.5, switches=Switches(instances=3)) as world, world.play.bot():
        await world.ask("setup")
        world.rocketchat.instances.broadcasts = False
        writes_back(world, reached=False)
        hears(await world.ask("rotate", timeout=60.0), typed="!sso rotate")


@case("enable", "Rocket.Chat does not say which secret it uses, and somebody takes its callback address off meanwhile")
async def test_a_sign_in_that_is_refused(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    world.rocketchat.sign_in.manners.tells_app = False
    application = grounds.application(world)

    def take_off(_: web.Request) -> None:
        application["redirect_uris"] = ["https://elsewhere.example.org/callback"]

    asked = Fault("GET", "/_oauth/", FaultEffect.PASS, When.AFTER, call=take_off, times=1)
    world.rocketchat.faults.add(asked)
    await asks("enable")


@case("enable", "Rocket.Chat cannot find Encvoy ID, and does not let it be switched off again")
async def test_a_button_that_cannot_be_taken_off_again(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    world.rocketchat.unresolved.add("127.0.0.1")

    def refuse(_: web.Request) -> None:
        world.rocketchat.faults.add(Fault("POST", "/api/v1/settings", status=403, body="{}", times=None))

    world.rocketchat.faults.add(Fault("GET", "/_oauth/", FaultEffect.PASS, When.AFTER, call=refuse, times=1))
    await asks("enable")
    assert world.state().live is not None
