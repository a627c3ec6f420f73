"""What `ssobot doctor` says of what the bot itself stands on."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from sandbox.encvoy.people import Role
from sandbox.faults import Fault
from sandbox.rocketchat.ddp.endpoint import ClientConnection
from sandbox.rocketchat.permissions import Role as ChatRole
from tests.answers.conftest import Doctor, Heard
from tests.support import grounds
from tests.support.grounds import Ground, attribute
from tests.support.world import World, world_at

case = pytest.mark.case
GROUP = "On the terminal"


def editor_elsewhere(world: World) -> Ground:
    """A plain user, to whom somebody gave one application to look after."""

    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        row = world.encvoy.clients.create(world.encvoy.state.iso(), {"name": "x", "redirect_uris": []})
        row["parent_id"] = world.encvoy.main["client_id"]
        with grounds.plain_user(world):
            key = (row["client_id"], world.encvoy.person("manager").id)
            world.encvoy.people.roles[key] = Role.EDITOR
            yield

    return broken()


def all_deactivated(world: World) -> Ground:
    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        with (
            attribute(world.rocketchat.person("admin"), "active", False),
            attribute(world.rocketchat.person("admin2"), "active", False),
        ):
            yield

    return broken()


def crowd_of_bots(world: World) -> Ground:
    """So many holders of the role who are no people that not all are looked at."""
    for number in range(12):
        world.rocketchat.people.add(f"a-bot-{number}", roles=["helper"], kind="bot")
    return helper(world)


def helper(world: World) -> Ground:
    """A role that exists, held by nobody."""
    world.rocketchat.people.roles["helper"] = ChatRole("helper", "helper", protected=False)
    return grounds.nothing(world)


def no_bot(world: World) -> Ground:
    """An administrator's account, as people have."""
    return attribute(world.rocketchat.person("bot"), "roles", ["admin", "user"])


def without_password(world: World) -> Ground:
    return attribute(world.rocketchat.second_factor, "honour_bypass", False)


def websocket_closed(world: World) -> Ground:
    """It is opened, and closed again at once."""

    async def nothing_more(_: ClientConnection) -> None: ...

    return attribute(ClientConnection, "serve", nothing_more)


def proxy_in_trouble(world: World) -> Ground:
    return grounds.fault(world.rocketchat, path="/api/v1/users.info", status=502, body="<html>")


ON_THE_SERVERS: dict[str, tuple[Callable[[World], Ground], dict[str, str], int]] = {
    "`ssobot doctor`: a proxy passes no websocket": (grounds.websocket_refused(404), {}, 1),
    "`ssobot doctor`: a proxy answers the websocket with a page": (grounds.websocket_refused(200), {}, 1),
    "`ssobot doctor`: the websocket opens, and nothing comes": (grounds.websocket_silent, {}, 1),
    "`ssobot doctor`: the websocket is closed again": (websocket_closed, {}, 1),
    "`ssobot doctor`: the proxy in front of Rocket.Chat is in trouble": (proxy_in_trouble, {}, 1),
    "`ssobot doctor`: Rocket.Chat does not show people's roles": (
        grounds.permission("view-full-other-user-info"),
        {},
        1,
    ),
    "`ssobot doctor`: the second factor is wrong": (grounds.password_changed, {}, 1),
    "`ssobot doctor`: the second factor is missing": (without_password, {"SSOBOT_ROCKETCHAT_PASSWORD": ""}, 1),
    "`ssobot doctor`: a role in SSOBOT_ADMIN_ROLES does not exist": (
        grounds.nothing,
        {"SSOBOT_ADMIN_ROLES": "Admin"},
        1,
    ),
    "`ssobot doctor`: nobody holds the role": (helper, {"SSOBOT_ADMIN_ROLES": "helper"}, 1),
    "`ssobot doctor`: nobody holds one of the roles": (helper, {"SSOBOT_ADMIN_ROLES": "admin,helper"}, 0),
    "`ssobot doctor`: all who hold the role are deactivated": (all_deactivated, {}, 1),
    "`ssobot doctor`: too many hold the role": (crowd_of_bots, {"SSOBOT_ADMIN_ROLES": "helper"}, 0),
    "`ssobot doctor`: the bot's account types commands": (grounds.typed_by_the_bots_account, {}, 1),
    "`ssobot doctor`: the bot's account lacks the role of bots": (no_bot, {}, 0),
    "`ssobot doctor`: the bot's user is no manager": (grounds.plain_user, {}, 1),
    "`ssobot doctor`: the bot's user only looks after somebody's application": (editor_elsewhere, {}, 1),
    "`ssobot doctor`: the admin room cannot be read": (grounds.room_encrypted, {}, 1),
    "`ssobot doctor`: the report room is not there": (grounds.nothing, {"SSOBOT_REPORT_ROOM": "nowhere"}, 1),
    "`ssobot doctor`: the report room cannot be written": (
        grounds.room_encrypted,
        {"SSOBOT_REPORT_ROOM": "sso-admins"},
        1,
    ),
    "`ssobot doctor`: the token is wrong": (grounds.nothing, {"SSOBOT_ROCKETCHAT_TOKEN": "not-the-right-token"}, 1),
    "`ssobot doctor`: the password at Encvoy ID is wrong": (grounds.nothing, {"SSOBOT_ENCVOY_PASSWORD": "wrong"}, 1),
    "`ssobot doctor`: the database cannot be created": (
        grounds.nothing,
        {"SSOBOT_DATABASE_URL": "sqlite+aiosqlite:////no/such/folder/ssobot.sqlite"},
        1,
    ),
    "`ssobot doctor`: the address is another machine's": (grounds.nothing, {"SSOBOT_LISTEN": "192.0.2.1:8080"}, 1),
}


