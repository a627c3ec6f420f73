"""The program as it runs in a container: from `/`, as nobody, without HOME, in a folder that may only be read."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.__main__ import NO_SANDBOX
from bot.store.migrate import head
from sandbox.visitor import visiting
from tests.support.dockerfile import BUILT_WITHIN
from tests.support.image import Image
from tests.support.subprocesses import ssobot

pytestmark = pytest.mark.timeout(BUILT_WITHIN)

WATCH = """
import os, sys

def watch(event, arguments):
    path = arguments[0] if arguments else None
    if event == "open":
        changing = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not changing or not isinstance(path, (str, bytes)):
            return
    elif event not in ("sqlite3.connect", "os.mkdir", "os.rename", "os.remove", "os.symlink", "os.chmod"):
        return
    os.write(2, f"WRITES {os.fsdecode(path)}\\n".encode())

sys.addaudithook(watch)
"""
"""As `sitecustomize` it tells what a program opens for writing, makes, renames or removes."""


@contextlib.asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[dict[str, Any]]:
    """Both stand-ins, each a process outside of the image; what their first lines say, `env` joined."""
    async with (
        ssobot(folder, "sandbox", "rocketchat", "--settle", "0.1") as chat,
        ssobot(folder, "sandbox", "encvoy") as identity,
    ):
        rocketchat, encvoy = await chat.introduction(), await identity.introduction()
        keys = {"SSOBOT_KEYS": Fernet.generate_key().decode()}
        yield rocketchat | {"env": rocketchat["env"] | encvoy["env"] | keys}
        assert await chat.stop() == 0
        assert await identity.stop() == 0


async def test_it_migrates_listens_answers_and_ends_at_sigterm(image: Image, tmp_path: Path) -> None:
    (image.data / "sitecustomize.py").write_text(WATCH)
    async with sandbox(tmp_path) as told:
        env = told["env"] | {"PYTHONPATH": str(image.data)}
        async with image.start(tmp_path / "bot.log", "run", **env) as bot:
            address = re.findall(r'"health": "([^"]+)"', await bot.said('"listening"'))[0]
            async with aiohttp.ClientSession() as http, http.get(address) as answer:
                assert answer.status == 200
            asked = await image.run("health", SSOBOT_LISTEN=address.removeprefix("http://").removesuffix("/healthz"))
            assert (asked.status, asked.printed) == (0, "ok\n")

            admin = next(account for account in told["accounts"] if account["role"] == "admin")
            room = told["env"]["SSOBOT_ADMIN_ROOM"]
            async with visiting(told["url"], admin["user_id"], admin["token"], room) as visitor:
                await visitor.ask("!sso slash on")
                assert "Next: `/sso help setup`" in await visitor.ask("/sso help")
            assert await bot.stop() == 0
        written = set(re.findall(r"^WRITES (.*)$", bot.log.read_text(), re.MULTILINE))
    # The lock beside the database, whose folder is made if it is not there.
    database = image.data / "ssobot.sqlite"
    assert written == {str(image.data), str(database), f"{database}.lock"}
    assert "Traceback" not in bot.log.read_text()


async def test_the_doctor_examines_both_systems(image: Image, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as told:
        done = await image.run("doctor", **told["env"])
    assert done.status == 0
    assert "✓ Database: " in done.printed
    assert "✗" not in done.printed


async def test_migrate_finds_the_migrations(image: Image) -> None:
    done = await image.run("migrate")
    assert (done.status, done.printed) == (0, f"The database is at revision {head()}.\n")
    assert (image.data / "ssobot.sqlite").exists()


async def test_a_key_is_made(image: Image) -> None:
    done = await image.run("keys", "new")
    assert done.status == 0
    Fernet(done.printed.strip())


@pytest.mark.parametrize("words", [("demo",), ("sandbox",), ("sandbox", "rocketchat"), ("sandbox", "encvoy")])
async def test_the_stand_ins_are_not_in_it_and_it_says_where_they_are(image: Image, words: tuple[str, ...]) -> None:
    done = await image.run(*words)
    assert (done.status, done.printed) == (1, f"{NO_SANDBOX}\n")


async def test_a_wrong_secret_in_a_file_is_named_and_not_told(image: Image) -> None:
    token = image.data / "token"
    token.write_text("\n")
    done = await image.run("doctor", SSOBOT_ROCKETCHAT_TOKEN_FILE=str(token))
    assert done.status == 2
    assert "SSOBOT_ROCKETCHAT_TOKEN is empty in the file that SSOBOT_ROCKETCHAT_TOKEN_FILE names." in done.printed
