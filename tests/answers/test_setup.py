"""What `setup` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.encvoy.people import Role
from sandbox.faults import Fault, FaultEffect
from sandbox.rocketchat.oauth_settings import add_service
from sandbox.rocketchat.standin import Switches
from tests.answers.conftest import PACE, Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.hurried import HurriedClock
from tests.support.snapshot import snapshot
from tests.support.world import SETTINGS, World, world_at

case = pytest.mark.case


@case("setup", "It is set up")
async def test_from_nothing(world: World, asks: Asks) -> None:
    assert "checks passed" in await asks("setup")


@case("setup", "It is set up already")
async def test_a_second_time(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await asks("setup")
    assert snapshot(world) == before


@case("setup", "Only the plan is asked for")
async def test_a_dry_run(world: World, asks: Asks) -> None:
    before = snapshot(world)
    await asks("setup --dry-run")
    assert snapshot(world) == before


@case("setup", "Only the plan is asked for, and there is nothing to do")
async def test_a_dry_run_of_nothing(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("setup --dry-run")


@case("setup", "The button is to stay off")
async def test_disabled(world: World, asks: Asks) -> None:
    await asks("setup --disabled")
    assert world.state().live is None


@case("setup", "The button is to stay off, and is on")
async def test_disabled_while_it_is_on(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await asks("setup --disabled")
    assert snapshot(world) == before


@case("setup", "Somebody changed a setting by hand")
async def test_drift(world: World, asks: Asks) -> None:
    await world.ask("setup")
    world.rocketchat.settings.find(f"{SETTINGS}-scope").value = "openid"
    await asks("setup")
    assert world.rocketchat.settings.get(f"{SETTINGS}-scope") == "openid profile email"


@case("setup", "There is a connection of another name")
async def test_another_name(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await asks('setup --name "Another One"')
    assert snapshot(world) == before


@case("setup", "E-mail addresses are to be left out")
async def test_without_email(world: World, asks: Asks) -> None:
    await asks("setup --no-email")
    assert world.rocketchat.settings.get(f"{SETTINGS}-scope") == "openid profile"


@case("setup", "E-mail addresses are to be left out of a connection that is there")
async def test_without_email_from_now_on(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("setup --no-email")
    assert world.rocketchat.settings.get(f"{SETTINGS}-scope") == "openid profile"


@case("setup", "Only the plan is asked for, and e-mail addresses are to be left out")
async def test_a_dry_run_without_email(world: World, asks: Asks) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await asks("setup --no-email --dry-run")
    assert snapshot(world) == before


@case("setup", "E-mail addresses are to be passed on again")
async def test_with_email_again(world: World, asks: Asks) -> None:
    await world.ask("setup --no-email")
    await asks("setup --email")
    assert world.rocketchat.settings.get(f"{SETTINGS}-scope") == "openid profile email"


@case("setup", "E-mail addresses are to be left out and passed on at once")
async def test_with_and_without_email(world: World, asks: Asks) -> None:
    before = snapshot(world)
    await asks("setup --email --no-email")
    assert snapshot(world) == before


@contextmanager
def more_people(world: World) -> Iterator[None]:
    """A second page of them."""
    for number in range(150):
        address = {"address": f"{number}@people.example", "verified": True}
        world.rocketchat.people.add(f"somebody{number}", name="Somebody", emails=[address])
    yield


@contextmanager
def limited_after_a_page(world: World) -> Iterator[None]:
    text = "Error, too many requests. Please slow down. You must wait 59 seconds before trying this endpoint again."
    body = f'{{"success": false, "error": "{text} [error-too-many-requests]"}}'
    with more_people(world), grounds.fault(world.rocketchat, path="/api/v1/users.list", skip=1, status=429, body=body):
        yield


@contextmanager
def ended_after_a_page(world: World) -> Iterator[None]:
    body = '{"success": true, "users": [], "count": 0, "offset": 100, "total": 155}'
    with more_people(world), grounds.fault(world.rocketchat, path="/api/v1/users.list", skip=1, status=200, body=body):
        yield


UNCOUNTED: dict[str, Callable[[World], Ground]] = {
    "The bot's account may not list the accounts": grounds.permission("view-d-room"),
    "Rocket.Chat limits how often the bot may ask for accounts": limited_after_a_page,
    "Rocket.Chat's list of accounts ends before its end": ended_after_a_page,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("setup", title)) for title, g in UNCOUNTED.items()])
async def test_accounts_that_are_not_counted(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    with ground(world):
        await asks("setup")
    assert world.state().live is not None


@case("setup", "Rocket.Chat is too slow to list all accounts")
async def test_accounts_that_take_too_long(world: World, asks: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rocketchat.people.PATIENCE", 0.0)
    with more_people(world):
        await asks("setup")
    assert world.state().live is not None


@case("setup", "Rocket.Chat 9 with the licence")
async def test_the_modern_engine(tmp_path: Path, hears: Heard) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with world_at(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as world, world.play.bot():
        hears(await world.ask("setup"), typed="!sso setup")


@case("setup", "Rocket.Chat 9, and e-mail addresses are to be left out of a connection that is there")
async def test_the_modern_engine_without_email(tmp_path: Path, hears: Heard) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with world_at(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as world, world.play.bot():
        await world.ask("setup")
        hears(await world.ask("setup --no-email"), typed="!sso setup --no-email")


NAMES = {
    "A name that Rocket.Chat would mangle": 'setup --name "Вход через Encvoy"',
    "A name that Rocket.Chat would drop": "setup --name Вход",
    "A name without letters": "setup --name 🔑🔑",
    "A name that is too long": f'setup --name "{"Single sign-on for everybody " * 3}"',
    "A name with an underscore": "setup --name encvoy_id",
    "A name that Rocket.Chat uses itself": "setup --name GitHub",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case("setup", title)) for title, w in NAMES.items()])
async def test_a_name_that_will_not_do(world: World, asks: Asks, words: str) -> None:
    before = snapshot(world)
    await asks(words)
    assert snapshot(world) == before


@contextmanager
def a_service_of_this_name(world: World) -> Iterator[None]:
    add_service(world.rocketchat.settings, "Encvoyid", gated=False)
    yield


@contextmanager
def a_service_that_points_there(world: World) -> Iterator[None]:
    add_service(world.rocketchat.settings, "Other", gated=False)
    world.rocketchat.settings.find("Accounts_OAuth_Custom-Other-url").value = world.encvoy.url
    yield


def an_application_of(path: str) -> Callable[[World], Ground]:
    """Made by hand, with its callback there."""

    @contextmanager
    def made(world: World) -> Iterator[None]:
        callback = f"{world.rocketchat.url}{path}"
        columns = {"name": "By hand", "domain": world.rocketchat.url, "redirect_uris": [callback]}
        row = world.encvoy.clients.create(world.encvoy.state.iso(), columns)
        manager = world.encvoy.person("manager")
        world.encvoy.people.roles[row["client_id"], manager.id] = Role.OWNER
        yield

    return made


def no_manager(world: World) -> Ground:
    key = (world.encvoy.state.main_id, world.encvoy.person("manager").id)
    return grounds.changed(world.encvoy.people.roles, key, Role.USER)


def may_not_add_services(world: World) -> Ground:
    body = '{"success": false, "error": "User does not have the permissions [error-unauthorized]"}'
    return grounds.fault(world.rocketchat, method="POST", path="/api/v1/settings.addCustomOAuth", status=403, body=body)


UNREADY: dict[str, Callable[[World], Ground]] = {
    "Rocket.Chat's address is empty": grounds.moved_to(""),
    "Encvoy ID would refuse Rocket.Chat's address": grounds.moved_to("https://rocket_chat:3000"),
    "Encvoy ID would refuse Rocket.Chat's upper-case address": grounds.moved_to("https://Chat.example.org"),
    "Encvoy ID would refuse Rocket.Chat's IPv6 address": grounds.moved_to("http://[2001:db8::1]:3000"),
    "Rocket.Chat's address would break the application": grounds.moved_to("https://chat.example.org/#chat"),
    "Rocket.Chat's address could be read in two ways": grounds.moved_to("https://evil.example\\@chat.example.org"),
    "Rocket.Chat's address is not a web address": grounds.moved_to("http://["),
    "There is a service of this name that the bot did not make": a_service_of_this_name,
    "There is another service that points at this Encvoy ID": a_service_that_points_there,
    "There is an application with this callback address that the bot did not make": an_application_of(
        "/_oauth/encvoyid"
    ),
    "There is an application with this callback address in another spelling": an_application_of(
        "/x/../_oauth/encvoyid"
    ),
    "The bot's user at Encvoy ID has another password": grounds.bots_user("password", "another-password"),
    "The bot's user at Encvoy ID is blocked": grounds.bots_user("blocked", True),
    "Encvoy ID asks the bot's user for a second factor": grounds.second_factor_enforced,
    "Encvoy ID's discovery document is not there": grounds.discovery_gone,
    "Encvoy ID's own parts do not reach each other": grounds.introspection_broken,
    "The bot's user at Encvoy ID is no manager": no_manager,
    "The bot's account may not add services in Rocket.Chat": may_not_add_services,
    "The bot's account may not read settings in Rocket.Chat": grounds.permission("view-privileged-setting"),
    "The bot's account may not write settings in Rocket.Chat": grounds.permission("edit-privileged-setting"),
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("setup", title)) for title, g in UNREADY.items()])
async def test_what_is_not_ready(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    with ground(world):
        await asks("setup")
    assert world.state().live is None


@case("setup", "There are more applications at Encvoy ID than are looked at")
async def test_too_many_applications(world: World, hears: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.encvoy.applications.LOOKED_AT", 2)
    with an_application_of("/one")(world), an_application_of("/two")(world):
        hears(await world.ask("setup --dry-run"), typed="!sso setup --dry-run")


@case("setup", "Rocket.Chat's address points to each person's own computer")
async def test_a_loopback_address(quiet_world: World, hears: Heard) -> None:
    reached = quiet_world.rocketchat.url
    quiet_world.play.extra["SSOBOT_ROCKETCHAT_URL"] = reached.replace("127.0.0.1", "0.0.0.0")
    with grounds.moved_to("http://localhost:3000")(quiet_world):
        async with quiet_world.play.bot():
            hears(await quiet_world.ask("setup"), typed="!sso setup")


@case("setup", "Rocket.Chat 9 without the licence")
async def test_no_licence(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, version="9.0") as world, world.play.bot():
        hears(await world.ask("setup"), typed="!sso setup")
        assert world.writes() == []


@case("setup", "Rocket.Chat 9 that does not show its licence")
async def test_a_licence_that_is_not_shown(tmp_path: Path, hears: Heard) -> None:
    switches = Switches(modules=("oauth-enterprise",))
    async with world_at(tmp_path, version="9.0", switches=switches) as world, world.play.bot():
        world.rocketchat.faults.add(Fault("GET", "/api/v1/licenses.info", status=403, body='{"success": false}'))
        hears(await world.ask("setup"), typed="!sso setup")
        assert world.writes() == []


AILING = {
    "Encvoy ID breaks every connection off": Fault(effect=FaultEffect.DROP),
    "Encvoy ID does not respond": Fault(effect=FaultEffect.HANG),
    "Encvoy ID answers with a page": Fault(status=200, body="<html>soon back</html>", content_type="text/html"),
    "The proxy in front of Encvoy ID is in trouble": Fault(status=502, body="<html>", content_type="text/html"),
    "Encvoy ID redirects to another address": Fault(status=301, headers={"Location": "https://elsewhere.example/"}),
    "Encvoy ID is busy": Fault(status=429, headers={"Retry-After": "30"}),
    "Encvoy ID's address leads to another server": Fault(status=404, body="not found", content_type="text/plain"),
}


@pytest.mark.parametrize("fault", [pytest.param(f, marks=case("setup", title)) for title, f in AILING.items()])
async def test_an_encvoy_id_that_ails(hurried: tuple[World, HurriedClock], hears: Heard, fault: Fault) -> None:
    world, clock = hurried
    before = snapshot(world)
    rule = world.encvoy.faults.add(replace(fault))
    with clock.hurrying(PACE):
        hears(await world.ask("setup"), typed="!sso setup")
    world.encvoy.faults.remove(rule)
    assert snapshot(world) == before
    assert "nothing was changed" in await world.ask("setup")


@case("setup", "Encvoy ID is not there")
async def test_an_encvoy_id_that_is_gone(world: World, asks: Asks) -> None:
    await world.encvoy.stop()
    await asks("setup")
    await world.encvoy.start()
    assert "checks passed" in await world.ask("setup")


@case("setup", "Rocket.Chat goes away in the middle, and comes back")
async def test_a_rocketchat_that_comes_back(world: World, asks: Asks) -> None:
    def writes_settings(request: web.Request, _: object) -> bool:
        return request.path == "/api/v1/settings"

    world.rocketchat.faults.add(Fault("POST", effect=FaultEffect.DROP, matches=writes_settings, times=2))
    await asks("setup")
    now = world.state()
    assert now.applications == 1
    assert now.accepted == now.stored == now.live is not None


@case("setup", "Nobody trusts Encvoy ID's certificate")
async def test_a_certificate_that_nobody_trusts(tmp_path: Path, hears: Heard) -> None:
    async with (
        world_at(tmp_path) as world,
        world_at(tmp_path, tls=tmp_path) as other,
    ):
        world.play.extra["SSOBOT_ENCVOY_URL"] = other.encvoy.url
        async with world.play.bot():
            hears(await world.ask("setup"), typed="!sso setup")


@case("setup", "Encvoy ID goes away in the middle, and comes back")
async def test_an_encvoy_id_that_comes_back(world: World, asks: Asks) -> None:
    world.encvoy.faults.add(Fault("PUT", "/api/v1/clients/", effect=FaultEffect.DROP, times=1))
    await asks("setup")
    now = world.state()
    assert now.applications == 1
    assert now.accepted == now.stored == now.live is not None
