"""Leaks planted on purpose, one in each place; `tests/test_no_secrets.py` runs them and wants each one found.

Not collected by itself. Each leak is also written to the file named by SSOBOT_TEST_LEAKED, so that the outer test can
see that the report doesn't repeat it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
import structlog
from sqlalchemy import make_url, text

from bot.secret import Secret, new_secret
from bot.store.engine import open_database
from sandbox.encvoy.grants import Credential
from tests.support.postgres import Postgres
from tests.support.secrets_watch import heard
from tests.support.world import World


def leaked(secret: str) -> str:
    with Path(os.environ["SSOBOT_TEST_LEAKED"]).open("a") as file:
        file.write(f"{secret}\n")
    return secret


@pytest.fixture
def token(quiet_world: World) -> str:
    return leaked(quiet_world.rocketchat.introduction.account("admin").token)


@pytest.fixture
def secret() -> str:
    return leaked(new_secret().reveal())


async def test_chat(quiet_world: World, token: str) -> None:
    await quiet_world.admin.send(f"it is {token}")


async def test_edited(quiet_world: World, secret: str) -> None:
    sent = await quiet_world.admin.send(f"it is {secret}")
    edited = {"roomId": quiet_world.admin.room_id, "msgId": sent, "text": "never mind"}
    await quiet_world.admin.call("POST", "chat.update", json=edited)


async def test_address(quiet_world: World, token: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{quiet_world.encvoy.url}/x?token={token}") as answer:
        await answer.read()


def test_structured_log(secret: str) -> None:
    structlog.get_logger().info("made", it=secret)


def test_library_log(secret: str) -> None:
    logging.getLogger("library").warning("made %s", secret)


def test_standard_output(secret: str) -> None:
    print(secret)


def test_standard_error(secret: str) -> None:
    print(secret, file=sys.stderr)


def test_logged_traceback(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("library").exception("it failed")


def test_log_of_a_process(tmp_path: Path, secret: str) -> None:
    (tmp_path / "bot.log").write_text(f"started\n{secret}\n")


async def test_database(tmp_path: Path, secret: str) -> None:
    database = await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite'}"))
    async with database.writing() as transaction:
        await transaction.execute(text("CREATE TABLE t (c TEXT)"))
        await transaction.execute(text("INSERT INTO t VALUES (:c)"), {"c": secret})
    await database.close()


async def test_database_of_a_server(postgres: Postgres, secret: str) -> None:
    async with postgres.database() as url:
        name = str(url.database)
        await postgres.execute("CREATE TABLE t (c TEXT)", f"INSERT INTO t VALUES ('{secret}')", database=name)


def test_journal_of_the_database(tmp_path: Path, secret: str) -> None:
    (tmp_path / "x.sqlite-wal").write_bytes(b"\x00" + secret.encode())


def test_overheard(secret: str) -> None:
    heard("/healthz", f'{{"status": "{secret}"}}')


def test_arguments(secret: str) -> None:
    subprocess.run([sys.executable, "-c", "", secret], check=True)


async def test_code_in_the_chat(quiet_world: World) -> None:
    code = Credential("code", "client", 1, "grant", "session", "openid", 0.0, 1.0)
    quiet_world.encvoy.state.vault.keep(code)
    await quiet_world.admin.send(leaked(code.value))


async def test_rotated_client_secret(quiet_world: World) -> None:
    play = quiet_world.play
    async with play.bot():
        await quiet_world.ask("setup")
    await quiet_world.admin.send(leaked(str(quiet_world.state().accepted)))


def test_report_of_a_failure(secret: str) -> None:
    assert secret == "another"


async def test_report_of_a_failure_in_a_world(quiet_world: World) -> None:
    bot = quiet_world.process()
    await bot.start()
    await quiet_world.ask("setup")
    await bot.stop()
    secret = leaked(str(quiet_world.state().accepted))
    assert [secret, secret] == ["another"]


async def test_nothing(quiet_world: World) -> None:
    """The control: everything is used, and nothing leaks. A code may stand in an address, a seed on a first line."""
    code = Credential("code", "client", 1, "grant", "session", "openid", 0.0, 1.0)
    quiet_world.encvoy.state.vault.keep(code)
    async with aiohttp.ClientSession() as http:
        await http.get(f"{quiet_world.encvoy.url}/code?code={code.value}")
    (quiet_world.play.folder / "sandbox.log").write_text(quiet_world.play.introduction.line() + "\nended\n")
    assert Secret(new_secret().reveal())
