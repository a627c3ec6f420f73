"""The smallest identity provider, and a browser that comes back from it to the stand-in."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.serving import Server
from tests.support.rocket import Reply, Rocket

TOKEN = "c" * 43
CLAIMS = {"sub": "1", "login": "ada", "name": "Ada", "email": "ada@people.example"}


@dataclass
class Provider:
    """Two routes that answer what they are told and keep what they were sent."""

    claims: Any = field(default_factory=lambda: dict(CLAIMS))
    token_answer: Any = field(default_factory=lambda: {"access_token": "generated-access", "token_type": "Bearer"})
    token_status: int = 200
    identity_status: int = 200
    seen: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = field(default_factory=list)
    """(headers, query, form) of each request."""
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_get("/me", self._me)
        self.server = Server(app)

    async def _token(self, request: web.Request) -> web.Response:
        await self._note(request)
        if isinstance(self.token_answer, str):
            return web.Response(text=self.token_answer, status=self.token_status)
        return web.json_response(self.token_answer, status=self.token_status)

    async def _me(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response(self.claims, status=self.identity_status)

    async def _note(self, request: web.Request) -> None:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.seen.append((dict(request.headers), dict(request.query), form))


async def connect(rocket: Rocket, provider: Provider, name: str = "Encvoyid", **values: Any) -> None:
    """A service at this provider."""
    defaults = {"url": provider.server.url, "token_path": "/token", "id": "client", "secret": "generated-secret"}
    fields = {**defaults, "username_field": "login", "identity_token_sent_via": "header", **values}
    await rocket.service(name, **fields)


def state(style: str = "popup", **more: Any) -> str:
    """As the browser makes it."""
    given = {"loginStyle": style, "credentialToken": TOKEN, "isCordova": False, **more}
    return base64.b64encode(json.dumps(given).encode()).decode()


async def back(rocket: Rocket, query: dict[str, str] | None = None, service: str = "encvoyid") -> tuple[Reply, Any]:
    """The browser comes back; the page and its config."""
    reply = await rocket.get(f"/_oauth/{service}", who=None, **(query or {"code": "generated-code", "state": state()}))
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    found = re.search(r'<div id="config"[^>]*>(.*?)</div>', reply.text)
    assert found
    config = {k: html.unescape(v) if isinstance(v, str) else v for k, v in json.loads(found.group(1)).items()}
    return reply, config


async def complete(rocket: Rocket, secret: Any, token: str = TOKEN) -> Any:
    """The client's login with the credential: the inner message."""
    return await rocket.method("login", {"oauth": {"credentialToken": token, "credentialSecret": secret}}, who=None)


async def come_in(rocket: Rocket, service: str = "encvoyid") -> Any:
    """The whole way: the inner message of the login."""
    _, config = await back(rocket, service=service)
    return await complete(rocket, config.get("credentialSecret"))


def problem(rocket: Rocket) -> str:
    """What the server noted last of a sign-in; no client hears it."""
    noted: str = rocket.standin.ledger.of("sign-in")[-1].body["problem"]
    return noted


async def problem_of(rocket: Rocket) -> str:
    """What went wrong with an exchange, of which the client hears nothing."""
    _, config = await back(rocket)
    assert config["setCredentialToken"] is False
    assert "credentialSecret" not in config
    return problem(rocket)
