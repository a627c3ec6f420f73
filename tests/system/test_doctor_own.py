"""`ssobot doctor` on what the bot itself stands on: one broken thing turns one check, and is fixed by what a person at
a terminal can do."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL

from bot import app
from bot.doctor.checks.bot import catalogue as own
from bot.doctor.checks.machine import catalogue as place
from bot.rocketchat.second_factor import NOBODYS
from sandbox.rocketchat.permissions import Role
from sandbox.stage import config_from
from tests.support.grounds import (
    Ground,
    administrators_gone,
    attribute,
    nothing,
    password_changed,
    plain_user,
    typed_by_the_bots_account,
    websocket_refused,
    websocket_silent,
)
from tests.support.world import World, world_at

TYPED = "[/!]sso|the command again"
"""What nobody types at a terminal."""


class Heard:
    """What it printed, and its exit status."""

    def __init__(self, status: int, printed: str) -> None:
        self.status, self.printed = status, printed
        self.failed = re.findall(r"^✗ failed: ([^:\n]+)", printed, re.MULTILINE)
        self.fixes = re.findall(r"^    Fix: (.*)$", printed, re.MULTILINE)

    def line(self, check: str) -> str:
        """Of one check."""
        (line,) = re.findall(rf"^(.*?{re.escape(check)}: .*)$", self.printed, re.MULTILINE)
        return str(line)


Doctor = Callable[..., Awaitable[Heard]]


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs it; an empty variable is one that is not given."""
    monkeypatch.setattr("bot.rocketchat.socket_trial.WITHIN", 0.3)

    async def run(world: World, **variables: str) -> Heard:
        given = {name: value for name, value in {**world.play.env, **variables}.items() if value}
        capsys.readouterr()
        status = await asyncio.to_thread(app.doctor, config_from(given))
        return Heard(status, capsys.readouterr().out)

    return run


def bypass_ignored(world: World) -> Ground:
    """The regression of 8.5: what the token says of the second factor does not count."""
    return attribute(world.rocketchat.second_factor, "honour_bypass", False)


BROKEN: tuple[tuple[str, Callable[[World], Ground], dict[str, str], str], ...] = (
    ("Role at Encvoy ID", plain_user, {}, "SSOBOT_ENCVOY_LOGIN"),
    ("Administrators", administrators_gone, {}, "admin panel"),
    ("Administrators", nothing, {"SSOBOT_ADMIN_ROLES": "admin,Admin"}, "SSOBOT_ADMIN_ROLES"),
    ("Administrators", nothing, {"SSOBOT_ADMIN_ROLES": "guest"}, "SSOBOT_ADMIN_ROLES"),
    ("Separate account", typed_by_the_bots_account, {}, "SSOBOT_ROCKETCHAT_USER_ID"),
    ("Second factor in Rocket.Chat", password_changed, {}, "SSOBOT_ROCKETCHAT_PASSWORD"),
    ("Second factor in Rocket.Chat", bypass_ignored, {"SSOBOT_ROCKETCHAT_PASSWORD": ""}, "SSOBOT_ROCKETCHAT_PASSWORD"),
    *(("Websocket to Rocket.Chat", websocket_refused(status), {}, "/websocket") for status in (200, 400, 404, 502)),
    ("Websocket to Rocket.Chat", websocket_silent, {}, "/websocket"),
)


@pytest.mark.parametrize(("check", "ground", "variables", "word"), BROKEN, ids=[str(n) for n in range(len(BROKEN))])
async def test_one_broken_thing_turns_one_check(
    quiet_world: World,
    doctor: Doctor,
    check: str,
    ground: Callable[[World], Ground],
    variables: dict[str, str],
    word: str,
) -> None:
    with ground(quiet_world):
        heard = await doctor(quiet_world, **variables)
    assert (heard.status, heard.failed) == (1, [check])
    (fix,) = heard.fixes
    assert word in fix
    assert not re.search(TYPED, fix)
    healthy = await doctor(quiet_world)
    assert (healthy.status, healthy.failed, healthy.fixes) == (0, [], [])


@pytest.mark.parametrize("role", ["manager", "editor", "owner", "person"])
async def test_each_role_at_encvoy_id_is_told(quiet_world: World, doctor: Doctor, role: str) -> None:
    person = quiet_world.encvoy.person(role)
    heard = await doctor(quiet_world, SSOBOT_ENCVOY_LOGIN=person.login, SSOBOT_ENCVOY_PASSWORD=person.password)
    assert heard.failed == (["Role at Encvoy ID"] if role == "person" else [])
    assert heard.line("Bot's user at Encvoy ID").startswith("✓")


