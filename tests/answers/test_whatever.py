"""What is said whatever the command: wrong words, wrong people, wrong places, and systems that do not answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.rocketchat.names import service_name
from bot.secret import Secret
from bot.store.connections import SqlConnections
from bot.store.engine import open_database
from bot.store.vault import Vault
from sandbox.faults import Fault, FaultEffect
from sandbox.rocketchat.standin import Switches
from sandbox.stage import config_from
from sandbox.visitor import LOOK_EVERY
from tests.answers.conftest import PACE, Asks, Heard
from tests.support.hurried import HurriedClock
from tests.support.postgres import Postgres
from tests.support.snapshot import snapshot
from tests.support.ways import Way, a_deactivated_administrator, another_bot_that_is_administrator, say, user
from tests.support.world import World, world_at

case = pytest.mark.case
GROUP = "Whatever the command"

WRONG_WORDS = {
    "A mistyped command": "rotat",
    "A word that is near to none": "frobnicate",
    "Markup, a mention and a link in the place of a command": "*@all*`[x](https://evil.example)`",
    "A mistyped option": "setup --dyr-run",
    "An option that the command does not have": "status --force",
    "A required word is missing": "slash",
    "Another word than the command takes": "slash maybe",
    "A word too many": "enable now please",
    "A name without its option": "setup Encvoy ID",
    "An option without its dashes": "setup dry-run",
    "An option apart from its dashes": "setup -- dry-run",
    "Another option without its dashes": "setup disabled",
    "An option in quotation marks": "setup «--dry-run»",
    "An option without its value": "setup --name",
    "An option where a value is missing": "setup --name= --dry-run",
    "An option that would be lost in a value": "setup --name dry-run",
    "An option that is there twice": "setup --name A --name B",
    "A mistyped command with what it does not take": "rotat --force",
    "A value for an option that takes none": "setup --dry-run=false",
    "A sentence that begins like a command": "setup is broken, can you help?",
    "A quotation mark that stays open": "setup --name “Encvoy ID",
    "Invisible characters": "setup Enc\u200bvoy",
}


@pytest.mark.parametrize("words", [pytest.param(w, marks=case(GROUP, title)) for title, w in WRONG_WORDS.items()])
async def test_words_that_are_no_command(world: World, asks: Asks, words: str) -> None:
    before = snapshot(world)
    await asks(words)
    assert snapshot(world) == before


@case(GROUP, "Several lines that begin like a command")
async def test_a_paste_of_several_lines(world: World, asks: Asks) -> None:
    before = snapshot(world)
    await asks("setup\n!sso rotate\n!sso disable")
    assert snapshot(world) == before


@case(GROUP, "A message of 100 kB")
async def test_a_message_that_is_far_too_long(world: World, hears: Heard) -> None:
    world.rocketchat.settings.find("Message_MaxAllowedSize").value = 200_000
    before = snapshot(world)
    hears(await world.ask(f"setup {'x' * 100_000}"), typed=f"!sso setup {'x' * 20}…")
    assert snapshot(world) == before
    assert "setup" in await world.ask("help")


DIRECT = {
    "In a direct message: an option without its dashes": "setup dry-run",
    "In a direct message: an option where a value is missing": "setup --name= --dry-run",
    "In a direct message: a sentence": "is anybody there?",
    "In a direct message: a sentence that begins like a command": "setup is broken, can you help?",
}


@pytest.mark.parametrize("text", [pytest.param(t, marks=case(GROUP, title)) for title, t in DIRECT.items()])
async def test_a_direct_message_that_is_no_command(world: World, hears: Heard, text: str) -> None:
    before = snapshot(world)
    room = world.rocketchat.chat.direct(user(world, "admin").id, user(world, "bot").id)
    asked = say(world, user(world, "admin"), text, room)
    said: list[str] = []
    async with asyncio.timeout(30):
        while not said:
            await asyncio.sleep(LOOK_EVERY)
            said = [m.msg for m in world.rocketchat.chat.messages.values() if m.rid == room.id and m.id != asked.id]
    hears(said[0], typed=text)
    assert snapshot(world) == before


@case(GROUP, "The bot's name is typed without `sso`")
async def test_a_mention_that_lacks_sso(world: World, hears: Heard) -> None:
    hears(await world.admin.ask("@ssobot setup"), typed="@ssobot setup")


@case(GROUP, "Somebody who is no administrator gives a command")
async def test_an_ordinary_member(world: World, hears: Heard) -> None:
    before = snapshot(world)
    member = await world.visitor("member")
    hears(await member.ask("!sso setup"), typed="!sso setup")
    assert snapshot(world) == before


@case(GROUP, "The bot may not see who is an administrator")
async def test_roles_that_are_not_shown(world: World, asks: Asks) -> None:
    world.rocketchat.person("bot").roles.remove("admin")
    before = snapshot(world)
    await asks("setup")
    assert snapshot(world) == before


@case(GROUP, "Rocket.Chat does not say who is asking")
async def test_a_server_that_does_not_say_who_it_is(world: World, asks: Asks) -> None:
    fault = world.rocketchat.faults.add(Fault("GET", "/api/v1/users.info", status=502, body="<html>"))
    before = snapshot(world)
    await asks("setup")
    world.rocketchat.faults.remove(fault)
    assert snapshot(world) == before


@case(GROUP, "Rocket.Chat says that it was somebody else who asked")
async def test_a_server_that_mixes_people_up(world: World, asks: Asks) -> None:
    other = '{"success": true, "user": {"_id": "someone-else", "username": "x", "roles": ["admin"], "active": true}}'
    fault = world.rocketchat.faults.add(Fault("GET", "/api/v1/users.info", status=200, body=other))
    before = snapshot(world)
    await asks("setup")
    world.rocketchat.faults.remove(fault)
    assert snapshot(world) == before


NOBODY: dict[str, Way] = {
    "Another bot gives a command": another_bot_that_is_administrator,
    "A deactivated account gives a command": a_deactivated_administrator,
}


@pytest.mark.parametrize("way", [pytest.param(way, marks=case(GROUP, title)) for title, way in NOBODY.items()])
async def test_an_account_that_is_no_active_person(world: World, hears: Heard, way: Way) -> None:
    before = snapshot(world)
    message = await way(world, "setup")
    assert message is not None
    [*_, text] = [text async for text in world.admin.answers(message.id)]
    hears(text, typed="!sso setup")
    assert snapshot(world) == before


@contextlib.asynccontextmanager
async def changing(world: World) -> AsyncIterator[tuple[SqlConnections, Connection]]:
    """The bot's store, opened by somebody else, and the connection in it."""
    database = await open_database(config_from(world.play.env).database_url)
    connections = SqlConnections(database, Vault([Secret(world.play.keys)]), SystemClock())
    there = await connections.get()
    assert there is not None
    yield connections, there
    await database.close()