@pytest.mark.parametrize(
    ("ground", "variables", "status"), [pytest.param(*of, marks=case(GROUP, t)) for t, of in ON_THE_SERVERS.items()]
)
async def test_what_the_bot_stands_on(
    quiet_world: World, doctor: Doctor, ground: Callable[[World], Ground], variables: dict[str, str], status: int
) -> None:
    with ground(quiet_world):
        assert await doctor(quiet_world, **variables) == status


@contextlib.asynccontextmanager
async def something_listening() -> AsyncIterator[str]:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@case(GROUP, "`ssobot doctor`: the port is taken")
async def test_a_taken_port(quiet_world: World, doctor: Doctor) -> None:
    async with something_listening() as listen:
        assert await doctor(quiet_world, SSOBOT_LISTEN=listen) == 1


@case(GROUP, "`ssobot doctor`: the port is free")
async def test_a_free_port(quiet_world: World, doctor: Doctor) -> None:
    async with something_listening() as listen:
        pass
    assert await doctor(quiet_world, SSOBOT_LISTEN=listen) == 0


@case(GROUP, "`ssobot doctor`: the bot runs already")
async def test_a_port_of_our_own(quiet_world: World, doctor: Doctor) -> None:
    async with something_listening() as listen:
        pass
    bot = quiet_world.process(SSOBOT_LISTEN=listen)
    await bot.start()
    try:
        assert await doctor(quiet_world, SSOBOT_LISTEN=listen) == 0
    finally:
        await bot.stop()


@case(GROUP, "`ssobot doctor`: the keys open the secrets")
async def test_keys_that_fit(tmp_path: Path, doctor: Doctor) -> None:
    async with world_at(tmp_path, settle=0.02) as world:
        async with world.play.bot():
            await world.ask("setup")
        assert await doctor(world) == 0


@case(GROUP, "`ssobot doctor`: the keys do not fit the database")
async def test_keys_that_do_not_fit(tmp_path: Path, doctor: Doctor) -> None:
    async with world_at(tmp_path, settle=0.02) as world:
        async with world.play.bot():
            await world.ask("setup")
        assert await doctor(world, SSOBOT_KEYS=Fernet.generate_key().decode()) == 1


@case(GROUP, "`ssobot doctor`: a secret stands in another place of the database than its own")
async def test_a_secret_in_another_place(tmp_path: Path, doctor: Doctor) -> None:
    async with world_at(tmp_path, settle=0.02) as world:
        async with world.play.bot():
            await world.ask("setup")
        with contextlib.closing(sqlite3.connect(world.play.folder / "ssobot.sqlite")) as database, database:
            database.execute("UPDATE connections SET pending_secret = current_secret")
        assert await doctor(world) == 1


@case("test", "The bot's user manages the application of this connection and may make no other")
async def test_a_plain_user_with_a_connection(world: World, hears: Heard) -> None:
    await world.ask("setup")
    encvoy, row = world.encvoy, grounds.application(world)
    row["parent_id"] = encvoy.main["client_id"]
    with grounds.plain_user(world):
        encvoy.people.roles[(row["client_id"], encvoy.person("manager").id)] = Role.EDITOR
        answer = await world.ask("test")
    assert "✗" not in answer
    hears(answer, typed="!sso test")


@case("test", "Rocket.Chat asks to slow down when asked who administers it")
async def test_busy_roles(world: World, hears: Heard) -> None:
    body = (
        '{"success": false, "error": "Error, too many requests. You must wait 30 seconds. [error-too-many-requests]"}'
    )
    world.rocketchat.faults.add(Fault("GET", "/api/v1/roles.list", status=429, body=body))
    answer = await world.ask("test")
    assert "✗" not in answer
    hears(answer, typed="!sso test")


@case("test", "Rocket.Chat does not say which role is which")
async def test_roles_that_cannot_be_asked(quiet_world: World, hears: Heard) -> None:
    """Needed where SSOBOT_ADMIN_ROLES may hold the name of a role that was made there."""
    quiet_world.play.extra["SSOBOT_ADMIN_ROLES"] = "sso-manager"
    async with quiet_world.play.bot():
        with grounds.fault(quiet_world.rocketchat, path="/api/v1/roles.list", status=502, body="<html>"):
            hears(await quiet_world.ask("test"), typed="!sso test")
