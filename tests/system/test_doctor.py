"""Each check turns, and only it, when its ground is broken in the stand-in; and turns back when it is fixed."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.app import Bot
from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.doctor.checks import CheckState
from bot.doctor.checks.bot import catalogue as own
from bot.doctor.checks.systems import catalogue as systems
from bot.doctor.checks.unmanaged import catalogue as foreign
from bot.doctor.verdict import OF_A_CONNECTION
from bot.secret import Secret
from bot.store.connections import SqlConnections
from bot.store.vault import Vault
from sandbox.encvoy.people import Role
from sandbox.faults import Fault
from sandbox.rocketchat.standin import Switches
from tests.support.grounds import (
    Ground,
    administrators_gone,
    application,
    application_deleted,
    attribute,
    bot_demoted,
    bot_thrown_out,
    bots_user,
    button_lost,
    callback_elsewhere,
    column,
    debounce_lost,
    discovery_gone,
    endpoint_moved,
    endpoints_moved,
    every_secret_accepted,
    fault,
    introspection_broken,
    keys_of_another_kind,
    keys_unreadable,
    licence_expired,
    moved_to,
    nothing,
    outdated_secret_live,
    permission,
    plain_user,
    room_encrypted,
    rules_detached,
    second_factor_enforced,
    secret_changed_at_encvoy_id,
    service_removed,
    setting,
    taken_off_the_application,
    token_side_asleep,
    typed_by_the_bots_account,
    version_unreadable,
    websocket_refused,
    websocket_silent,
)
from tests.support.world import READING_METHOD, SETTINGS, World, world_at


@dataclass(frozen=True)
class Case:
    """One check, and one way in which its ground breaks."""

    happened: str
    """As a person would say it: the heading of the answer in docs/answers/test.md."""
    check: str
    ground: Callable[[World], Ground]
    by_chat: bool = True
    """Whether the bot can still be asked in the room."""


TERMINAL = "Second factor in Rocket.Chat"
"""Tried from the terminal only: `test_doctor_own.py`."""

CASES = (
    Case("Rocket.Chat does not say which version it is", "Rocket.Chat responds", version_unreadable),
    Case(
        "The bot's account may not see people's roles",
        "Bot's account in Rocket.Chat",
        permission("view-full-other-user-info"),
        by_chat=False,
    ),
    Case(
        "The bot's account may not read settings", "Bot's account in Rocket.Chat", permission("view-privileged-setting")
    ),
    Case(
        "The bot's account may not write settings",
        "Bot's account in Rocket.Chat",
        permission("edit-privileged-setting"),
    ),
    Case(
        "The bot's account may not add OAuth services", "Bot's account in Rocket.Chat", permission("add-oauth-service")
    ),
    # Whoever asks in the chat loses the permission too, and while the bot waits for its turn looks too often.
    Case(
        "The bot's account may not pass Rocket.Chat's limits",
        "Bot's account in Rocket.Chat",
        permission("api-bypass-rate-limit"),
        by_chat=False,
    ),
    Case("The bot's account is no administrator any more", "Bot's account in Rocket.Chat", bot_demoted, by_chat=False),
    Case("The bot's account was removed from the admin room", "Admin room", bot_thrown_out, by_chat=False),
    Case("The admin room is end-to-end encrypted", "Admin room", room_encrypted),
    Case("Rocket.Chat's Site URL was changed", "Rocket.Chat's own address", moved_to("https://moved.example.org")),
    Case(
        "Rocket.Chat's Site URL has an underscore in its host",
        "Rocket.Chat's own address",
        moved_to("https://under_score.example.org"),
    ),
    Case("Rocket.Chat's Site URL is empty", "Rocket.Chat's own address", moved_to("")),
    Case("Encvoy ID's discovery document is not there", "Encvoy ID's discovery document", discovery_gone),
    Case(
        "The proxy in front of Encvoy ID does not pass on the host", "Encvoy ID's discovery document", endpoints_moved
    ),
    Case(
        "Encvoy ID's userinfo endpoint has moved",
        "Encvoy ID's discovery document",
        endpoint_moved("userinfo_endpoint", "/oauth2/me"),
    ),
    Case("Encvoy ID's signing keys cannot be read", "Encvoy ID's signing keys", keys_unreadable),
    Case("Encvoy ID publishes no RS256 key", "Encvoy ID's signing keys", keys_of_another_kind),
    Case(
        "The password of the bot's user at Encvoy ID is wrong",
        "Bot's user at Encvoy ID",
        bots_user("password", "another"),
    ),
    Case("The bot's user is blocked at Encvoy ID", "Bot's user at Encvoy ID", bots_user("blocked", True)),
    Case("Encvoy ID asks the bot's user for a second factor", "Bot's user at Encvoy ID", second_factor_enforced),
    Case("Encvoy ID's backend cannot reach its OIDC part", "Bot's user at Encvoy ID", introspection_broken),
    Case("A proxy answers the websocket with a page of its own", "Websocket to Rocket.Chat", websocket_refused(200)),
    Case("A proxy does not pass on the header Upgrade", "Websocket to Rocket.Chat", websocket_refused(400)),
    Case("A proxy does not pass on websockets", "Websocket to Rocket.Chat", websocket_refused(404)),
    Case("A proxy cannot reach Rocket.Chat for the websocket", "Websocket to Rocket.Chat", websocket_refused(502)),
    Case("Nobody but the bot is an administrator", "Administrators", administrators_gone, by_chat=False),
    Case("Somebody types commands with the bot's own account", "Separate account", typed_by_the_bots_account),
    Case("The application was deleted at Encvoy ID", "Application", application_deleted),
    Case("The bot's user was removed from the application", "Application", taken_off_the_application),
    Case(
        "The application expects the client secret in another way",
        "Application's fields",
        column("token_endpoint_auth_method", "client_secret_basic"),
    ),
    Case(
        "Somebody changed the description of the application",
        "Application's fields",
        column("description", "somebody's"),
    ),
    Case("The application does not ask for login name and e-mail", "Login name and e-mail", rules_detached),
    Case("The application allows no grant type", "Application's fields", column("grant_types", [])),
    Case(
        "The application does not allow the authorization code grant",
        "Application's fields",
        column("grant_types", ["refresh_token"]),
    ),
    Case(
        "The application does not allow the response type `code`",
        "Application's fields",
        column("response_types", ["id_token"]),
    ),
    Case(
        "The application allows only the response type `none`",
        "Application's fields",
        column("response_types", ["none"]),
    ),
    Case(
        "The application's ID tokens are signed with another algorithm",
        "Application's fields",
        column("id_token_signed_response_alg", "PS256"),
    ),
    Case(
        "The lifetime of the application's access tokens is negative",
        "Application's fields",
        column("access_token_ttl", -1),
    ),
    Case(
        "The lifetime of the application's access tokens is zero", "Application's fields", column("access_token_ttl", 0)
    ),
    Case(
        "The application uses pairwise subject identifiers", "Application's fields", column("subject_type", "pairwise")
    ),
    Case("The application is registered as a native one", "Application's fields", column("application_type", "native")),
    Case(
        "Encvoy ID's OIDC part does not take the application",
        "Application valid in the OIDC process",
        column("post_logout_redirect_uris", ["null"]),
    ),
    Case("The client secret was changed at Encvoy ID", "Secret accepted", secret_changed_at_encvoy_id),
    Case("Encvoy ID refuses the client secret", "Secret accepted", token_side_asleep),
    Case("Encvoy ID accepts any client secret", "Counter-check", every_secret_accepted),
    Case(
        "The callback address is not registered at Encvoy ID",
        "Callback address registered",
        column("redirect_uris", ["https://elsewhere.example.org/_oauth/encvoyid"]),
    ),
    Case("The service was removed from Rocket.Chat", "Service", service_removed),
    Case("Somebody changed the scope of the service", "Service's settings", setting("scope", "openid")),
    Case("Somebody turned off merging users in the service", "Service's settings", setting("merge_users", False)),
    Case("The service has another client_id", "Service's settings", setting("id", "somebody-elses-application")),
    Case("The client secret was changed in Rocket.Chat", "Service's secret", setting("secret", "y" * 64)),
    Case("The service was switched off in Rocket.Chat", "Service's switch", setting("", False)),
    Case("Rocket.Chat uses an outdated client secret", "Secret in use", outdated_secret_live),
    Case("Rocket.Chat does not use the saved settings", "Saved settings are active", debounce_lost),
    Case("The login page does not show the button, though the service is on", "Saved settings are active", button_lost),
    Case("Something else answers at the callback address", "Callback address responds", callback_elsewhere),
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
        return {finding.check for finding in verdict.of(CheckState.FAILED)}

    async def connection(self) -> Connection:
        """The row of the database."""
        vault = Vault([Secret(self.world.play.keys)])
        found = await SqlConnections(self.bot.database, vault, SystemClock()).get()
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def practice(folder: Path, **options: Any) -> AsyncIterator[Practice]:
    async with world_at(folder, **{"settle": 0.02, **options}) as world, world.play.bot() as bot:
        answer = await world.ask("setup")
        assert "✗" not in answer, answer
        yield Practice(world, bot)


@pytest.mark.parametrize("check", dict.fromkeys(case.check for case in CASES))
async def test_a_broken_ground_turns_its_check_and_only_it(tmp_path: Path, check: str) -> None:
    async with practice(tmp_path) as now:
        for case in [case for case in CASES if case.check == check]:
            with case.ground(now.world):
                assert await now.failing(case.by_chat) == {check}, case.happened
            assert await now.failing(case.by_chat) == set(), f"fixed: {case.happened}"


# What can only be seen with the bot's own eyes, or needs another workspace.


async def test_a_rocketchat_that_is_down_turns_one_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.rocketchat.stop()
        assert await now.failing(by_chat=False) == {"Rocket.Chat responds"}
        await now.world.rocketchat.start()
        assert await now.failing(by_chat=False) == set()


async def test_an_encvoy_id_that_is_down_turns_one_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.encvoy.stop()
        assert await now.failing(by_chat=True) == {"Encvoy ID's discovery document"}
        await now.world.encvoy.start()
        assert await now.failing(by_chat=True) == set()


async def test_a_licence_that_ran_out_turns_one_check(tmp_path: Path) -> None:
    switches = Switches(modules={"oauth-enterprise"})
    async with practice(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as now:
        with licence_expired(now.world):
            assert await now.failing(by_chat=True) == {"Licence for Custom OAuth"}
        assert await now.failing(by_chat=True) == set()


@dataclass(frozen=True)
class Wish:
    """What somebody may have wished at the servers, and the check that notes it."""

    check: str
    ground: Callable[[World], Ground]


def administrators_only(world: World) -> Ground:
    return attribute(world.encvoy.settings, "authorize_only_admins", True)


@contextlib.contextmanager
def another_callback(world: World) -> Iterator[None]:
    uris = application(world)["redirect_uris"]
    uris.append("https://elsewhere.example.org/cb")
    yield
    uris.pop()


@contextlib.contextmanager
def forced_from_outside(world: World) -> Iterator[None]:
    """The document of a setting as the server shows it after a start with the variable."""
    row = {"_id": f"{SETTINGS}-scope", "valueSource": "processEnvValue", "processEnvValue": "openid"}
    message = json.dumps({"msg": "result", "id": "1", "result": [row]})
    body = json.dumps({"success": True, "message": message})
    with fault(world.rocketchat, method="POST", path=READING_METHOD, status=200, body=body):
        yield


WISHES = (
    Wish("Who may sign in", column("authorize_only_admins", True)),
    Wish("Who may sign in", column("authorize_only_employees", True)),
    Wish("Who may sign in", administrators_only),
    Wish("Other callback addresses", another_callback),
    Wish("Forced settings", forced_from_outside),
)


async def test_what_somebody_may_have_wished_is_noted_and_fails_nothing(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        for number, wish in enumerate(WISHES):
            with wish.ground(now.world):
                answer = await now.world.ask("test")
                assert re.findall(r"^• ([^:]+):", answer, re.MULTILINE) == [wish.check], f"wish {number}"
                assert "✗" not in answer


async def test_a_websocket_that_says_nothing_turns_one_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rocketchat.socket_trial.WITHIN", 0.3)
    async with practice(tmp_path) as now:
        with websocket_silent(now.world):
            assert await now.failing(by_chat=False) == {"Websocket to Rocket.Chat"}
        assert await now.failing(by_chat=False) == set()


async def test_a_plain_user_at_encvoy_id_may_go_on_with_what_it_manages(tmp_path: Path) -> None:
    """It cannot make applications, and the one of this connection it may change: that is told, and is no failure."""
    async with practice(tmp_path) as now:
        encvoy, connection = now.world.encvoy, await now.connection()
        encvoy.clients.by_id[connection.client_id]["parent_id"] = encvoy.main["client_id"]
        with plain_user(now.world):
            encvoy.people.roles[(connection.client_id, encvoy.person("manager").id)] = Role.EDITOR
            verdict = await now.bot.systems.examine(connection)
        assert [finding.check for finding in verdict.of(CheckState.NOTE)] == ["Role at Encvoy ID"]
        assert not verdict.failed


async def test_without_a_connection_a_plain_user_at_encvoy_id_turns_one_check(world: World) -> None:
    for ground, expected in ((plain_user, {"Role at Encvoy ID"}), (nothing, set())):
        with ground(world):
            answer = await world.ask("test")
        assert set(re.findall(r"^✗ failed: ([^:]+):", answer, re.MULTILINE)) == expected


def test_every_check_of_the_catalogue_is_broken_somewhere() -> None:
    apart = {"Licence for Custom OAuth", "Role at Encvoy ID", "Setting up", TERMINAL}
    covered = {case.check for case in CASES} | {wish.check for wish in WISHES} | apart
    entries = [entry for catalogue in (systems, own, *OF_A_CONNECTION, foreign) for entry in catalogue.entries]
    assert covered == {entry.name for entry in entries}


async def test_what_is_used_is_looked_at_though_what_is_live_may_not_be_asked(tmp_path: Path) -> None:
    async with world_at(tmp_path, settle=0.02) as world:
        async with world.play.bot():
            await world.ask("setup")
        async with world.play.bot():
            with (
                fault(world.rocketchat, path="/api/v1/settings.oauth", status=429, body="{}"),
                fault(world.rocketchat, path="/api/v1/service.configurations", status=429, body="{}"),
            ):
                answer = await world.ask("test --all")
    assert "✗" not in answer
    assert "– not checked: Saved settings are active: Too many requests" in answer
    assert "✓ Secret in use: " in answer
    assert " off" not in answer


@pytest.mark.parametrize(
    ("path", "check"),
    [("/websocket", "Websocket to Rocket.Chat"), ("/_oauth/", "Callback address responds")],
)
async def test_who_asks_to_slow_down_somewhere_is_not_broken_there(tmp_path: Path, path: str, check: str) -> None:
    async with practice(tmp_path) as now:
        with fault(now.world.rocketchat, path=path, status=429, body="Too many requests"):
            answer = await now.world.ask("test")
    assert "✗" not in answer
    unseen = [line for line in answer.splitlines() if line.startswith("– not checked: ") and check in line]
    assert ["(too many requests: " in line for line in unseen] == [True]


async def test_a_login_page_of_a_proxy_is_not_rocketchats(tmp_path: Path) -> None:
    elsewhere = {"status": 302, "headers": {"Location": "https://sso.example.org/login?rd=x"}}
    async with practice(tmp_path) as now:
        with fault(now.world.rocketchat, path="/_oauth/", **elsewhere):
            assert await now.failing(by_chat=True) == {"Callback address responds"}


STOPS = {
    "before the application": Fault("POST", "/api/v1/clients", status=403, body="{}"),
    "while it is written to": Fault("PUT", "/api/v1/clients/", status=403, body="{}"),
    "before the proof": Fault("POST", "/oidc/request", status=502, body="<html>"),
}


@pytest.mark.parametrize("fault", STOPS.values(), ids=STOPS)
async def test_a_setup_that_stopped_early_turns_one_check(world: World, fault: Fault) -> None:
    world.encvoy.faults.add(fault)
    assert "✗" in await world.ask("setup", timeout=60.0)
    world.encvoy.faults.clear()
    answer = await world.ask("test")
    assert set(re.findall(r"^✗ failed: ([^:]+):", answer, re.MULTILINE)) == {"Setting up"}
    assert "✗" not in await world.ask("setup"), "what it says helps"
    assert "✗" not in await world.ask("test")


async def test_a_disabled_connection_passes_every_check(tmp_path: Path) -> None:
    async with practice(tmp_path) as now:
        await now.world.ask("disable")
        assert await now.failing(by_chat=True) == set()


async def test_without_a_connection_only_the_systems_are_judged(world: World) -> None:
    answer = await world.ask("test --all")
    for entry in systems.entries:
        assert f"✓ {entry.name}: " in answer
    assert "✗" not in answer
    assert not any(f" {entry.name}: " in answer for catalogue in OF_A_CONNECTION for entry in catalogue.entries)
    assert "`!sso setup`" in answer
