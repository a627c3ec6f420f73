"""Each check turns, and only it, when its ground is broken in the stand-in; and turns back when it is mended.

The ground is broken where it would break in reality, in the servers, never in the evidence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.app import Bot
from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.doctor.checks import State
from bot.doctor.checks.joint import catalogue as joint
from bot.doctor.checks.systems import catalogue as systems
from bot.sandbox.faults import Fault
from bot.sandbox.rocketchat.rooms import Room
from bot.sandbox.rocketchat.standin import Switches as RocketChatSwitches
from bot.secret import Secret
from bot.stage import config_from
from bot.store.connections import SqlConnections
from bot.store.vault import Vault
from tests.support.world import SERVICE, SETTINGS, World, world_at

Ground = AbstractContextManager[None]


# How a ground is broken, and mended at the end of the block.


@contextlib.contextmanager
def changed(mapping: Any, key: Any, value: Any) -> Iterator[None]:
    """Another value in a dictionary."""
    before = mapping[key]
    mapping[key] = value
    yield
    mapping[key] = before


@contextlib.contextmanager
def attribute(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Another value of an attribute."""
    before = getattr(thing, name)
    setattr(thing, name, value)
    yield
    setattr(thing, name, before)


@contextlib.contextmanager
def fault(standin: Any, **rule: Any) -> Iterator[None]:
    """A fault of a stand-in."""
    added = standin.faults.add(Fault(**rule))
    yield
    standin.faults.remove(added)


@contextlib.contextmanager
def written(world: World, suffix: str, value: Any) -> Iterator[None]:
    """Somebody writes a setting of the service in Rocket.Chat, and it has settled."""
    name = SETTINGS + suffix
    before = world.rocketchat.settings.find(name).value
    world.rocketchat.settings.write(name, value)
    world.rocketchat.login_services.rewrite()
    yield
    world.rocketchat.settings.write(name, before)
    world.rocketchat.login_services.rewrite()


def application(world: World) -> dict[str, Any]:
    """The record of the connection's application."""
    callback = f"{world.rocketchat.settings.get('Site_Url')}/_oauth/{SERVICE}"
    found = [row for row in world.encvoy.clients.by_id.values() if callback in row["redirect_uris"]]
    row: dict[str, Any] = found[0]
    return row


def column(name: str, value: Any) -> Callable[[World], Ground]:
    """Somebody changes a column of the application."""
    return lambda world: changed(application(world), name, value)


def permission(name: str) -> Callable[[World], Ground]:
    """Somebody takes a permission from the role of the bot."""
    return lambda world: changed(world.rocketchat.people.permissions, name, set())


# Grounds of the two systems.


def version_unreadable(world: World) -> Ground:
    return fault(world.rocketchat, method="GET", path="/api/info", status=500)


@contextlib.contextmanager
def bot_demoted(world: World) -> Iterator[None]:
    with attribute(world.rocketchat.person("bot"), "roles", ["user"]):
        yield


def room_of(world: World) -> Room:
    found: Room | None = world.rocketchat.chat.rooms.find("sso-admins")
    assert found is not None
    return found


@contextlib.contextmanager
def bot_thrown_out(world: World) -> Iterator[None]:
    room, bot = room_of(world), world.rocketchat.person("bot").id
    member = room.members.pop(bot)
    yield
    room.members[bot] = member


@contextlib.contextmanager
def room_encrypted(world: World) -> Iterator[None]:
    room_of(world).flags["encrypted"] = True
    yield
    del room_of(world).flags["encrypted"]


def moved_to(url: str) -> Callable[[World], Ground]:
    return lambda world: attribute(world.rocketchat.settings.find("Site_Url"), "value", url)


@contextlib.contextmanager
def licence_expired(world: World) -> Iterator[None]:
    world.rocketchat.modules.clear()
    world.rocketchat.login_services.rewrite()
    yield
    world.rocketchat.modules.add("oauth-enterprise")
    world.rocketchat.login_services.rewrite()


def discovery_gone(world: World) -> Ground:
    return attribute(world.encvoy.switches, "discovery_at", ())


def endpoints_moved(world: World) -> Ground:
    """A proxy that forgets X-Forwarded-Host: the document is there, and names another address."""
    document = f'{{"issuer": "{world.encvoy.url}"'
    for name, path in (
        ("authorization", "auth"),
        ("token", "token"),
        ("userinfo", "me"),
        ("pushed_authorization_request", "request"),
    ):
        document += f', "{name}_endpoint": "http://backend.internal:3003/oidc/{path}"'
    document += f', "jwks_uri": "{world.encvoy.url}/oidc/jwks"}}'
    return fault(world.encvoy, method="GET", path="/.well-known/", status=200, body=document)


