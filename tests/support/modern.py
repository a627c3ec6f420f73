"""A browser at the modern login engine, which keeps the one cookie, behind a proxy that says https."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from sandbox.rocketchat.people import User
from sandbox.rocketchat.standin import Switches
from tests.sandbox.rocketchat.oauth.provider import Provider
from tests.support.rocket import Reply, Rocket, running

KEY = "Accounts_OAuth_Custom-Encvoyid"


def query_of(location: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


@dataclass
class Modern:
    """A person with a browser, and both sides."""

    rocket: Rocket
    provider: Provider
    client: aiohttp.ClientSession = field(repr=False)
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"X-Forwarded-Proto": "https"})

    async def set(self, **values: Any) -> None:
        """Writes settings of the service by suffix (`on` is the switch), and has Rocket.Chat rebuild."""
        for suffix, value in values.items():
            self.rocket.standin.settings.write(KEY if suffix == "on" else f"{KEY}-{suffix}", value)
        self.rocket.standin.login_services.rewrite()

    async def get(self, path: str, **query: str) -> Reply:
        """One request, no redirect followed; the cookie is kept if one comes."""
        headers = self.headers | ({"Cookie": f"oauth={self.cookie}"} if self.cookie else {})
        url = self.rocket.standin.url + path
        async with self.client.get(url, params=query, headers=headers, allow_redirects=False) as response:
            if "oauth" in response.cookies:
                self.cookie = response.cookies["oauth"].value
            return Reply(response.status, {}, dict(response.headers), await response.text())

    async def press(self, service: str = "encvoyid", **query: str) -> dict[str, str]:
        """Presses the button: what Rocket.Chat asks the provider for."""
        reply = await self.get(f"/oauth/{service}", **query)
        assert reply.status == 302, reply.text
        return query_of(reply.headers["Location"])

    async def back(self, service: str = "encvoyid", **query: str) -> Reply:
        """Comes back from the provider."""
        return await self.get(f"/_oauth/{service}", **query)

    async def sign_in(self, service: str = "encvoyid", **query: str) -> Reply:
        """Presses the button and comes back with a code."""
        state = (await self.press(service, **query))["state"]
        return await self.back(service, code="generated-code", state=state)

    async def login_code(self) -> str:
        """Signs in, to the code."""
        reply = await self.sign_in()
        assert reply.status == 302, reply.text
        return query_of(reply.headers["Location"])["loginCode"]

    async def arrive(self) -> User:
        """Signs in, to the end."""
        reply = await self.rocket.post("loginCode.redeem", {"code": await self.login_code()}, who=None)
        assert reply.status == 200, reply.text
        user = self.rocket.standin.people.get(reply.body["userId"])
        assert user is not None
        return user

    def problem(self) -> str:
        """The server's log of the last sign-in."""
        return str(self.rocket.standin.ledger.of("sign-in")[-1].body["problem"])


@contextlib.asynccontextmanager
async def modern_at(provider: Provider, version: str = "9.0", **switches: Any) -> AsyncIterator[Modern]:
    """Such a Rocket.Chat, licensed, with the service `encvoyid` at this provider."""
    given = Switches(modules=("oauth-enterprise",), **switches)
    async with (
        running(version, switches=given) as rocket,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        settings = rocket.standin.settings
        settings.write("API_Enable_Rate_Limiter", False)
        if "Accounts_OAuth_Use_Modern_Flow" in settings:
            settings.write("Accounts_OAuth_Use_Modern_Flow", True)
        await rocket.service(
            url=provider.server.url,
            token_path="/token",
            authorize_path="/auth",
            id="client",
            secret="generated-secret",
            username_field="login",
            identity_token_sent_via="header",
            login_style="redirect",
            scope="openid profile",
        )
        yield Modern(rocket, provider, client)
