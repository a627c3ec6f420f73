"""The smallest identity provider, for the two requests that Rocket.Chat itself sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.serving import Server

CLAIMS = {"sub": "1", "login": "ada", "name": "Ada", "email": "ada@people.example"}


@dataclass
class Provider:
    """The smallest identity provider: two routes that answer what they are told and keep what they were sent."""

    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
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