def keys_unreadable(world: World) -> Ground:
    return fault(world.encvoy, method="GET", path="/oidc/jwks", status=500)


def keys_of_another_kind(world: World) -> Ground:
    body = '{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": "AA", "y": "AA"}]}'
    return fault(world.encvoy, method="GET", path="/oidc/jwks", status=200, body=body)


def bots_user(name: str, value: Any) -> Callable[[World], Ground]:
    return lambda world: attribute(world.encvoy.person("manager"), name, value)


def second_factor_enforced(world: World) -> Ground:
    return attribute(world.encvoy.settings, "two_factor_authentication", True)


def introspection_broken(world: World) -> Ground:
    return attribute(world.encvoy.switches, "introspection_status", 502)


# Grounds of the connection.


@contextlib.contextmanager
def application_deleted(world: World) -> Iterator[None]:
    clients, row = world.encvoy.clients, application(world)
    rules, roles = clients.rules[row["client_id"]], dict(world.encvoy.people.roles)
    clients.delete(row["client_id"])
    world.encvoy.people.forget_client(row["client_id"])
    yield
    clients.by_id[row["client_id"]], clients.rules[row["client_id"]] = row, rules
    world.encvoy.people.roles = roles


@contextlib.contextmanager
def taken_off_the_application(world: World) -> Iterator[None]:
    roles, key = world.encvoy.people.roles, (application(world)["client_id"], world.encvoy.person("manager").id)
    before = roles.pop(key)
    yield
    roles[key] = before


def rules_detached(world: World) -> Ground:
    return changed(world.encvoy.clients.rules, application(world)["client_id"], [])


def secret_changed_at_encvoy_id(world: World) -> Ground:
    return changed(application(world), "client_secret", "x" * 64)


def token_side_asleep(world: World) -> Ground:
    """It refuses whatever comes, though the record holds our secret."""
    body = '{"error": "invalid_client", "error_description": "client authentication failed"}'
    return fault(world.encvoy, method="POST", path="/oidc/request", status=401, body=body)


def every_secret_accepted(world: World) -> Ground:
    """Something answers in Encvoy ID's place."""
    body = '{"expires_in": 60, "request_uri": "urn:ietf:params:oauth:request_uri:1"}'
    return fault(world.encvoy, method="POST", path="/oidc/request", status=201, body=body)


@contextlib.contextmanager
def service_removed(world: World) -> Iterator[None]:
    settings = world.rocketchat.settings
    rows = [setting for setting in settings if setting.id.startswith(SETTINGS)]
    for row in rows:
        settings.remove(row.id)
    world.rocketchat.login_services.rewrite()
    yield
    for row in rows:
        settings.add(row)
    world.rocketchat.login_services.rewrite()


def setting(suffix: str, value: Any) -> Callable[[World], Ground]:
    return lambda world: written(world, f"-{suffix}" if suffix else "", value)


@contextlib.contextmanager
def debounce_lost(world: World) -> Iterator[None]:
    """Rocket.Chat stored a change and never carried it over."""
    world.rocketchat.settings.write(f"{SETTINGS}-button_color", "#00FF00")
    world.rocketchat.login_services.suspend()
    yield
    world.rocketchat.login_services.rewrite()


def button_lost(world: World) -> Ground:
    """The record is gone though the switch is on."""

    @contextlib.contextmanager
    def lost() -> Iterator[None]:
        switch = world.rocketchat.settings.find(SETTINGS)
        switch.value = False
        world.rocketchat.login_services.rewrite()
        switch.value = True
        yield
        world.rocketchat.login_services.rewrite()

    return lost()


def callback_elsewhere(world: World) -> Ground:
    return fault(world.rocketchat, path="/_oauth/", status=404, body="<h1>Not Found</h1>", content_type="text/html")


@dataclass(frozen=True)
class Case:
    """One check, and one way in which its ground breaks."""

    check: str
    ground: Callable[[World], Ground]
    by_chat: bool = True
    """Whether the bot can still be asked in the room."""