@case(GROUP, "The database holds several connections")
async def test_several_connections(world: World, hears: Heard) -> None:
    """No command makes a second one."""
    await world.ask("setup")
    async with changing(world) as (connections, there):
        await connections.save(replace(there, id="another1", name=service_name("Another One")))
    hears(await world.ask("test"), typed="!sso test")


@case(GROUP, "The database holds an id that no application can have")
async def test_an_id_that_is_none(world: World, asks: Asks) -> None:
    """No command writes one."""
    await world.ask("setup")
    async with changing(world) as (connections, there):
        await connections.save(replace(there, client_id="../settings"))
    before = world.writes()
    await asks("rotate")
    assert world.writes() == before


@case(GROUP, "The bot's record of the connection is damaged")
async def test_a_row_that_cannot_be_read(world: World, asks: Asks) -> None:
    await world.ask("setup")
    database = await open_database(config_from(world.play.env).database_url)
    async with database.writing() as transaction:
        await transaction.execute(sql("UPDATE connections SET settings = '{'"))
    await database.close()
    before = snapshot(world)
    await asks("status")
    assert snapshot(world) == before


@case(GROUP, "An administrator types in another room")
async def test_another_room(world: World, hears: Heard) -> None:
    elsewhere = await world.visitor("admin", "general")
    before = snapshot(world)
    hears(await elsewhere.ask("!sso setup"), typed="!sso setup")
    assert snapshot(world) == before


