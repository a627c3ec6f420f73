"""What `status`, `test`, `enable`, `disable`, `slash` and `help` say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bot.chatops.unknown_fields import NOTICE
from bot.clock import SystemClock
from bot.store.notes import SqlNotes
from sandbox.encvoy.people import Role
from sandbox.faults import Fault
from sandbox.rocketchat.standin import Switches
from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.world import World, world_at
from tests.system.test_doctor import CASES

case = pytest.mark.case

PLAIN = {
    ("status", "There is no connection"): "status",
    ("test", "There is no connection"): "test",
    ("enable", "There is no connection"): "enable",
    ("disable", "There is no connection"): "disable",
    ("slash", "It is turned on"): "slash on",
    ("slash", "It is off already"): "slash off",
    ("help", "Help for all commands"): "help",
    ("help", "Help for `setup`"): "help setup",
    ("help", "Help for `status`"): "help status",
    ("help", "Help for `test`"): "help test",
    ("help", "Help for `rotate`"): "help rotate",
    ("help", "Help for `history`"): "help history",
    ("help", "Help for `enable`"): "help enable",
    ("help", "Help for `disable`"): "help disable",
    ("help", "Help for `slash`"): "help slash",
    ("help", "Help for `help`"): "help help",
    ("help", "Help for something that is no command"): "help adopt",
}


@pytest.mark.parametrize("words", [pytest.param(words, marks=case(*of)) for of, words in PLAIN.items()])
async def test_without_a_connection(world: World, asks: Asks, words: str) -> None:
    await asks(words)
    assert world.state().applications == 0


WITH = {
    ("status", "All is well"): "status",
    ("test", "All is well"): "test",
    ("test", "All is well, and what passed is to be listed"): "test --all",
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


BROKEN = [pytest.param(broken.ground, marks=case("test", broken.happened)) for broken in CASES if broken.by_chat]


@pytest.mark.parametrize("ground", BROKEN)
async def test_what_is_broken(world: World, hears: Heard, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup")
    with ground(world):
        hears(await world.ask("test"), typed="!sso test")


def room_public(world: World) -> Ground:
    return grounds.attribute(grounds.room_of(world), "t", "c")


@contextlib.contextmanager
def another_callback_answers_and_it_is_off(world: World) -> Iterator[None]:
    with grounds.callback_elsewhere(world), grounds.setting("", False)(world):
        yield


def deleted_before_an_editors_eyes(world: World) -> Ground:
    """A manager cannot tell a deleted application from one that is not shown to it."""
    people = world.encvoy.people
    people.roles[world.encvoy.state.main_id, world.encvoy.person("manager").id] = Role.EDITOR
    return grounds.application_deleted(world)


@contextlib.contextmanager
def changed_and_refused(world: World) -> Iterator[None]:
    with grounds.column("description", "somebody's")(world), grounds.token_side_asleep(world):
        yield


@contextlib.contextmanager
def encvoy_id_not_found(world: World) -> Iterator[None]:
    """By Rocket.Chat's own server; the bot finds it."""
    world.rocketchat.unresolved.add("127.0.0.1")
    yield
    world.rocketchat.unresolved.clear()


def another_callback_answers_and_what_is_live_cannot_be_seen(world: World) -> Ground:
    """A proxy in trouble, that passes a part of the routes on."""

    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        with (
            grounds.callback_elsewhere(world),
            grounds.fault(world.rocketchat, path="/api/v1/settings.oauth", status=502, body="<html>"),
            grounds.fault(world.rocketchat, path="/api/v1/service.configurations", status=502, body="<html>"),
        ):
            yield

    return broken()


def proxy_asks_to_slow_down(world: World) -> Ground:
    """Everywhere but at the API."""

    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        with (
            grounds.fault(world.rocketchat, path="/_oauth/", status=429, body="Too many requests"),
            grounds.fault(world.rocketchat, path="/websocket", status=429, body="Too many requests"),
        ):
            yield

    return broken()


def callback_in_another_spelling(world: World) -> Ground:
    """Encvoy ID compares addresses as normalised (facts/encvoy-id.md §7)."""
    return grounds.column("redirect_uris", [f"{world.rocketchat.url}/x/../_oauth/encvoyid"])(world)


def proxy_wants_a_login(world: World) -> Ground:
    headers = {"Location": "https://sso.example.org/login?rd=%2F"}
    return grounds.fault(world.rocketchat, path="/_oauth/", status=302, headers=headers)


