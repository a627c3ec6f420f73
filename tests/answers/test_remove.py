"""What `remove` says, and what a typed code protects."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.store.connections import SqlConnections
from bot.store.engine import open_database
from bot.store.vault import Vault
from sandbox.faults import Fault, FaultEffect, When
from sandbox.stage import config_from
from tests.answers.conftest import PACE, Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.hurried import HurriedClock
from tests.support.world import SERVICE, SETTINGS, World

case = pytest.mark.case

FORM = "Accounts_ShowFormLogin"


@pytest.fixture(autouse=True)
def one_code_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes of an example are always the same."""
    codes = iter(("4F7K", "9CXT", "3HWM", "7RAN"))
    monkeypatch.setattr("bot.chatops.codes.new_code", lambda taken: next(codes))


def is_gone(world: World) -> bool:
    """Whether nothing is left on either side."""
    ours = [setting.id for setting in world.rocketchat.settings if setting.id.startswith(SETTINGS)]
    return not ours and world.rocketchat.login_services.get(SERVICE) is None and world.state().applications == 0


def application(world: World) -> dict[str, Any]:
    found: dict[str, Any]
    [found] = [c for c in world.encvoy.clients.by_id.values() if f"/_oauth/{SERVICE}" in str(c["redirect_uris"])]
    return found


@case("remove", "There is no connection")
async def test_nothing_there(world: World, asks: Asks) -> None:
    await asks("remove")


@case("help", "Help for `remove`")
async def test_help(world: World, asks: Asks) -> None:
    await asks("help remove")


