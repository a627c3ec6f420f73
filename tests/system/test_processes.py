"""The command line as other programs rely on it: bot and stand-ins as processes, joined by nothing but their `env`.

Everything is judged through the public routes of both systems, as it would be with real ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL

from bot.clock import SystemClock
from bot.config import VARIABLES
from bot.encvoy.client import EncvoyIdClient
from bot.secret import Secret, new_secret
from bot.signin.walk import sign_in
from sandbox.visitor import Visitor, visiting
from tests.support.secrets_watch import heard
from tests.support.subprocesses import Program, ssobot

SERVICE, KEY = "encvoyid", "Accounts_OAuth_Custom-Encvoyid"
ANY_PORT = {"SSOBOT_LISTEN": "127.0.0.1:0"}
Json = dict[str, Any]


def account(introduction: Json, role: str) -> Json:
    return next(a for a in introduction["accounts"] if a["role"] == role)


@dataclass
class Judge:
    """Looks at both systems from outside: Rocket.Chat's administrator, Encvoy ID's owner, and anybody's probe."""

    rocketchat: Json
    encvoy: Json
    admin: Visitor
    owner: EncvoyIdClient
    http: aiohttp.ClientSession

    @property
    def callback(self) -> str:
        return f"{self.rocketchat['url']}/_oauth/{SERVICE}"

    async def stored(self, suffix: str) -> Any:
        """A setting of the service; None where there is no such setting."""
        rows = (await self.admin.call("GET", "settings", params={"count": "0"}))["settings"]
        return next((row["value"] for row in rows if row["_id"] == f"{KEY}{suffix}"), None)

    async def button(self) -> bool:
        """Whether the login page shows it."""
        services = (await self.admin.call("GET", "settings.oauth"))["services"]
        return any(service.get("service") == SERVICE for service in services)

    async def applications(self) -> tuple[str, ...]:
        """The ids of those with our callback."""
        return tuple(found.client_id for found in await self.owner.applications(self.callback))

    async def accepts(self, client_id: str, secret: str) -> bool:
        """Whether Encvoy ID takes this secret, by a pushed authorization request."""
        form = {
            "client_id": client_id,
            "client_secret": secret,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": self.callback,
        }
        async with self.http.post(f"{self.encvoy['url']}/oidc/request", data=form) as answer:
            return answer.status == 201

    async def sound(self) -> str:
        """One application, one secret on both sides and no other, the button there; the secret."""
        [client_id] = await self.applications()
        secret = await self.stored("-secret")
        assert await self.stored("-id") == client_id
        assert await self.accepts(client_id, secret)
        assert not await self.accepts(client_id, new_secret().reveal())
        assert await self.button()
        return str(secret)


@contextlib.asynccontextmanager
async def judging(rocketchat: Json, encvoy: Json) -> AsyncIterator[Judge]:
    admin, owner = account(rocketchat, "admin"), account(encvoy, "owner")
    management = EncvoyIdClient(
        encvoy["url"],
        client_id=encvoy["env"]["SSOBOT_ENCVOY_CLIENT_ID"],
        login=owner["login"],
        password=Secret(owner["password"]),
        clock=SystemClock(),
    )
    room = rocketchat["env"]["SSOBOT_ADMIN_ROOM"]
    async with (
        visiting(rocketchat["url"], admin["user_id"], admin["token"], room) as visitor,
        management,
        aiohttp.ClientSession() as http,
    ):
        yield Judge(rocketchat, encvoy, visitor, management, http)


@contextlib.asynccontextmanager
async def three_processes(
    folder: Path, version: str = "8.8", database: URL | None = None
) -> AsyncIterator[tuple[Judge, Program]]:
    """Both stand-ins and `ssobot run`, which knows what their first lines say, which database to use, and nothing
    else."""
    own = {"SSOBOT_DATABASE_URL": database.render_as_string(hide_password=False)} if database else {}
    async with (
        ssobot(folder, "sandbox", "rocketchat", "--port", "0", "--settle", "0.1", "--version", version) as chat,
        ssobot(folder, "sandbox", "encvoy", "--port", "0") as identity,
    ):
        rocketchat, encvoy = await asyncio.gather(chat.introduction(), identity.introduction())
        async with ssobot(folder, "run", env={**rocketchat["env"], **encvoy["env"], **ANY_PORT, **own}) as bot:
            await bot.said('"listening"')
            async with judging(rocketchat, encvoy) as judge:
                yield judge, bot
                await overhear(judge, bot)