CASES = (
    Case("Rocket.Chat answers", version_unreadable),
    Case("Bot's account in Rocket.Chat", permission("view-full-other-user-info"), by_chat=False),
    Case("Bot's account in Rocket.Chat", permission("view-privileged-setting")),
    Case("Bot's account in Rocket.Chat", permission("edit-privileged-setting")),
    Case("Bot's account in Rocket.Chat", permission("add-oauth-service")),
    Case("Bot's account in Rocket.Chat", permission("api-bypass-rate-limit")),
    Case("Bot's account in Rocket.Chat", bot_demoted, by_chat=False),
    Case("Admin room", bot_thrown_out, by_chat=False),
    Case("Admin room", room_encrypted),
    Case("Rocket.Chat's own address", moved_to("https://moved.example.org")),
    Case("Rocket.Chat's own address", moved_to("https://under_score.example.org")),
    Case("Rocket.Chat's own address", moved_to("")),
    Case("Encvoy ID's discovery document", discovery_gone),
    Case("Encvoy ID's discovery document", endpoints_moved),
    Case("Encvoy ID's signing keys", keys_unreadable),
    Case("Encvoy ID's signing keys", keys_of_another_kind),
    Case("Bot's user at Encvoy ID", bots_user("password", "another")),
    Case("Bot's user at Encvoy ID", bots_user("blocked", True)),
    Case("Bot's user at Encvoy ID", second_factor_enforced),
    Case("Bot's user at Encvoy ID", introspection_broken),
    Case("Application", application_deleted),
    Case("Application", taken_off_the_application),
    Case("Application's fields", column("token_endpoint_auth_method", "client_secret_basic")),
    Case("Application's fields", column("description", "somebody's")),
    Case("Login name and e-mail", rules_detached),
    Case("Application is valid at the token side", column("grant_types", [])),
    Case("Application is valid at the token side", column("response_types", ["id_token"])),
    Case("Secret accepted", secret_changed_at_encvoy_id),
    Case("Secret accepted", token_side_asleep),
    Case("Random secret refused", every_secret_accepted),
    Case("Callback address registered", column("redirect_uris", ["https://elsewhere.example.org/_oauth/encvoyid"])),
    Case("Service", service_removed),
    Case("Service's settings", setting("scope", "openid")),
    Case("Service's settings", setting("merge_users", False)),
    Case("Service's settings", setting("id", "somebody-elses-application")),
    Case("Service's secret", setting("secret", "y" * 64)),
    Case("Service's switch", setting("", False)),
    Case("Stored is live", debounce_lost),
    Case("Stored is live", button_lost),
    Case("Callback address answers", callback_elsewhere),
)


@dataclass
class Practice:
    """A world with a connection, and its bot."""

    world: World
    bot: Bot

    async def failing(self, by_chat: bool) -> set[str]:
        """The checks that failed just now."""
        if by_chat:
            answer = await self.world.ask("test")
            return set(re.findall(r"^✗ failed: ([^:]+):", answer, re.MULTILINE))
        verdict = await self.bot.systems.examine(await self.connection())
        return {finding.check for finding in verdict.of(State.FAILED)}

    async def connection(self) -> Connection:
        """The row of the database."""
        vault = Vault([Secret(self.world.play.keys)])
        found = await SqlConnections(self.bot.database, vault, SystemClock()).get()
        assert found is not None
        return found


def modern_callback(world: World) -> None:
    rule = Fault("GET", "/_oauth/", status=302, headers={"Location": "/login"}, content_type="text/html")
    world.rocketchat.faults.add(rule)


@contextlib.asynccontextmanager
async def practice(
    folder: Path, prepare: Callable[[World], None] | None = None, **options: Any
) -> AsyncIterator[Practice]:
    async with world_at(folder, **{"settle": 0.02, **options}) as world, world.play.bot() as bot:
        if prepare is not None:
            prepare(world)
        answer = await world.ask("setup")
        assert "✗" not in answer, answer
        yield Practice(world, bot)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.check)
async def test_a_broken_ground_turns_its_check_and_only_it(tmp_path: Path, case: Case) -> None:
    async with practice(tmp_path) as now:
        with case.ground(now.world):
            assert await now.failing(case.by_chat) == {case.check}
        assert await now.failing(case.by_chat) == set()


# What can only be seen with the bot's own eyes, or needs another workspace.


async def test_a_rocketchat_that_is_down_turns_one_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.rocketchat.stop()
        assert await now.failing(by_chat=False) == {"Rocket.Chat answers"}
        await now.world.rocketchat.start()
        assert await now.failing(by_chat=False) == set()


async def test_an_encvoy_id_that_is_down_turns_one_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.encvoy.stop()
        assert await now.failing(by_chat=True) == {"Encvoy ID's discovery document"}
        await now.world.encvoy.start()
        assert await now.failing(by_chat=True) == set()


async def test_a_licence_that_ran_out_turns_one_check(tmp_path: Path) -> None:
    """From 9.0 on the login engine is the modern one, which sends a refused sign-in to `/login`; the stand-in does not
    have it (facts/rocketchat.md §3.4)."""
    switches = RocketChatSwitches(modules={"oauth-enterprise"})
    async with practice(tmp_path, prepare=modern_callback, version="9.0", switches=switches) as now:
        with licence_expired(now.world):
            assert await now.failing(by_chat=True) == {"Licence for Custom OAuth"}
        assert await now.failing(by_chat=True) == set()


