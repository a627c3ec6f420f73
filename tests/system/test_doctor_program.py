"""`ssobot doctor`: the same catalogue from the command line, before there is any chat."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import app
from bot.chatops.unknown_fields import NOTICE
from bot.clock import SystemClock
from bot.doctor.checks.systems import catalogue as systems
from bot.store.notes import SqlNotes
from sandbox.faults import Fault
from sandbox.stage import config_from
from tests.support.grounds import Ground, discovery_gone, nothing, room_renamed, second_factor_enforced
from tests.support.world import World


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
async def test_the_doctor_names_what_is_wrong_and_what_fixes_it(
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


async def test_the_doctor_knows_the_room_that_the_bot_knows(
    quiet_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("help")
    chat, admin = quiet_world.rocketchat.chat, quiet_world.rocketchat.person("admin").id
    chat.rename(admin, chat.rooms.find("sso-admins"), "renamed")
    other = chat.create_room(admin, "sso-admins", "p", [quiet_world.rocketchat.person("bot").id])
    status = await asyncio.to_thread(app.doctor, config_from(quiet_world.play.env))
    printed = capsys.readouterr().out
    assert (status, complaints(printed)) == (0, [])
    assert f"`renamed`, 4 members; another room, `{other.id}`, has the name in SSOBOT_ADMIN_ROOM now" in printed


async def test_the_doctor_names_a_field_of_messages_that_the_bot_did_not_know(quiet_world: World) -> None:
    async with quiet_world.play.bot() as bot:
        await SqlNotes(bot.database, SystemClock()).put(NOTICE, '["writtenBy"]')
    status, printed = await program(quiet_world)
    assert status == 0
    assert "• Message fields: I do not know what `writtenBy` means" in printed


@pytest.mark.parametrize(
    ("side", "check"), [("rocketchat", "Rocket.Chat responds"), ("encvoy", "Encvoy ID's discovery document")]
)
async def test_the_doctor_survives_a_system_that_is_down(
    quiet_world: World, capsys: pytest.CaptureFixture[str], side: str, check: str
) -> None:
    await getattr(quiet_world, side).stop()
    status = await asyncio.to_thread(app.doctor, config_from(quiet_world.play.env))
    assert (status, complaints(capsys.readouterr().out)) == (1, [check])


async def test_ten_runs_a_minute_do_not_make_it_fail(quiet_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(10):
        status = await asyncio.to_thread(app.doctor, config_from(quiet_world.play.env))
        printed = capsys.readouterr().out
        assert (status, complaints(printed)) == (0, [])
        assert "does not respond" not in printed


@pytest.mark.parametrize("side", ["rocketchat", "encvoy"])
async def test_a_system_that_asks_to_slow_down_is_not_taken_for_broken(
    quiet_world: World, capsys: pytest.CaptureFixture[str], side: str
) -> None:
    getattr(quiet_world, side).faults.add(Fault(status=429))
    status = await asyncio.to_thread(app.doctor, config_from(quiet_world.play.env))
    printed = capsys.readouterr().out
    assert (status, complaints(printed)) == (0, [])
    assert "too many requests" in printed
    assert not re.search("not answer|cannot be (read|reached)|lacks|Fix", printed)