SEEN: dict[str, Callable[[World], Ground]] = {
    "The bot's account may not pass Rocket.Chat's limits": grounds.permission("api-bypass-rate-limit"),
    "Something else answers at the callback address, and the active settings cannot be read": (
        another_callback_answers_and_what_is_live_cannot_be_seen
    ),
    "A proxy in front of Rocket.Chat wants people to log in to itself first": proxy_wants_a_login,
    "A proxy in front of Rocket.Chat asks to slow down": proxy_asks_to_slow_down,
    "The application lists the callback address in another spelling": callback_in_another_spelling,
    "Rocket.Chat's own server does not find Encvoy ID": encvoy_id_not_found,
    "The admin room is public": room_public,
    "Encvoy ID's token endpoint has moved": grounds.endpoint_moved("token_endpoint", "/oauth2/token"),
    "The service is off, and something else answers at the callback address": another_callback_answers_and_it_is_off,
    "Somebody changed the application, and Encvoy ID does not take its secret": changed_and_refused,
    "The application was deleted, and the bot's user has a role that would see it": deleted_before_an_editors_eyes,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("test", title)) for title, g in SEEN.items()])
async def test_what_else_is_seen(world: World, hears: Heard, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup")
    with ground(world):
        hears(await world.ask("test"), typed="!sso test")


@case("test", "Setting up stopped before there was an application")
async def test_of_what_is_not_set_up_to_its_end(world: World, hears: Heard) -> None:
    with grounds.fault(world.encvoy, method="POST", path="/api/v1/clients", status=403, body="{}"):
        await world.ask("setup")
    hears(await world.ask("test"), typed="!sso test")


@case("test", "Rocket.Chat's own address cannot be reached from the bot")
async def test_of_an_address_out_of_reach(world: World, hears: Heard) -> None:
    with grounds.moved_to("http://127.0.0.1:99")(world):
        hears(await world.ask("test"), typed="!sso test")


@case("status", "E-mail addresses are left out")
async def test_status_without_email(world: World, asks: Asks) -> None:
    await world.ask("setup --no-email")
    assert "✗" not in await asks("status")


@case("test", "E-mail addresses are left out, and somebody makes Encvoy ID ask for them")
async def test_of_a_rule_that_is_not_wanted(world: World, hears: Heard) -> None:
    await world.ask("setup --no-email")
    both = [world.encvoy.state.rule(name).id for name in ("email", "login")]
    with grounds.changed(world.encvoy.clients.rules, grounds.application(world)["client_id"], both):
        hears(await world.ask("test"), typed="!sso test")


@case("test", "All is well, the service is off, and what passed is to be listed")
async def test_of_a_connection_that_is_off(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    assert "✗" not in await asks("test --all")


@case("test", "A message had a field that the bot does not know")
async def test_of_a_field_that_nobody_knew(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot() as bot:
        await SqlNotes(bot.database, SystemClock()).put(NOTICE, '["writtenBy"]')
        hears(await quiet_world.ask("test"), typed="!sso test")


@case("test", "The licence ran out")
async def test_of_a_licence_that_ran_out(tmp_path: Path, hears: Heard) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with world_at(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as world, world.play.bot():
        await world.ask("setup")
        with grounds.licence_expired(world):
            hears(await world.ask("test"), typed="!sso test")


def asks_of_the_bot(request: web.Request, _: object) -> bool:
    return request.query.get("userId") == request.headers.get("X-User-Id")


def asks_for_all_settings(request: web.Request, _: object) -> bool:
    return request.path == "/api/v1/settings"


def asks_for_discovery(request: web.Request, _: object) -> bool:
    return request.path.endswith("/openid-configuration")


REFUSING: dict[str, tuple[str, Fault]] = {
    "Rocket.Chat refuses to say what it is": ("rocketchat", Fault("GET", "/api/info")),
    "Rocket.Chat refuses to say who the bot is": (
        "rocketchat",
        Fault("GET", "/api/v1/users.info", matches=asks_of_the_bot),
    ),
    "Rocket.Chat refuses to show the service": ("rocketchat", Fault("GET", matches=asks_for_all_settings)),
    "Encvoy ID refuses its discovery document": ("encvoy", Fault("GET", matches=asks_for_discovery)),
    "Encvoy ID refuses its keys": ("encvoy", Fault("GET", "/oidc/jwks")),
    "Encvoy ID refuses to list applications": ("encvoy", Fault("GET", "/api/v1/clients")),
}


@pytest.mark.parametrize(
    ("side", "fault"), [pytest.param(*given, marks=case("test", title)) for title, given in REFUSING.items()]
)
async def test_of_a_system_that_refuses(world: World, hears: Heard, side: str, fault: Fault) -> None:
    await world.ask("setup")
    getattr(world, side).faults.add(replace(fault, status=400, body="{}"))
    hears(await world.ask("test"), typed="!sso test")