async def overhear(judge: Judge, bot: Program) -> None:
    """Gives the watch for secrets what was said between processes: the whole room, and what `/healthz` answers."""
    since = {"roomId": judge.admin.room_id, "lastUpdate": "1970-01-01T00:00:00.000Z"}
    said = (await judge.admin.call("GET", "chat.syncMessages", params=since))["result"]["updated"]
    assert len(said) > 1
    heard("the chat", json.dumps(said))
    if bot.process.returncode is None:
        health = re.findall(r'"health": "([^"]+)"', bot.log.read_text())[0]
        async with judge.http.get(health) as answer:
            heard("/healthz", await answer.text())


async def test_three_processes_do_the_same_as_the_demo(tmp_path: Path, database_url: URL) -> None:
    async with three_processes(tmp_path, database=database_url) as (judge, bot):
        admin = judge.admin
        assert await admin.type("/sso setup") is None
        await admin.ask("!sso slash on")
        message = await admin.type("/sso setup")
        assert message is not None
        assert "Next: `/sso test`" in [text async for text in admin.answers(message)][-1]
        first = await judge.sound()

        assert "Everything is in sync" in await admin.ask("/sso status")
        assert "✗" not in await admin.ask("/sso test")
        assert await judge.sound() == first

        await admin.ask("/sso rotate")
        second = await judge.sound()
        assert second != first
        [client_id] = await judge.applications()
        assert not await judge.accepts(client_id, first)

        await admin.ask("/sso disable")
        assert not await judge.button()
        await admin.ask("/sso enable")
        assert await judge.sound() == second

        person = account(judge.encvoy, "person")
        arrived = await sign_in(judge.rocketchat["url"], SERVICE, person["login"], Secret(person["password"]))
        user = (await admin.call("GET", "users.info", params={"userId": arrived.user_id}))["user"]
        assert user["username"] == person["login"]
        assert await bot.stop() == 0


async def test_rocketchat_9_without_the_licence_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    async with three_processes(tmp_path, version="9.0") as (judge, _):
        answer = await judge.admin.ask("!sso setup")
        assert "oauth-enterprise" in answer
        assert "licence" in answer
        assert await judge.stored("") is None
        assert await judge.applications() == ()


async def test_the_sandbox_stays_up_answers_a_command_and_ends_at_sigterm(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "sandbox") as sandbox:
        told = await sandbox.introduction()
        admin = account(told, "admin")
        async with visiting(told["url"], admin["user_id"], admin["token"], told["env"]["SSOBOT_ADMIN_ROOM"]) as visitor:
            assert "There is no connection yet" in await visitor.ask("!sso status")
        assert f"Open {told['url']}/ in a browser" in await sandbox.said("in a browser")
        assert await sandbox.stop() == 0
        assert "Traceback" not in sandbox.log.read_text()


async def test_it_ends_at_sigterm_while_rocketchat_has_not_answered_anything_yet(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        made_up = dict.fromkeys(REQUIRED, "made-up") | {"SSOBOT_KEYS": Fernet.generate_key().decode()}
        addresses = {"SSOBOT_ROCKETCHAT_URL": address, "SSOBOT_ENCVOY_URL": address}
        async with ssobot(tmp_path, "run", env=made_up | addresses | ANY_PORT) as bot:
            async with asyncio.timeout(10):
                await asked.wait()
            assert await bot.stop() == 0
        assert "Traceback" not in bot.log.read_text()


REQUIRED = {variable.name for variable in VARIABLES if variable.required}
OF_ENCVOY = {name for name in REQUIRED if "ENCVOY" in name}


@pytest.mark.parametrize(
    ("words", "needed", "roles"),
    [
        (("rocketchat", "--port", "0"), REQUIRED - OF_ENCVOY, {"admin", "bot", "member"}),
        (("encvoy", "--port", "0"), OF_ENCVOY, {"owner", "manager", "person"}),
        ((), REQUIRED, {"admin", "bot", "member", "owner", "manager", "person"}),
    ],
    ids=["rocketchat", "encvoy", "both"],
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_line_is_one_json_object_of_exactly_this_form(
    tmp_path: Path, words: tuple[str, ...], needed: set[str], roles: set[str], number: signal.Signals
) -> None:
    async with ssobot(tmp_path, "sandbox", *words) as sandbox:
        told = await sandbox.introduction()
        assert await sandbox.stop(number) == 0
    assert set(told) == {"url", "env", "accounts"}
    assert told["url"].startswith("http://127.0.0.1:")
    assert set(told["env"]) >= needed
    assert set(told["env"]) <= {variable.name for variable in VARIABLES}
    assert all(isinstance(value, str) and value for value in told["env"].values())
    assert {a["role"] for a in told["accounts"]} >= roles
    for one in told["accounts"]:
        assert set(one) == {"role", "login", "password", "user_id", "token"}
        assert all(isinstance(value, str) for value in one.values())
