"""E-mail addresses left out, and passed on again; and who hears that they lead into accounts. Over real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from bot.secret import Secret
from bot.signin.walk import sign_in
from bot.store.engine import open_database
from bot.store.notes import TABLE
from commands.correction import FALSE_PROMISE
from sandbox.faults import Fault
from sandbox.rocketchat.standin import Switches
from tests.support import grounds
from tests.support.grounds import application
from tests.support.world import SERVICE, SETTINGS, World, world_at


def asked_for(world: World) -> set[str]:
    """What Encvoy ID asks people for, and the scope by which Rocket.Chat asks."""
    client_id = application(world)["client_id"]
    scope = world.rocketchat.settings.get(f"{SETTINGS}-scope").split()
    return {rule.field_name for rule in world.encvoy.state.attached(client_id)} | set(scope)


async def arrive(world: World) -> Any:
    person = world.encvoy.person("person")
    arrived = await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))
    return world.rocketchat.people.get(arrived.user_id)


async def test_left_out_from_the_start(world: World) -> None:
    answer = await world.ask("setup --no-email")
    assert "e-mail addresses will be left out" in answer
    assert "make login name visible" in answer
    assert asked_for(world) == {"login", "openid", "profile"}
    assert (await arrive(world)).emails == []


async def test_left_out_of_a_connection_that_is_there(world: World) -> None:
    """Somebody who made the address visible once has it visible for ever: the scope keeps it out."""
    await world.ask("setup")
    person = world.encvoy.person("person")
    person.public_profile_claims_oauth = "picture nickname login email"
    answer = await world.ask("setup --no-email")
    assert "It no longer asks people for their e-mail" in answer
    assert "checks passed" in answer
    assert asked_for(world) == {"login", "openid", "profile"}
    live = world.rocketchat.login_services.get(SERVICE)
    assert live.fields["scope"] == "openid profile"
    assert (await arrive(world)).emails == []


async def test_it_stays_left_out_until_it_is_asked_for(world: World) -> None:
    await world.ask("setup --no-email")
    for words in ("setup", "rotate", "disable", "enable"):
        await world.ask(words)
        assert asked_for(world) == {"login", "openid", "profile"}
    assert "left out" in await world.ask("status")
    assert "e-mail is left out" in await world.ask("test --all")
    await world.ask("setup --email")
    assert asked_for(world) == {"login", "email", "openid", "profile"}
    assert (await arrive(world)).addresses == [world.encvoy.person("person").email]


async def test_somebody_who_attaches_the_rule_is_found_and_fixed(world: World) -> None:
    await world.ask("setup --no-email")
    rule = world.encvoy.state.rule("email").id
    world.encvoy.clients.rules[application(world)["client_id"]].append(rule)
    assert "asked for, although it was left out: email" in await world.ask("test")
    await world.ask("setup")
    assert asked_for(world) == {"login", "openid", "profile"}


async def test_an_encvoy_id_that_breaks_off_at_the_rule_is_asked_again(world: World) -> None:
    await world.ask("setup")
    world.encvoy.faults.add(Fault("DELETE", "/api/v1/clients/", status=502, body="<html>", times=1))
    assert "checks passed" in await world.ask("setup --no-email")
    assert asked_for(world) == {"login", "openid", "profile"}


# Who is there, counted before the first write.


async def test_the_accounts_are_counted_before_the_first_write(world: World) -> None:
    answer = await world.ask("setup")
    people = [user for user in world.rocketchat.people if user.active and user.emails]
    admins = sorted(user.username for user in people if "admin" in user.roles)
    assert f"{len(people)} of {len(world.rocketchat.people)} accounts are active" in answer
    assert all(f"`{name}`" in answer for name in admins)
    entries = world.rocketchat.ledger.requests()
    listed = max(entry.at for entry in entries if entry.path.endswith("/users.list"))
    assert listed < min(entry.at for entry in entries if entry.path.endswith("/settings.addCustomOAuth"))


async def test_names_of_administrators_are_made_harmless(world: World) -> None:
    evil = {"address": "evil@people.example", "verified": True}
    world.rocketchat.people.add("@all [x](https://evil.example)", name="E", roles=["admin"], emails=[evil])
    answer = await world.ask("setup")
    assert "＠all" in answer
    assert "@all" not in answer
    assert "](https" not in answer


async def test_accounts_that_may_not_be_listed_are_said_and_nothing_waits_for_them(world: World) -> None:
    with grounds.permission("view-d-room")(world):
        answer = await world.ask("setup")
    assert "I cannot see who has an e-mail address here." in answer
    assert "view-d-room" in answer
    assert world.state().live is not None


async def test_a_large_workspace_is_read_to_its_end(world: World) -> None:
    for number in range(250):
        address = {"address": f"{number}@people.example", "verified": True}
        world.rocketchat.people.add(f"somebody{number}", name="S", emails=[address])
    answer = await world.ask("setup")
    assert f"of {len(world.rocketchat.people)} accounts are active" in answer


# The correction at the first start.


async def as_an_earlier_version_left_it(world: World) -> None:
    """Without the notes of this version."""
    database = await open_database(make_url(world.play.env["SSOBOT_DATABASE_URL"]))
    async with database.writing() as transaction:
        await transaction.execute(TABLE.delete().where(TABLE.c.key.startswith("said that")))
    await database.close()


async def said(world: World, words: str) -> int:
    """How many messages of the room hold these words."""
    since = {"roomId": world.admin.room_id, "lastUpdate": "1970-01-01T00:00:00.000Z"}
    messages = (await world.admin.call("GET", "chat.syncMessages", params=since))["result"]["updated"]
    return sum(words in message["msg"] for message in messages)


async def heard(world: World, words: str) -> None:
    async with asyncio.timeout(10):
        while True:
            if await said(world, words):
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def upgraded(quiet_world: World) -> World:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    await as_an_earlier_version_left_it(quiet_world)
    return quiet_world


async def test_the_first_start_tells_once(upgraded: World) -> None:
    async with upgraded.play.bot():
        await heard(upgraded, FALSE_PROMISE)
        before = upgraded.state()
    for _ in range(2):
        async with upgraded.play.bot():
            await upgraded.ask("test")  # longer than the reading took
    assert await said(upgraded, FALSE_PROMISE) == 1
    assert upgraded.state() == before


async def test_whoever_set_up_with_this_version_hears_nothing(quiet_world: World) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    async with quiet_world.play.bot():
        await quiet_world.ask("test")
    assert await said(quiet_world, FALSE_PROMISE) == 0


async def test_commands_do_not_wait_for_accounts_that_cannot_be_read(upgraded: World) -> None:
    upgraded.rocketchat.faults.add(Fault("GET", "/api/v1/users.list", delay=12.0))
    async with upgraded.play.bot():
        async with asyncio.timeout(10):
            assert "Everything is in sync" in await upgraded.ask("status")
        assert await said(upgraded, FALSE_PROMISE) == 0


async def test_on_the_modern_engine_nobody_is_told_what_is_not_so(tmp_path: Path) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with world_at(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as world:
        async with world.play.bot():
            assert "does not link by e-mail" in await world.ask("setup")
        await as_an_earlier_version_left_it(world)
        async with world.play.bot():
            await world.ask("test")
        assert await said(world, FALSE_PROMISE) == 0