def test_every_check_of_the_catalogue_is_broken_somewhere() -> None:
    covered = {case.check for case in CASES} | {"Licence for Custom OAuth"}
    assert covered == {entry.name for entry in (*systems.entries, *joint.entries)}


async def test_a_disabled_connection_passes_every_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.ask("disable")
        assert await now.failing(by_chat=True) == set()


async def test_without_a_connection_only_the_systems_are_judged(world: World) -> None:
    answer = await world.ask("test")
    for entry in systems.entries:
        assert f"✓ {entry.name}: " in answer
    assert "✗" not in answer
    assert not any(f" {entry.name}: " in answer for entry in joint.entries)
    assert "`!sso setup`" in answer


# `ssobot doctor`: the same catalogue from the command line, before there is any chat.


async def program(world: World, **variables: str) -> tuple[int, str]:
    """`ssobot doctor` as a program of its own: exit status, and everything it printed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SSOBOT_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "doctor",
        env={**plain, "PYTHONPATH": str(Path.cwd()), **world.play.env, **variables},
        cwd=world.play.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_the_doctor_passes_healthy_systems(quiet_world: World) -> None:
    status, printed = await program(quiet_world)
    assert (status, re.findall("✗.*", printed)) == (0, [])
    for entry in systems.entries:
        assert f"✓ {entry.name}: " in printed
    assert "✓ Database: " in printed


async def test_the_doctor_ends_with_1_for_a_wrong_token_and_does_not_tell_it(quiet_world: World) -> None:
    status, printed = await program(quiet_world, SSOBOT_ROCKETCHAT_TOKEN="some-wrong-token")
    assert (status, complaints(printed)) == (1, ["Bot's account in Rocket.Chat"])
    assert "SSOBOT_ROCKETCHAT_TOKEN" in printed
    assert "some-wrong-token" not in printed


def complaints(printed: str) -> list[str]:
    """Names of the checks that failed."""
    return re.findall(r"^✗ failed: ([^:\n]+)", printed, re.MULTILINE)


@contextlib.contextmanager
def nothing(world: World) -> Iterator[None]:
    """All is well at the servers."""
    yield


@contextlib.contextmanager
def room_renamed(world: World) -> Iterator[None]:
    room_of(world).name = "elsewhere"
    yield


WRONG: tuple[tuple[Callable[[World], Ground], dict[str, str], str, str], ...] = (
    (nothing, {"SSOBOT_ENCVOY_PASSWORD": "some-wrong-word"}, "Bot's user at Encvoy ID", "SSOBOT_ENCVOY_PASSWORD"),
    (nothing, {"SSOBOT_ENCVOY_CLIENT_ID": "a" * 22}, "Bot's user at Encvoy ID", "SSOBOT_ENCVOY_CLIENT_ID"),
    (second_factor_enforced, {}, "Bot's user at Encvoy ID", "“identifiers”"),
    (room_renamed, {}, "Admin room", "SSOBOT_ADMIN_ROOM"),
    (discovery_gone, {}, "Encvoy ID's discovery document", "SSOBOT_ENCVOY_URL"),
    (nothing, {"SSOBOT_DATABASE_URL": "sqlite+aiosqlite:////no/such.sqlite"}, "Database", "SSOBOT_DATABASE_URL"),
)


@pytest.mark.parametrize(
    ("ground", "variables", "check", "word"),
    WRONG,
    ids=["password", "main client", "second factor", "room", "discovery", "database"],
)
async def test_the_doctor_names_what_is_wrong_and_what_mends_it(
    quiet_world: World,
    capsys: pytest.CaptureFixture[str],
    ground: Callable[[World], Ground],
    variables: dict[str, str],
    check: str,
    word: str,
) -> None:
    with ground(quiet_world):
        status = await asyncio.to_thread(app.doctor, config_from({**quiet_world.play.env, **variables}))
    printed = capsys.readouterr().out
    assert (status, complaints(printed)) == (1, [check])
    advice = re.findall(r"^✗ failed: .*\n((?:    .*\n)+)", printed, re.MULTILINE)[0]
    assert word in advice
    assert "some-wrong-word" not in printed


@pytest.mark.parametrize(
    ("side", "check"), [("rocketchat", "Rocket.Chat answers"), ("encvoy", "Encvoy ID's discovery document")]
)
async def test_the_doctor_survives_a_system_that_is_down(
    quiet_world: World, capsys: pytest.CaptureFixture[str], side: str, check: str
) -> None:
    await getattr(quiet_world, side).stop()
    status = await asyncio.to_thread(app.doctor, config_from(quiet_world.play.env))
    assert (status, complaints(capsys.readouterr().out)) == (1, [check])
