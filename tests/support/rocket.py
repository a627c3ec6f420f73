"""Talks REST to the Rocket.Chat stand-in over a real socket, and moves its clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.rocketchat.people import User, digest
from sandbox.rocketchat.standin import ADMIN_ROOM, RocketChatStandIn, Switches
from tests.support.clocks import ShiftedClock


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    text: str = ""


class Rocket:
    """A running stand-in and a client of it."""

    def __init__(self, standin: RocketChatStandIn, client: aiohttp.ClientSession, clock: ShiftedClock) -> None:
        self.standin = standin
        self.clock = clock
        self._client = client

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str | None = "bot",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Calls a route (below `/api/v1/`, or a whole path) as one of the seeded accounts, None for nobody."""
        sent = dict(headers or {})
        if who is not None:
            account = self.standin.introduction.account(who)
            sent = {"X-User-Id": account.user_id, "X-Auth-Token": account.token, **sent}
        url = self.standin.url + (path if path.startswith("/") else f"/api/v1/{path}")
        async with self._client.request(method, url, json=body, params=query, headers=sent) as response:
            text = await response.text()
            parsed = json.loads(text) if response.content_type == "application/json" else {}
            return Reply(response.status, parsed, dict(response.headers), text)

    def raw(self, method: str, path: str, data: str, headers: Mapping[str, str]) -> Any:
        """A request as it is; the response as aiohttp's context manager."""
        return self._client.request(method, self.standin.url + path, data=data, headers=dict(headers))

    async def get(self, path: str, *, who: str | None = "bot", **query: str) -> Reply:
        """GET with a query."""
        return await self.call("GET", path, who=who, query=query)

    async def post(self, path: str, body: Any = None, *, who: str | None = "bot", **headers: str) -> Reply:
        """POST of JSON; further names are headers, `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, {} if body is None else body, who=who, headers=named)

    async def method(self, name: str, *params: Any, who: str | None = "bot", **headers: str) -> dict[str, Any]:
        """Calls a method over REST; the inner message."""
        kind = "method.call" if who else "method.callAnon"
        message = json.dumps({"msg": "method", "id": "1", "method": name, "params": params})
        path = f"{kind}/{name.replace('/', ':')}"
        reply = await self.post(path, {"message": message}, who=who, **headers)
        assert reply.status in (200, 400), reply
        inner: dict[str, Any] = json.loads(reply.body["message"])
        return inner

    def password(self, who: str) -> str:
        """A seeded account's password."""
        return self.standin.introduction.account(who).password

    def factor(self, who: str) -> str:
        """The code of the second factor `password`."""
        return digest(self.password(who))

    def user(self, who: str) -> User:
        """A seeded account."""
        return self.standin.person(who)

    @property
    def room(self) -> str:
        """Id of the admin room."""
        room = self.standin.chat.rooms.find(ADMIN_ROOM)
        assert room is not None
        return room.id

    async def service(self, name: str = "Encvoyid", **values: Any) -> None:
        """A custom OAuth service with these settings, switched on and live."""
        await self.post("settings.addCustomOAuth", {"name": name})
        for suffix, value in values.items():
            self.standin.settings.write(f"Accounts_OAuth_Custom-{name}-{suffix}", value)
        self.standin.settings.write(f"Accounts_OAuth_Custom-{name}", True)
        self.standin.login_services.rewrite()


@asynccontextmanager
async def running(
    version: str = "8.8", *, path: str = "", settle: float = 0.1, switches: Switches | None = None, seed: int = 0
) -> AsyncIterator[Rocket]:
    """A stand-in that listens, and a client without cookies."""
    clock = ShiftedClock()
    standin = RocketChatStandIn(version=version, settle=settle, clock=clock, path=path, switches=switches, seed=seed)
    await standin.start()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            yield Rocket(standin, client, clock)
    finally:
        await standin.stop()
