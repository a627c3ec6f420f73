"""What `setup` says of people who are new, and what then becomes of one: with Rocket.Chat's settings of registration,
and in an Encvoy ID that is not the one of before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS
from bot.secret import Secret
from bot.signin.walk import WalkFailed, sign_in
from tests.support.another import another_encvoy_id
from tests.support.grounds import application
from tests.support.snapshot import snapshot
from tests.support.world import SERVICE, SETTINGS, VERSIONS, World, as_people_run_it, world_at

GETS, APPROVED = "anyone else who is new gets a new account", "has to approve first"
REFUSED = "anyone else who is new is also refused"


async def arrive(world: World, service: str = SERVICE) -> Any:
    """The user in Rocket.Chat whom a person of Encvoy ID becomes; None if they are refused."""
    person = world.encvoy.introduction.account("person")
    try:
        arrived = await sign_in(
            world.rocketchat.url, service, person.login, Secret(person.password), tls=world.play.tls
        )
    except WalkFailed:
        return None
    return world.rocketchat.people.get(arrived.user_id)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("settings", "options", "says", "comes_in", "accounts"),
    [
        ({}, "", f"{GETS}.", True, 1),
        ({BY_SERVICES: False}, "", REFUSED, False, 0),
        ({BY_SERVICES: False}, "--no-email", REFUSED, False, 0),
        ({APPROVAL: True}, "", APPROVED, False, 1),
        ({APPROVAL: True}, "--no-email", REFUSED, False, 0),
        ({DOMAINS: "company.example"}, "", "of a domain that Rocket.Chat does not allow", False, 0),
        ({DOMAINS: "company.example, people.example"}, "", "of a domain that Rocket.Chat does not allow", True, 1),
        ({DOMAINS: "company.example"}, "--no-email", f"{GETS}.", True, 1),
    ],
)
async def test_what_is_said_of_somebody_new_comes_true(
    tmp_path: Path, version: str, settings: dict[str, Any], options: str, says: str, comes_in: bool, accounts: int
) -> None:
    async with world_at(tmp_path, **as_people_run_it(tmp_path, version)) as world, world.play.bot():
        for setting, value in settings.items():
            world.rocketchat.settings.write(setting, value)
        before = len(world.rocketchat.people)
        assert says in await world.ask(f"setup {options}")
        assert (await arrive(world) is not None) is comes_in
        assert len(world.rocketchat.people) == before + accounts


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("8.8", "anyone who got into another one through `encvoyid` before may be refused instead"),
        ("9.0", "is refused, unless they got into that same account through `encvoyid` before"),
    ],
)
async def test_who_came_before_is_refused_with_the_address_of_another_account(
    tmp_path: Path, version: str, says: str
) -> None:
    async with world_at(tmp_path, **as_people_run_it(tmp_path, version)) as world, world.play.bot():
        assert says in await world.ask("setup")
        first = await arrive(world)
        assert (await arrive(world)).id == first.id
        address = {"address": "local@people.example", "verified": True}
        world.rocketchat.people.add("local", name="Local", password="local-password-of-a-test", emails=[address])
        world.encvoy.person("person").email = "local@people.example"
        assert await arrive(world) is None


async def test_a_setting_that_is_not_shown_is_not_checked(world: World) -> None:
    world.rocketchat.settings.remove(APPROVAL)
    answer = await world.ask("setup")
    assert f"{GETS}, if {APPROVAL} allows it (not checked: Rocket.Chat does not show me that)." in answer


# Another Encvoy ID, whose people have the numbers of others.


def empty_database(world: World, folder: Path) -> None:
    world.play.extra["SSOBOT_DATABASE_URL"] = f"sqlite+aiosqlite:///{folder / 'empty.sqlite'}"


@pytest.mark.parametrize("words", ["setup", "setup --dry-run"])
async def test_in_another_encvoy_id_nothing_is_made(quiet_world: World, words: str) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    first = quiet_world.encvoy.url
    async with another_encvoy_id(quiet_world), quiet_world.play.bot():
        before = snapshot(quiet_world)
        answer = await quiet_world.ask(words)
        assert "Not done: The connection was made with Encvoy ID at " in answer
        assert all(url.removeprefix("http://127.0.0.1") in answer for url in (first, quiet_world.encvoy.url))
        assert snapshot(quiet_world) == before


async def test_the_way_out_that_is_named_leads_to_accounts_of_their_own(quiet_world: World, tmp_path: Path) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
        former = await arrive(quiet_world)
    number = quiet_world.encvoy.person("person").id
    async with another_encvoy_id(quiet_world):
        assert quiet_world.encvoy.person("person").id == number
        async with quiet_world.play.bot():
            assert "It is off." in await quiet_world.ask("disable")
        empty_database(quiet_world, tmp_path)
        async with quiet_world.play.bot():
            assert "checks passed" in await quiet_world.ask('setup --name "The New One"')
            assert (await arrive(quiet_world, "thenewone")).id != former.id


async def test_where_it_is_the_same_one_the_name_of_before_brings_people_back(
    quiet_world: World, tmp_path: Path
) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup --no-email")
        former = await arrive(quiet_world)
        await quiet_world.ask("disable")
    client_id = application(quiet_world)["client_id"]
    quiet_world.encvoy.clients.delete(client_id)
    quiet_world.encvoy.people.forget_client(client_id)
    for setting in list(quiet_world.rocketchat.settings):
        if setting.id.startswith(SETTINGS):
            quiet_world.rocketchat.settings.remove(setting.id)
    empty_database(quiet_world, tmp_path)
    async with quiet_world.play.bot():
        assert "checks passed" in await quiet_world.ask("setup --no-email")
        assert (await arrive(quiet_world)).id == former.id
