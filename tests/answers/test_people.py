"""What `people` says: in a direct message to whoever typed it, and in the room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.connection.accounts import BY_SERVICES
from bot.connection.state import SettingValue
from bot.store.connections import SqlConnections
from bot.store.engine import open_database
from bot.store.vault import Vault
from sandbox.faults import FaultEffect
from sandbox.stage import config_from
from sandbox.visitor import as_seen
from tests.answers.conftest import Heard
from tests.answers.test_setup import more_people
from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.world import World, as_people_run_it, world_at
from tests.system.test_undeliverable import answer_in, direct, no_direct_messages

case = pytest.mark.case
SETTING = "UTF8_User_Names_Validation"


def add(world: World, username: str, address: str = "", **more: Any) -> None:
    emails = [{"address": address, "verified": True}] if address else []
    world.rocketchat.people.add(username, name="Somebody", emails=emails, **more)


def add_all_kinds(world: World) -> None:
    add(world, "ada", "ada@people.example", roles=["admin"])
    add(world, "bob", "bob@people.example")
    add(world, "carla")
    add(world, "ex", "ex@people.example", active=False)
    add(world, "grace hopper", "grace@people.example")


async def people(world: World, words: str = "people") -> str:
    """The direct message, and what the room reads."""
    said = await world.ask(words)
    assert said.startswith("✓ Sent to you in a direct message: page ")
    message = await answer_in(world, direct(world), "Who gets into which account")
    assert "`" not in said.partition("\nNext:")[0], "names are not for the room"
    return f"{message.msg}\n\n{said}"


@case("people", "There is a connection")
async def test_with_a_connection(world: World, hears: Heard) -> None:
    await world.ask("setup")
    add_all_kinds(world)
    hears(await people(world), typed="!sso people")


@case("people", "There is no connection yet")
async def test_without_a_connection(world: World, hears: Heard) -> None:
    hears(await people(world), typed="!sso people")


@case("people", "Rocket.Chat 9, which does not link by e-mail")
async def test_the_modern_engine(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, **as_people_run_it(tmp_path, "9.0")) as world, world.play.bot():
        await world.ask("setup")
        add_all_kinds(world)
        hears(await people(world), typed="!sso people")


@case("people", "E-mail addresses are left out")
async def test_without_email(world: World, hears: Heard) -> None:
    await world.ask("setup --no-email")
    hears(await people(world), typed="!sso people")


@case("people", "There are more pages, and this is the third")
async def test_another_page(world: World, hears: Heard) -> None:
    with more_people(world):
        hears(await people(world, "people --page 3"), typed="!sso people --page 3")


@case("people", "Rocket.Chat makes no account for who comes through a service, and nobody has an e-mail address")
async def test_nobody_has_an_address(world: World, hears: Heard) -> None:
    world.rocketchat.settings.write(BY_SERVICES, False)
    for user in world.rocketchat.people:
        user.emails = []
    hears(await people(world), typed="!sso people")


OTHER_SETTINGS: dict[str, dict[str, SettingValue]] = {
    "Accounts are also found by their user name": {"merge_users_distinct_services": True},
    "Accounts are not merged": {"merge_users": False},
    "Accounts are found by their e-mail address": {"key_field": "email"},
}


@pytest.mark.parametrize(
    "settings", [pytest.param(given, marks=case("people", title)) for title, given in OTHER_SETTINGS.items()]
)
async def test_other_settings(quiet_world: World, hears: Heard, settings: dict[str, SettingValue]) -> None:
    """No command writes them, so they are written as if one had."""
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    config = config_from(quiet_world.play.env)
    database = await open_database(config.database_url)
    try:
        connections = SqlConnections(database, Vault(config.keys), SystemClock())
        there = await connections.get()
        assert there is not None
        await connections.save(replace(there, settings={**there.settings, **settings}))
    finally:
        await database.close()
    async with quiet_world.play.bot():
        hears(await people(quiet_world), typed="!sso people")


@case("people", "The bot's account is no longer allowed to see roles and addresses")
async def test_what_is_not_visible(world: World, hears: Heard) -> None:
    permission = "view-full-other-user-info"

    def lost(_: object) -> None:
        world.rocketchat.people.permissions[permission] = set()

    with grounds.fault(world.rocketchat, path="/api/v1/users.list", effect=FaultEffect.PASS, call=lost):
        hears(await people(world), typed="!sso people")


NAMES: dict[str, Any] = {
    "Rocket.Chat's setting for user names is not evaluated": "[a-z]+|[0-9]+",
    "Rocket.Chat's setting for user names is no regular expression": "[z-a]+",
    "Rocket.Chat does not show its setting for user names": None,
}


@pytest.mark.parametrize("setting", [pytest.param(s, marks=case("people", title)) for title, s in NAMES.items()])
async def test_user_names_that_are_not_checked(world: World, hears: Heard, setting: str | None) -> None:
    if setting is None:
        world.rocketchat.settings.remove(SETTING)
    else:
        world.rocketchat.settings.write(SETTING, setting)
    hears(await people(world), typed="!sso people")


@case("people", "It is typed in a direct message")
async def test_in_a_direct_message(world: World, hears: Heard) -> None:
    await world.admin.call("POST", "im.create", json={"username": world.rocketchat.person("bot").username})
    await world.admin.call("POST", "chat.postMessage", json={"roomId": direct(world), "text": "sso people"})
    result = await answer_in(world, direct(world), "The list is above")
    message = await answer_in(world, direct(world), "Who gets into which account")
    hears(f"{message.msg}\n\n{result.msg}", typed="sso people")


@contextmanager
def limited(world: World) -> Iterator[None]:
    text = "Error, too many requests. Please slow down. You must wait 59 seconds before trying this endpoint again."
    body = f'{{"success": false, "error": "{text} [error-too-many-requests]"}}'
    with more_people(world), grounds.fault(world.rocketchat, path="/api/v1/users.list", skip=1, status=429, body=body):
        yield


@case("people", "Rocket.Chat limits how often the bot may ask")
async def test_a_rate_limit(world: World, hears: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rocketchat.people.PATIENCE_IF_TOLD", 30.0)
    monkeypatch.setattr("bot.chatops.reply.UNSEEN_FOR", 0.0)
    monkeypatch.setattr("bot.chatops.reply.EDIT_INTERVAL", 0.0)
    with limited(world):
        said = await world.ask("people")
    assert "Rocket.Chat limits how often I may ask: the other" in said
    hears(said, typed="!sso people")


REFUSED: dict[str, tuple[str, Callable[[World], Ground] | None]] = {
    "The bot's account may not list the accounts": ("people", grounds.permission("view-d-room")),
    "The page is no number": ("people --page first", None),
    "There is no such page": ("people --page 9", None),
}


@pytest.mark.parametrize(
    ("words", "ground"), [pytest.param(*given, marks=case("people", title)) for title, given in REFUSED.items()]
)
async def test_what_cannot_be_listed(
    world: World, hears: Heard, words: str, ground: Callable[[World], Ground] | None
) -> None:
    with ground(world) if ground else grounds.attribute(world, "settle", world.settle):
        said = await world.ask(words)
    assert "✗ Not done" in said
    hears(said, typed=f"!sso {words}")


@case("people", "No direct message can be opened")
async def test_no_direct_message(world: World, hears: Heard) -> None:
    no_direct_messages(world)
    said = as_seen(await world.ask("people"))
    assert "`admin`" not in said
    hears(said, typed="!sso people")