@case("remove", "Only the plan is asked for")
async def test_a_dry_run(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    await asks("remove --dry-run")
    assert world.state() == before


@case("remove", "All of it is removed")
async def test_done(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("remove")
    assert is_gone(world)


@case("remove", "A connection with a name of its own is removed")
async def test_another_name(world: World, asks: Asks) -> None:
    await world.ask('setup --name "Company login"')
    await asks("remove")
    assert world.state().applications == 0


@case("remove", "Rotations and tests are scheduled")
async def test_what_is_scheduled(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    await world.ask("schedule rotate every 30 days")
    await world.ask("schedule test every 60 minutes")
    await asks("remove")
    assert is_gone(world)


OTHERS = "https://other.example.org/callback"


@case("remove", "The application has other callback addresses")
async def test_others_addresses(world: World, asks: Asks) -> None:
    await world.ask("setup")
    ours = application(world)
    ours["redirect_uris"] = [*ours["redirect_uris"], OTHERS]
    await asks("remove")
    assert ours["redirect_uris"] == [OTHERS]


@case("remove", "Only the plan is asked for, and the application has other callback addresses")
async def test_a_dry_run_with_others_addresses(world: World, asks: Asks) -> None:
    await world.ask("setup")
    ours = application(world)
    ours["redirect_uris"] = [*ours["redirect_uris"], OTHERS]
    await asks("remove --dry-run")
    assert len(ours["redirect_uris"]) == 2


CHANGED: dict[str, Callable[[World], Ground]] = {
    "Somebody deleted the application": grounds.application_deleted,
    "Somebody removed the bot's user from the application": grounds.taken_off_the_application,
    "Somebody removed the service, and its button was left": grounds.service_removed,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("remove", title)) for title, g in CHANGED.items()])
async def test_what_somebody_changed(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup")
    with ground(world):
        await asks("remove")
        assert world.rocketchat.login_services.get(SERVICE) is None
        assert SETTINGS not in world.rocketchat.settings


@contextlib.contextmanager
def removal_refused(world: World) -> Iterator[None]:
    """Rocket.Chat lets the bot switch the service off, and no more."""
    fault = Fault("POST", "/api/v1/settings.removeCustomOAuth", status=403, body='{"success": false}', times=None)
    world.rocketchat.faults.add(fault)
    yield
    world.rocketchat.faults.remove(fault)


@case("remove", "Rocket.Chat does not let the bot remove the service")
async def test_refused_on_the_way(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with removal_refused(world):
        await asks("remove")
    await world.ask("remove")
    assert is_gone(world)


@case("remove", "Rocket.Chat does not let the bot change anything")
async def test_refused_at_once(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = world.state()
    world.rocketchat.settings.restricted = True
    await asks("remove")
    world.rocketchat.settings.restricted = False
    assert world.state() == before
    assert "in sync" in await world.ask("status")


@case("remove", "Encvoy ID does not respond")
async def test_encvoy_id_is_away(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, clock = hurried
    away = Fault(effect=FaultEffect.HANG)
    world.encvoy.faults.add(away)
    with clock.hurrying(PACE):
        hears(await world.ask("remove", timeout=60.0), typed="!sso remove")
    assert SETTINGS not in world.rocketchat.settings
    world.encvoy.faults.clear()
    await world.ask("remove")
    assert is_gone(world)


@case("remove", "Only the plan is asked for, and Encvoy ID does not respond")
async def test_a_dry_run_without_encvoy_id(hurried: tuple[World, HurriedClock], hears: Heard) -> None:
    world, clock = hurried
    world.encvoy.faults.add(Fault(effect=FaultEffect.HANG))
    with clock.hurrying(PACE):
        hears(await world.ask("remove --dry-run", timeout=60.0), typed="!sso remove --dry-run")
    assert SETTINGS in world.rocketchat.settings


HALF_REMOVED = {
    ("status", "A removal was not finished"): "status",
    ("test", "A removal was not finished"): "test",
    ("enable", "A removal was not finished"): "enable",
    ("disable", "A removal was not finished"): "disable",
    ("rotate", "A removal was not finished"): "rotate",
    ("remove", "A removal was not finished, and is finished now"): "remove",
    ("remove", "A removal was not finished, and what is left is asked for"): "remove --dry-run",
    ("setup", "A removal was not finished, and the connection is wanted again"): "setup",
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*of)) for of, words in HALF_REMOVED.items()])
async def test_half_removed(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    with removal_refused(world):
        await world.ask("remove")
    await asks(words)


@case("remove", "A removal was not finished, and nothing is left")
async def test_nothing_left(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with removal_refused(world):
        await world.ask("remove")
    with grounds.application_deleted(world), grounds.service_removed(world):
        await asks("remove --dry-run")


@case("remove", "The connection was never fully set up")
async def test_never_set_up(world: World, asks: Asks) -> None:
    refused = Fault("PUT", "/api/v1/clients/", status=403, body="{}", times=None)
    world.encvoy.faults.add(refused)
    await world.ask("setup")
    world.encvoy.faults.clear()
    assert world.state().applications == 1
    await asks("remove")
    assert is_gone(world)


@case("remove", "Another application has the same callback address")
async def test_a_stranger(world: World, asks: Asks) -> None:
    await world.ask("setup")
    ours = application(world)
    clients = world.encvoy.clients
    clients.by_id["zStrangerStrangerStrang"] = {**ours, "client_id": "zStrangerStrangerStrang", "description": "other"}
    clients.rules["zStrangerStrangerStrang"] = []
    manager = world.encvoy.person("manager").id
    world.encvoy.people.roles["zStrangerStrangerStrang", manager] = world.encvoy.people.roles[
        ours["client_id"], manager
    ]
    await asks("remove")
    assert ours["client_id"] not in clients.by_id
    assert "zStrangerStrangerStrang" in clients.by_id


@pytest.fixture
async def only_way(world: World) -> World:
    """Encvoy ID is the only way to sign in."""
    await world.ask("setup")
    world.rocketchat.settings.write(FORM, False)
    return world


@case("disable", "Nobody could sign in afterwards")
async def test_disable_the_only_way(only_way: World, asks: Asks) -> None:
    before = only_way.state()
    await asks("disable")
    assert only_way.state() == before


@case("disable", "Nobody could sign in afterwards, and that is wanted")
async def test_disable_the_only_way_with_its_code(only_way: World, asks: Asks) -> None:
    await only_way.ask("disable")
    await asks("disable --code 4f7k")
    assert only_way.state().live is None


@case("disable", "There is no form for passwords, but another login service")
async def test_another_service(only_way: World, asks: Asks) -> None:
    only_way.rocketchat.settings.write("Accounts_OAuth_Github", True)
    only_way.rocketchat.login_services.rewrite()
    await asks("disable")
    assert only_way.state().live is None


@case("disable", "Nobody could sign in afterwards, and a code was made up")
async def test_a_code_that_was_never_shown(only_way: World, asks: Asks) -> None:
    await asks("disable --code 1234")
    assert only_way.state().live is not None


@case("disable", "Nobody could sign in afterwards, and the code is too old")
async def test_an_old_code(only_way: World, asks: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    await only_way.ask("disable")
    monkeypatch.setattr("bot.chatops.codes.VALID", timedelta(0))
    await asks("disable --code 4F7K")
    assert only_way.state().live is not None


@case("disable", "Nobody could sign in afterwards, and the code was used before")
async def test_a_used_code(only_way: World, asks: Asks) -> None:
    await only_way.ask("disable")
    await only_way.ask("disable --code 4F7K")
    await only_way.ask("enable")
    await asks("disable --code 4F7K")
    assert only_way.state().live is not None


@case("disable", "Nobody could sign in afterwards, and the code was shown to another administrator")
async def test_somebody_elses_code(only_way: World, asks: Asks) -> None:
    other = await only_way.visitor("admin2")
    await other.ask("!sso disable")
    await asks("disable --code 4F7K")
    assert only_way.state().live is not None


@case("disable", "Nobody could sign in afterwards, and the code is for `remove`")
async def test_a_code_for_another_command(only_way: World, asks: Asks) -> None:
    await only_way.ask("remove")
    await asks("disable --code 4F7K")
    assert only_way.state().live is not None


@case("disable", "Nobody could sign in afterwards, and something else was shown with the code")
async def test_an_outdated_code(only_way: World, asks: Asks) -> None:
    hidden = only_way.rocketchat.settings.delete(FORM)
    await only_way.ask("disable")
    only_way.rocketchat.settings.insert(hidden)
    await asks("disable --code 4F7K")
    assert only_way.state().live is not None


@case("disable", "Rocket.Chat does not show whether there is a form for passwords")
async def test_a_setting_that_is_not_shown(only_way: World, asks: Asks) -> None:
    only_way.rocketchat.settings.delete(FORM)
    await asks("disable")
    assert only_way.state().live is not None


@case("disable", "There is no form for passwords, and Rocket.Chat does not say which login services are active")
async def test_routes_that_do_not_answer(only_way: World, asks: Asks) -> None:
    for route in ("settings.oauth", "service.configurations"):
        only_way.rocketchat.faults.add(Fault("GET", f"/api/v1/{route}", status=502, body="<html>", times=None))
    await asks("disable")
    only_way.rocketchat.faults.clear()
    assert only_way.state().live is not None


@case("remove", "Nobody could sign in afterwards")
async def test_remove_the_only_way(only_way: World, asks: Asks) -> None:
    before = only_way.state()
    await asks("remove")
    assert only_way.state() == before


@case("remove", "Nobody could sign in afterwards, and that is wanted")
async def test_remove_the_only_way_with_its_code(only_way: World, asks: Asks) -> None:
    await only_way.ask("remove")
    await asks("remove --code 4F7K")
    assert is_gone(only_way)


async def adopted(world: World) -> None:
    """As if somebody had made both sides by hand."""
    config = config_from(world.play.env)
    database = await open_database(config.database_url)
    try:
        connections = SqlConnections(database, Vault(config.keys), SystemClock())
        there = await connections.get()
        assert there is not None
        await connections.save(replace(there, adopted=True))
    finally:
        await database.close()


@case("remove", "The connection was adopted")
async def test_adopted(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await adopted(world)
    before = world.state()
    await asks("remove")
    assert world.state() == before


@case("remove", "Only the plan is asked for, and the connection was adopted")
async def test_a_dry_run_of_what_was_adopted(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await adopted(world)
    await asks("remove --dry-run")


@case("remove", "The connection was adopted, and is to be removed all the same")
async def test_adopted_too(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await adopted(world)
    await asks("remove --adopted-too")
    assert is_gone(world)


@case("remove", "Encvoy ID's pages do not say that the application is gone")
async def test_not_certainly_gone(world: World, asks: Asks) -> None:
    await world.ask("setup")
    world.encvoy.faults.add(Fault("GET", "/oidc/auth", status=200, body="{}", times=None))
    await asks("remove")
    assert is_gone(world)


@case("status", "Encvoy ID is the only way to sign in")
async def test_status_of_the_only_way(only_way: World, asks: Asks) -> None:
    await asks("status")


@case("remove", "Rocket.Chat does not say any more which login services are active")
async def test_not_seen_once_more(world: World, asks: Asks) -> None:
    await world.ask("setup")

    def begin(_: web.Request) -> None:
        for route in ("settings.oauth", "service.configurations"):
            world.rocketchat.faults.add(Fault("GET", f"/api/v1/{route}", status=502, body="<html>", times=None))

    path = "/api/v1/settings.removeCustomOAuth"
    world.rocketchat.faults.add(Fault("POST", path, FaultEffect.PASS, When.AFTER, times=1, call=begin))
    await asks("remove")
    assert is_gone(world)
