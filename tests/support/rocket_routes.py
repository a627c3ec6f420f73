"""A server for Rocket.Chat's REST whose answers a test sets for each route; it keeps the requests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.clock import SystemClock
from bot.rocketchat.rest import Rest
from bot.secret import new_secret
from tests.support.served import served

BOT_ID = "bot-id"
TOKEN = new_secret()


@dataclass(frozen=True)
class Asked:
    """One request: `POST settings/X`, its query, its JSON body."""

    route: str
    query: Mapping[str, str]
    body: Any = None


Body = dict[str, Any]
Reply = Body | tuple[int, Body] | Callable[[Asked], Body | tuple[int, Body]]
ABSENT = (404, {"success": False, "error": "API endpoint does not exist"})
BARE_FAILURE = (400, {"success": False})
FORBIDDEN = (403, {"success": False, "error": "no [error-unauthorized]"})


@dataclass
class Routes:
    """Answers by route; a list is answered one by one, its last element repeated. An unknown route is a 404."""

    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def of(self, route: str) -> list[Asked]:
        """The requests of one route, in order."""
        return [asked for asked in self.asked if asked.route == route]

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v1/").removeprefix("/api/")
        body = await request.json() if request.method == "POST" else None
        asked = Asked(f"{request.method} {path}", dict(request.query), body)
        self.asked.append(asked)
        reply = self.replies.get(asked.route, ABSENT)
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        given = reply(asked) if callable(reply) else reply
        status, answer = given if isinstance(given, tuple) else (200, {"success": True, **given})
        return web.json_response(answer, status=status)


@asynccontextmanager
async def rocket(routes: Routes) -> AsyncIterator[Rest]:
    """A client of a server with these routes."""
    async with served(routes.handle) as url:
        rest = Rest(url, BOT_ID, TOKEN, clock=SystemClock())
        try:
            yield rest
        finally:
            rest.close()


def method_result(result: object) -> Body:
    """The answer of `method.call` (facts/rocketchat.md §1.7)."""
    return {"message": json.dumps({"msg": "result", "id": "1", "result": result})}
