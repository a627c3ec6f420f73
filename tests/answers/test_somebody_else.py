"""What is said where somebody else acts in the middle of a command, or keeps it from being finished."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.rocketchat.names import service_name
from bot.secret import Secret, new_secret
from bot.store.connections import SqlConnections
from bot.store.engine import open_database
from bot.store.vault import Vault
from sandbox.encvoy.people import Role
from sandbox.faults import Fault, FaultEffect, When
from sandbox.stage import config_from
from tests.answers.conftest import PACE, Asks, Heard
from tests.support import grounds
from tests.support.hurried import HurriedClock
from tests.support.snapshot import snapshot
from tests.support.world import SETTINGS, World

case = pytest.mark.case

FOREIGN = "f" * 64
"""A secret that is not the bot's."""


def then(method: str, path: str, call: object, **rule: object) -> Fault:
    """The stand-in does what it is asked for, and `call` happens before the answer goes out."""
    return Fault(method, path, FaultEffect.PASS, When.AFTER, call=lambda _: call(), **rule)  # type: ignore[arg-type,operator]


def newest(world: World) -> dict[str, Any]:
    created: dict[str, Any] = list(world.encvoy.clients.by_id.values())[-1]
    return created


@case("setup", "Encvoy ID makes the application in another user's name")
async def test_an_application_in_another_name(world: World, asks: Asks) -> None:
    people = world.encvoy.people

    def give_away() -> None:
        created, manager = list(world.encvoy.clients.by_id)[-1], world.encvoy.person("manager").id
        del people.roles[created, manager]
        people.roles[created, world.encvoy.person("owner").id] = Role.OWNER

    before = len(world.encvoy.clients.by_id)
    world.encvoy.faults.add(then("POST", "/api/v1/clients", give_away, times=1))
    await asks("setup")
    assert len(world.encvoy.clients.by_id) == before + 1, "it is not tried again: that would leave a second one"


@case("setup", "Encvoy ID keeps another callback address than it was given")
async def test_an_application_with_another_callback_address(
    hurried_before_setup: tuple[World, HurriedClock], hears: Heard
) -> None:
    world, clock = hurried_before_setup
    before = len(world.encvoy.clients.by_id)

    def rewrite() -> None:
        created = newest(world)
        created["redirect_uris"] = ["https://elsewhere.example.org/callback"]

    for method in ("POST", "PUT"):
        world.encvoy.faults.add(then(method, "/api/v1/clients", rewrite))
    with clock.hurrying(PACE):
        hears(await world.ask("setup"), typed="!sso setup")
    assert len(world.encvoy.clients.by_id) == before + 1, "what was created is known, and not created again"
    assert world.state().live is None


@case("setup", "Encvoy ID gives the bot another's application for the one that it asked for")
async def test_an_application_that_is_anothers(world: World, asks: Asks) -> None:
    before = len(world.encvoy.clients.by_id)
    world.encvoy.faults.add(then("POST", "/api/v1/clients", lambda: newest(world).update(description="another's")))
    await asks("setup")
    assert len(world.encvoy.clients.by_id) == before + 1
    assert newest(world)["client_secret"] != world.state().stored, "nothing is written to it"


@case("setup", "The application is gone as soon as it was created")
async def test_an_application_that_is_gone_at_once(world: World, asks: Asks) -> None:
    def vanish() -> None:
        client_id = str(newest(world)["client_id"])
        world.encvoy.clients.delete(client_id)
        world.encvoy.people.forget_client(client_id)

    before = list(world.encvoy.clients.by_id)
    world.encvoy.faults.add(then("POST", "/api/v1/clients", vanish, times=1))
    await asks("setup")
    assert list(world.encvoy.clients.by_id) == before
    assert "checks passed" in await world.ask("setup")


