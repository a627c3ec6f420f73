"""What is said where the application is gone or hidden, where something else differs than a command is named for, where
a side is away, and where the two systems are in the wrong place."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.faults import Fault, FaultEffect
from sandbox.rocketchat.standin import Switches
from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.served import served
from tests.support.world import READING_METHOD, SETTINGS, World, world_at

case = pytest.mark.case

FOREIGN = "f" * 64


def delete(world: World) -> None:
    client_id = grounds.application(world)["client_id"]
    world.encvoy.clients.delete(client_id)
    world.encvoy.people.forget_client(client_id)


def anonymous(request: web.Request, _: object) -> bool:
    return "Authorization" not in request.headers


# Gone, and hidden.


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, marks=case(words, "The application was deleted at Encvoy ID"))
        for words in ("setup", "status", "rotate", "disable")
    ],
)
async def test_a_deleted_application(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    delete(world)
    await asks(words)


@case("enable", "The application was deleted at Encvoy ID")
async def test_a_deleted_application_and_the_button(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    delete(world)
    await asks("enable")
    assert world.state().live is None


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, marks=case(words, "The application is there, and the bot's user was removed from it"))
        for words in ("setup", "status", "rotate")
    ],
)
async def test_a_hidden_application(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup")
    with grounds.taken_off_the_application(world):
        await asks(words)


@case("status", "Encvoy ID does not tell whether the application is there")
async def test_an_application_of_which_nobody_tells(world: World, asks: Asks) -> None:
    await world.ask("setup")
    refusing = Fault("GET", "/api/v1/clients/", status=403, body="<h1>No</h1>", matches=anonymous)
    world.encvoy.faults.add(refusing)
    with grounds.taken_off_the_application(world):
        await asks("status")


# What a command is not named for.


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, marks=case(words, "Something else differs on both sides"))
        for words in ("rotate", "disable", "enable")
    ],
)
async def test_what_else_differs(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup --disabled" if words == "enable" else "setup")
    with (
        grounds.setting("token_path", "/by-hand")(world),
        grounds.column("access_token_ttl", 30)(world),
        grounds.rules_detached(world),
    ):
        await asks(words)
        assert world.rocketchat.settings.get(f"{SETTINGS}-token_path") == "/by-hand"


LEADS_NOWHERE: dict[str, Callable[[World], Ground]] = {
    "Rocket.Chat has a different secret": grounds.setting("secret", FOREIGN),
    "Rocket.Chat sends people to another application": grounds.setting("id", "somebody-elses"),
    "Encvoy ID has another secret": grounds.column("client_secret", FOREIGN),
    "The service was removed": grounds.service_removed,
}


@pytest.mark.parametrize("ground", [pytest.param(g, marks=case("enable", title)) for title, g in LEADS_NOWHERE.items()])
async def test_a_button_that_would_lead_nowhere(world: World, asks: Asks, ground: Callable[[World], Ground]) -> None:
    await world.ask("setup --disabled")
    with ground(world):
        await asks("enable")
        assert world.state().live is None


@case("enable", "Setting up stopped before its end")
async def test_a_button_of_what_is_not_set_up_to_its_end(world: World, asks: Asks) -> None:
    fault = world.encvoy.faults.add(Fault("POST", "/api/v1/clients", status=403, body="{}"))
    await world.ask("setup")
    world.encvoy.faults.remove(fault)
    await asks("enable")


@case("disable", "The service was removed while it was on")
async def test_a_button_without_settings(world: World, asks: Asks) -> None:
    await world.ask("setup")
    for setting in list(world.rocketchat.settings):
        if setting.id.startswith(SETTINGS):
            world.rocketchat.settings.remove(setting.id)
    await asks("disable")


@case("disable", "Encvoy ID is away")
async def test_disable_without_encvoy_id(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await world.encvoy.stop()
    assert "It is off." in await asks("disable")
    await world.encvoy.start()


@pytest.mark.parametrize("suffix", [pytest.param("secret", marks=case("setup", "The secret in Rocket.Chat differs"))])
async def test_a_secret_that_is_put_back_in_rocketchat(world: World, asks: Asks, suffix: str) -> None:
    await world.ask("setup")
    world.rocketchat.settings.write(f"{SETTINGS}-{suffix}", FOREIGN)
    world.rocketchat.login_services.rewrite()
    assert "64 random characters" not in await asks("setup")


@case("setup", "The secret at Encvoy ID differs")
async def test_a_secret_that_is_put_back_at_encvoy_id(world: World, asks: Asks) -> None:
    await world.ask("setup")
    grounds.application(world)["client_secret"] = FOREIGN
    assert "64 random characters" not in await asks("setup")


@case("setup", "The secret in Rocket.Chat differs, and the button is off")
async def test_a_secret_that_is_put_back_while_it_is_off(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    world.rocketchat.settings.write(f"{SETTINGS}-secret", FOREIGN)
    assert "64 random characters" not in await asks("setup")


# What others may have wished, and one side that is away.


@case("status", "Encvoy ID excludes people, and the application has another callback address")
async def test_wishes_of_others(world: World, asks: Asks) -> None:
    await world.ask("setup")
    uris = [*grounds.application(world)["redirect_uris"], "https://elsewhere.example.org/cb"]
    with (
        grounds.column("authorize_only_admins", True)(world),
        grounds.column("authorize_only_employees", True)(world),
        grounds.column("redirect_uris", uris)(world),
        grounds.attribute(world.encvoy.settings, "authorize_only_admins", True),
    ):
        await asks("status")


@case("test", "Encvoy ID excludes people, and the application has another callback address")
async def test_wishes_of_others_tested(world: World, hears: Heard) -> None:
    await world.ask("setup")
    uris = [*grounds.application(world)["redirect_uris"], "https://elsewhere.example.org/cb"]
    with grounds.column("authorize_only_admins", True)(world), grounds.column("redirect_uris", uris)(world):
        hears(await world.ask("test"), typed="!sso test")


@contextlib.contextmanager
def forced(world: World, value: str) -> Iterator[None]:
    """As the server shows it after a start with the variable."""
    row = {"_id": f"{SETTINGS}-scope", "valueSource": "processEnvValue", "processEnvValue": value}
    body = json.dumps({"success": True, "message": json.dumps({"msg": "result", "id": "1", "result": [row]})})
    with grounds.fault(world.rocketchat, method="POST", path=READING_METHOD, status=200, body=body):
        yield


@case("test", "The environment of Rocket.Chat's server forces a setting")
async def test_a_forced_setting(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with forced(world, "openid"), grounds.setting("scope", "openid")(world):
        hears(await world.ask("test"), typed="!sso test")


@case("test", "The environment of Rocket.Chat's server forces a setting to another value, from its next start on")
async def test_a_setting_that_will_be_forced(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with forced(world, "openid"):
        hears(await world.ask("test"), typed="!sso test")


@case("test", "The environment of Rocket.Chat's server forces a setting to what it is to be")
async def test_a_setting_that_is_forced_as_wanted(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with forced(world, "openid profile email"):
        answer = await world.ask("test")
    assert "✗" not in answer
    hears(answer, typed="!sso test")


@pytest.mark.parametrize("side", [pytest.param("encvoy", marks=case("status", "Encvoy ID is away"))])
async def test_status_of_one_side(world: World, asks: Asks, side: str) -> None:
    await world.ask("setup")
    await world.encvoy.stop()
    assert "saved: on, active: on" in await asks("status")
    await world.encvoy.start()


# What was not done, and what perhaps was.


@case("enable", "Rocket.Chat refuses the switch")
async def test_a_switch_that_is_refused(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    world.rocketchat.faults.add(Fault("POST", f"/api/v1/settings/{SETTINGS}", status=403, body='{"success": false}'))
    await asks("enable")
    world.rocketchat.faults.clear()
    await world.ask("setup")
    assert world.state().live is None, "what was not done is not desired"


@case("disable", "Rocket.Chat is stuck, and shows what became of it to nobody")
async def test_a_switch_of_which_nobody_can_say(world: World, asks: Asks) -> None:
    await world.ask("setup")

    def gone(_: web.Request) -> None:
        world.rocketchat.faults.add(Fault("GET", "/api/v1/settings", status=502, body="<h1>Bad Gateway</h1>"))

    stuck = Fault(
        "POST", f"/api/v1/settings/{SETTINGS}", FaultEffect.ANSWER, status=502, body="<h1>Bad Gateway</h1>", call=gone
    )
    world.rocketchat.faults.add(stuck)
    await asks("disable")


# In the wrong place.


SOMEBODY_ELSE = {
    "Something else answers at Rocket.Chat's own address": {"hello": "world"},
    "Another Rocket.Chat responds at the address of this one": {"version": "7.1", "success": True},
}


@pytest.mark.parametrize("answer", [pytest.param(a, marks=case("setup", title)) for title, a in SOMEBODY_ELSE.items()])
async def test_somebody_else_at_site_url(world: World, asks: Asks, answer: object) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(answer)

    async with served(handler) as url:
        world.rocketchat.settings.find("Site_Url").value = url
        await asks("setup")
    assert world.writes() == []


@case("setup", "Rocket.Chat's own address cannot be reached from the bot")
async def test_a_site_url_out_of_reach(world: World, asks: Asks) -> None:
    world.rocketchat.settings.find("Site_Url").value = "http://127.0.0.1:99"
    await asks("setup --dry-run")


@pytest.mark.parametrize(
    "words",
    [pytest.param(words, marks=case(words, "Rocket.Chat has another address now")) for words in ("enable", "rotate")],
)
async def test_a_site_url_that_was_changed(world: World, asks: Asks, words: str) -> None:
    await world.ask("setup --disabled" if words == "enable" else "setup")
    before = world.state().live
    world.rocketchat.settings.find("Site_Url").value = "https://moved.example.org"
    await asks(words)
    assert (world.state().live == before) is (words == "enable")


@case("status", "Rocket.Chat has another address now, which cannot be registered")
async def test_a_site_url_that_is_no_address(world: World, asks: Asks) -> None:
    await world.ask("setup")
    world.rocketchat.settings.find("Site_Url").value = "https://@all.example"
    assert "all.example" not in await asks("status")


@case("setup", "Encvoy ID is at an address that points to each person's own computer")
async def test_an_encvoy_id_on_loopback(world: World, asks: Asks) -> None:
    world.rocketchat.settings.find("Site_Url").value = "https://chat.example.org"
    await asks("setup")
    assert world.writes() == []


@case("setup", "Rocket.Chat 9 over plain http")
async def test_the_modern_engine_over_http(tmp_path: Path, hears: Heard) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with world_at(tmp_path, version="9.0", switches=switches) as world, world.play.bot():
        hears(await world.ask("setup"), typed="!sso setup")
        assert world.writes() == []