@case(GROUP, "Something that nobody foresaw")
async def test_an_internal_error(world: World, asks: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("hunter2-of-a-driver")

    monkeypatch.setattr("commands.status.observe_apart", broken)
    monkeypatch.setattr("bot.store.connections.SqlConnections.get", broken)
    assert "hunter2" not in await asks("status")


@case(GROUP, "The bot's own database is away")
async def test_a_database_that_is_away(tmp_path: Path, postgres: Postgres, hears: Heard) -> None:
    async with postgres.database() as url, world_at(tmp_path, database=url) as world, world.play.bot():
        postgres.stop()
        try:
            hears(await world.ask("setup"), typed="!sso setup")
        finally:
            postgres.start()
        assert "✗" not in await world.ask("setup")


LOGGED_OUT = '{"success": false, "status": "error", "error": "You must be logged in to do this."}'
FACTOR = '{"success": false, "errorType": "totp-required", "details": {"method": "totp", "availableMethods": ["totp"]}}'
EXHAUSTED = '{"success": false, "errorType": "totp-max-attempts"}'
BUSY = '{"success": false, "error": "Too many requests. You must wait 10 seconds. [error-too-many-requests]"}'
OTHERWISE = {
    "Rocket.Chat does not take the bot's token any more": Fault(status=401, body=LOGGED_OUT),
    "Rocket.Chat asks for a second factor": Fault(status=400, body=FACTOR),
    "Rocket.Chat takes no more second factors for now": Fault(status=400, body=EXHAUSTED),
    "Rocket.Chat redirects to another address": Fault(status=301, headers={"Location": "https://elsewhere.example/"}),
    "Rocket.Chat asks to slow down": Fault(status=429, body=BUSY),
    "Rocket.Chat responds with a page": Fault(status=200, body="<html>maintenance</html>"),
    "The proxy in front of Rocket.Chat is in trouble": Fault(status=502, body="<html>bad gateway</html>"),
    "Rocket.Chat does not respond": Fault(effect=FaultEffect.HANG),
}


@pytest.mark.parametrize("fault", [pytest.param(fault, marks=case(GROUP, title)) for title, fault in OTHERWISE.items()])
async def test_a_server_that_answers_otherwise(hurried: tuple[World, HurriedClock], hears: Heard, fault: Fault) -> None:
    """To a look at the settings, which every command needs."""
    world, clock = hurried
    before = snapshot(world)
    rule = world.rocketchat.faults.add(replace(fault, method="GET", path="/api/v1/settings"))
    with clock.hurrying(PACE):
        hears(await world.ask("enable"), typed="!sso enable")
    world.rocketchat.faults.remove(rule)
    assert snapshot(world) == before
    assert "It was already on" in await world.ask("enable")


FACTORS = {
    "Rocket.Chat takes no password as a second factor": ("not-the-password", "setup"),
    "Rocket.Chat asks for a second factor, and the bot knows no password": ("", "slash on"),
}


@pytest.mark.parametrize(
    ("password", "words"), [pytest.param(*given, marks=case(GROUP, title)) for title, given in FACTORS.items()]
)
async def test_a_second_factor_that_the_bot_does_not_have(
    tmp_path: Path, hears: Heard, password: str, words: str
) -> None:
    async with world_at(tmp_path, switches=Switches(pat_bypass=False)) as world:
        world.play.extra["SSOBOT_ROCKETCHAT_PASSWORD"] = password
        async with world.play.bot():
            hears(await world.ask(words), typed=f"!sso {words}")
