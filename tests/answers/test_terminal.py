"""What the programs say on the terminal, where there is no channel."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from bot.clock import SystemClock
from bot.store.file_lock import alone
from sandbox.faults import Fault, FaultEffect
from tests.answers.conftest import Heard
from tests.support import grounds
from tests.support.postgres import LOCKED, Postgres
from tests.support.subprocesses import Program, ssobot
from tests.support.world import World, world_at

case = pytest.mark.case
GROUP = "On the terminal"

WRONG = {
    "A variable is missing": {"SSOBOT_ROCKETCHAT_TOKEN": ""},
    "Several variables are wrong": {
        "SSOBOT_ENCVOY_URL": "id.example.org",
        "SSOBOT_KEYS": "secret",
        "SSOBOT_LISTEN": "80",
    },
    "A variable is written wrong": {"SSOBOT_ADMIN_ROM": "admins", "SSOBOT_ADMIN_ROOM": ""},
    "The file of a variable is not there": {"SSOBOT_ENCVOY_PASSWORD": "", "SSOBOT_ENCVOY_PASSWORD_FILE": "/no/such"},
    "The CA file is not there": {"SSOBOT_CA_FILE": "/no/such/ca.pem"},
    "The database cannot be created": {"SSOBOT_DATABASE_URL": "sqlite:////no/such/folder/ssobot.sqlite"},
    "The address of PostgreSQL asks for what the driver cannot do": {
        "SSOBOT_DATABASE_URL": "postgresql://ssobot@db.example.org/ssobot?sslmode=require&channel_binding=require"
    },
    "The token of Rocket.Chat is wrong": {"SSOBOT_ROCKETCHAT_TOKEN": "not-the-right-token"},
    "There is no such admin room": {"SSOBOT_ADMIN_ROOM": "nowhere"},
}


async def ended(world: World, words: str, **variables: str) -> tuple[int, str]:
    """Exit status and everything that it wrote, but for log lines of JSON."""
    async with ssobot(world.play.folder, *words.split(), env={**world.play.env, **variables}) as program:
        status = await program.process.wait()
        lines = [line for line in program.log.read_text().splitlines() if not line.startswith("{")]
    assert "Traceback" not in "\n".join(lines)
    return status, "\n".join(lines)


@pytest.mark.parametrize("variables", [pytest.param(v, marks=case(GROUP, title)) for title, v in WRONG.items()])
async def test_a_configuration_that_is_wrong(quiet_world: World, hears: Heard, variables: dict[str, str]) -> None:
    status, said = await ended(quiet_world, "run", **variables)
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "The admin room is end-to-end encrypted")
async def test_an_encrypted_room(quiet_world: World, hears: Heard) -> None:
    with grounds.room_encrypted(quiet_world):
        status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "PostgreSQL does not take the password")
async def test_a_wrong_password_of_the_database(quiet_world: World, postgres: Postgres, hears: Heard) -> None:
    await postgres.execute(f"DROP ROLE IF EXISTS {LOCKED}", f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'the-right-one'")
    url = postgres.url().set(username=LOCKED, password="not-the-right-one")
    variables = {"SSOBOT_DATABASE_URL": url.render_as_string(hide_password=False)}
    status, said = await ended(quiet_world, "run", **variables)
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "Another ssobot uses the database file")
async def test_a_file_in_use(quiet_world: World, hears: Heard) -> None:
    url = make_url(quiet_world.play.env["SSOBOT_DATABASE_URL"])
    async with alone(url, SystemClock()):
        status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "No lock file can be made beside the database file")
async def test_no_lock_file(quiet_world: World, hears: Heard) -> None:
    (quiet_world.play.folder / "ssobot.sqlite.lock").mkdir()
    status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "A newer version has written the database")
async def test_a_database_of_a_newer_version(quiet_world: World, hears: Heard) -> None:
    async with ssobot(quiet_world.play.folder, "migrate", env=quiet_world.play.env) as program:
        assert await program.process.wait() == 0
    with contextlib.closing(sqlite3.connect(quiet_world.play.folder / "ssobot.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "Another program has written the database")
async def test_a_database_of_another_program(quiet_world: World, hears: Heard) -> None:
    with contextlib.closing(sqlite3.connect(quiet_world.play.folder / "ssobot.sqlite")) as database:
        database.execute("CREATE TABLE visits (url TEXT)")
    status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")


@case(GROUP, "`ssobot doctor`: the admin room is not there")
async def test_the_doctor_without_a_room(quiet_world: World, hears: Heard) -> None:
    status, said = await ended(quiet_world, "doctor", SSOBOT_ADMIN_ROOM="nowhere")
    assert status == 1
    hears(said, typed="ssobot doctor")


@case(GROUP, "`ssobot doctor`: all is well")
async def test_the_doctor(quiet_world: World, hears: Heard) -> None:
    status, said = await ended(quiet_world, "doctor")
    assert status == 0
    hears(said, typed="ssobot doctor")


@case(GROUP, "`ssobot doctor`: both systems are away")
async def test_the_doctor_of_nothing(quiet_world: World, hears: Heard) -> None:
    await quiet_world.rocketchat.stop()
    await quiet_world.encvoy.stop()
    status, said = await ended(quiet_world, "doctor")
    assert status == 1
    hears(said, typed="ssobot doctor")


@case(GROUP, "`ssobot doctor`: nobody trusts the certificates")
async def test_the_doctor_of_distrust(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, tls=tmp_path / "tls") as world:
        status, said = await ended(world, "doctor", SSOBOT_CA_FILE="")
    assert status == 1
    hears(said, typed="ssobot doctor")


def at_the_start(**answer: Any) -> Callable[[World], None]:
    """Rocket.Chat responds so to the first question."""
    return lambda world: world.rocketchat.faults.add(Fault("GET", "/api/v1/me", **answer))


BUSY = '{"success": false, "error": "Too many requests. You must wait 1 seconds. [error-too-many-requests]"}'
WAITING: dict[str, Callable[[World], None]] = {
    "`ssobot run`: Rocket.Chat responds with a page": at_the_start(status=200, body="<html>maintenance</html>"),
    "`ssobot run`: the proxy in front of Rocket.Chat is in trouble": at_the_start(status=502, body="<html>"),
    "`ssobot run`: Rocket.Chat asks to slow down": at_the_start(status=429, body=BUSY),
    "`ssobot run`: Rocket.Chat breaks every connection off": at_the_start(effect=FaultEffect.DROP),
}


@pytest.mark.parametrize("arrange", [pytest.param(a, marks=case(GROUP, title)) for title, a in WAITING.items()])
async def test_what_is_waited_for(quiet_world: World, hears: Heard, arrange: Callable[[World], None]) -> None:
    """Nothing is given up: it goes on as soon as it can."""
    arrange(quiet_world)
    async with ssobot(quiet_world.play.folder, "run", env=quiet_world.play.env) as bot:
        hears(await waiting_for(bot), typed="ssobot run")
        quiet_world.rocketchat.faults.clear()
        await bot.said('"listening"')


async def waiting_for(bot: Program) -> str:
    """The first log line of this kind."""
    said = await bot.said('"waiting"')
    return next(line for line in said.splitlines() if '"waiting"' in line)


@case(GROUP, "`ssobot run`: Rocket.Chat is not there")
async def test_a_rocketchat_that_is_not_there(quiet_world: World, hears: Heard) -> None:
    await quiet_world.rocketchat.stop()
    async with ssobot(quiet_world.play.folder, "run", env=quiet_world.play.env) as bot:
        hears(await waiting_for(bot), typed="ssobot run")
        await quiet_world.rocketchat.start()
        await bot.said('"listening"')


@case(GROUP, "`ssobot run`: nobody trusts Rocket.Chat's certificate")
async def test_a_certificate_that_nobody_trusts(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, tls=tmp_path / "tls") as world:
        env = {**world.play.env, "SSOBOT_CA_FILE": ""}
        async with ssobot(tmp_path, "run", env=env) as bot:
            hears(await waiting_for(bot), typed="ssobot run")


ENDING: dict[str, Callable[[World], None]] = {
    "`ssobot run`: Rocket.Chat redirects to another address": at_the_start(
        status=301, headers={"Location": "https://elsewhere.example/"}
    ),
    "`ssobot run`: something else answers in Rocket.Chat's place": at_the_start(status=404, body="not found"),
}


@pytest.mark.parametrize("arrange", [pytest.param(a, marks=case(GROUP, title)) for title, a in ENDING.items()])
async def test_what_is_given_up(quiet_world: World, hears: Heard, arrange: Callable[[World], None]) -> None:
    arrange(quiet_world)
    status, said = await ended(quiet_world, "run")
    assert status == 1
    hears(said, typed="ssobot run")