@case("setup", "Somebody replaced the callback address with one that Encvoy ID refuses")
async def test_a_callback_address_that_is_refused(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with grounds.column("redirect_uris", ["https://[2001:db8::1]/callback"])(world):
        before = snapshot(world)
        await asks("setup")
        assert snapshot(world) == before


@case("setup", "Encvoy ID's rule for the login name is switched off")
async def test_a_rule_that_is_switched_off(world: World, asks: Asks) -> None:
    rules = '[{"id": 1, "field_name": "login", "active": false}, {"id": 2, "field_name": "email", "active": true}]'
    fault = world.encvoy.faults.add(Fault("GET", "/api/v1/settings/rules", status=200, body=rules))
    await asks("setup")
    world.encvoy.faults.remove(fault)
    assert "checks passed" in await world.ask("setup")


@case("setup", "Somebody replaced the secret on both sides")
async def test_a_secret_that_somebody_replaced(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with grounds.column("client_secret", FOREIGN)(world), grounds.setting("secret", FOREIGN)(world):
        await asks("setup")
        assert world.state().accepted == world.state().stored
    assert world.state().stored != FOREIGN


@case("test", "Somebody replaced the secret on both sides")
async def test_a_secret_that_somebody_replaced_is_seen(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with grounds.column("client_secret", FOREIGN)(world), grounds.setting("secret", FOREIGN)(world):
        hears(await world.ask("test"), typed="!sso test")


@case("setup", "Somebody sets another secret in Rocket.Chat at the same moment")
async def test_a_secret_that_is_set_meanwhile(world: World, asks: Asks) -> None:
    def set_back() -> None:
        world.rocketchat.settings.find(f"{SETTINGS}-secret").value = FOREIGN

    world.encvoy.faults.add(then("POST", "/oidc/request", set_back, times=1))
    await asks("setup")
    assert world.state().live is None, "the button is switched on last"


@case("setup", "What is written does not persist")
async def test_a_setting_that_is_set_back_each_time(world: World, asks: Asks) -> None:
    await world.ask("setup")
    row = world.rocketchat.settings.find(f"{SETTINGS}-merge_users")

    def set_back() -> None:
        row.value = False

    set_back()
    world.rocketchat.faults.add(then("POST", "/api/v1/settings", set_back))
    await asks("setup")


def another(world: World) -> Connection:
    """A connection as another instance of the bot would have saved it a moment ago."""
    return Connection(
        id="another1",
        name=service_name("Encvoy ID"),
        site_url=world.rocketchat.url,
        application_name="Rocket.Chat",
        settings={},
        enabled=True,
        pending=new_secret(),
    )


@case("setup", "Another instance of the bot was quicker")
async def test_two_at_the_same_moment(world: World, asks: Asks) -> None:
    async def save() -> None:
        config = config_from(world.play.env)
        database = await open_database(config.database_url)
        await SqlConnections(database, Vault([Secret(world.play.keys)]), SystemClock()).save(another(world))
        await database.close()

    world.encvoy.faults.add(Fault("GET", "/api/v1/clients", FaultEffect.PASS, call=lambda _: save(), times=1))
    await asks("setup")
    assert world.writes() == []


@case("rotate", "Setting up stopped before its end")
async def test_what_is_not_set_up_to_its_end(world: World, asks: Asks) -> None:
    fault = world.encvoy.faults.add(Fault("POST", "/api/v1/clients", status=403, body="{}"))
    await world.ask("setup")
    world.encvoy.faults.remove(fault)
    await asks("rotate")


@case("rotate", "Somebody changes the secret at Encvoy ID at the same moment")
async def test_a_secret_that_is_changed_meanwhile(world: World, asks: Asks) -> None:
    await world.ask("setup")
    application = grounds.application(world)

    def change(_: web.Request) -> None:
        application["client_secret"] = FOREIGN

    switch = Fault("PUT", "/api/v1/clients/", status=502, matches=lambda _, body: "client_secret" in (body or {}))
    world.encvoy.faults.add(replace(switch, call=change, times=1))
    await asks("rotate")
    assert application["client_secret"] == FOREIGN, "nothing is written over what somebody else wrote"


@case("rotate", "No setting of the service can show when the secret is live")
async def test_no_marker(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    with grounds.setting("button_label_color", "#000000")(world), grounds.setting("scope", "openid")(world):
        await asks("rotate")
    assert world.state().accepted == before.accepted


@case("rotate", "Encvoy ID goes away when it should take the new secret, and for the way back too")
async def test_stuck_for_a_while(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, clock = hurried
    before = world.state()
    away = Fault(effect=FaultEffect.HANG)
    world.rocketchat.faults.add(then("POST", "/api/v1/settings", lambda: world.encvoy.faults.add(away), times=1))
    message = await world.admin.send("!sso rotate")
    texts = []
    with clock.hurrying(PACE):
        async for text in world.admin.answers(message):
            texts.append(text)
            if "ALARM" in text:
                world.encvoy.faults.remove(away)
    hears(texts[-1], typed="!sso rotate")
    now = world.state()
    assert now.accepted == now.stored == now.live == before.live