@pytest.mark.parametrize("given", ["kQ3xZ9", "sso-manager"])
async def test_a_role_that_was_made_is_taken_by_id_and_by_name(quiet_world: World, doctor: Doctor, given: str) -> None:
    quiet_world.rocketchat.people.roles["kQ3xZ9"] = Role("kQ3xZ9", "sso-manager", protected=False)
    assert (await doctor(quiet_world, SSOBOT_ADMIN_ROLES=given)).failed == ["Administrators"]
    quiet_world.rocketchat.person("member").roles.append("kQ3xZ9")
    heard = await doctor(quiet_world, SSOBOT_ADMIN_ROLES=given)
    assert (heard.status, heard.failed) == (0, [])
    assert "`member` may use the bot" in heard.line("Administrators")
    quiet_world.play.extra["SSOBOT_ADMIN_ROLES"] = given
    async with quiet_world.play.bot():
        member = await quiet_world.visitor("member")
        assert "✗" not in await member.ask("!sso test")
        assert "does not have the role" in await quiet_world.ask("test")


async def test_keys_that_do_not_fit_are_told_with_what_they_do_not_open(
    tmp_path: Path, database_url: URL, doctor: Doctor
) -> None:
    async with world_at(tmp_path, database=database_url, settle=0.02) as world:
        async with world.play.bot():
            assert "✗" not in await world.ask("setup")
        right, other, newest = world.play.keys, Fernet.generate_key().decode(), Fernet.generate_key().decode()
        assert "they decrypt every secret in it (2)" in (await doctor(world)).line("Database keys")
        for keys, fits in ((f"{newest},{right},{other}", True), (f"{newest},{other}", False), (other, False)):
            heard = await doctor(world, SSOBOT_KEYS=keys)
            assert heard.failed == ([] if fits else ["Database keys"])
            assert fits or "`encvoyid: current secret`" in heard.line("Database keys")
            assert fits or ("SSOBOT_KEYS" in heard.fixes[0] and not re.search(TYPED, heard.fixes[0]))
            assert not [key for key in (right, other, newest) if key in heard.printed]


async def test_a_port_that_something_else_holds_is_a_failure_and_one_of_a_bot_is_not(
    quiet_world: World, doctor: Doctor
) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    listen = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        heard = await doctor(quiet_world, SSOBOT_LISTEN=listen)
    assert (heard.status, heard.failed) == (1, ["Address of /healthz"])
    assert "SSOBOT_LISTEN" in heard.fixes[0]
    bot = quiet_world.process(SSOBOT_LISTEN=listen)
    await bot.start()
    try:
        heard = await doctor(quiet_world, SSOBOT_LISTEN=listen)
    finally:
        await bot.stop()
    assert (heard.status, heard.failed) == (0, [])
    assert heard.line("Address of /healthz").startswith("• ")
    assert (await doctor(quiet_world, SSOBOT_LISTEN=listen)).line("Address of /healthz").startswith("✓ ")


async def test_everything_is_looked_at_and_nothing_is_changed(quiet_world: World, doctor: Doctor) -> None:
    async with quiet_world.play.bot():
        assert "✗" not in await quiet_world.ask("setup")
    rocketchat, encvoy = quiet_world.rocketchat, quiet_world.encvoy
    file = quiet_world.play.folder / "ssobot.sqlite"

    def state() -> tuple[object, ...]:
        settings = {setting.id: setting.value for setting in rocketchat.settings}
        return (
            settings,
            len(rocketchat.chat.messages),
            repr(encvoy.clients.by_id),
            hashlib.sha256(file.read_bytes()).hexdigest(),
        )

    before, since = state(), len(list(rocketchat.ledger.writes()))
    at_encvoy = len([entry for entry in encvoy.ledger.writes() if entry.path.startswith("/api/v1")])
    heard = await doctor(quiet_world)
    for entry in (*own.entries, *place.entries):
        assert heard.line(entry.name).startswith("✓ ")
    assert state() == before
    written = list(rocketchat.ledger.writes())[since:]
    assert [entry.body for entry in written] == [{"settings": [{"_id": NOBODYS, "value": ""}]}]
    assert len([entry for entry in encvoy.ledger.writes() if entry.path.startswith("/api/v1")]) == at_encvoy
