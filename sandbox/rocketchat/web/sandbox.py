"""Two routes that no real Rocket.Chat has, for the sandbox's own pages: what the composer does with a line, and a login
as one of the seeded people without a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.rocketchat.chat.composer import ComposerResult, Reaction, RegisteredCommand, Sent, Swallowed, TooLong
from sandbox.rocketchat.people import User
from sandbox.rocketchat.workspace import Workspace

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OUTCOMES: Mapping[type[ComposerResult], str] = {
    Sent: "sent",
    Swallowed: "swallowed",
    RegisteredCommand: "command",
    Reaction: "reaction",
    TooLong: "too long",
}


class SandboxRoutes:
    """Serves them. `players` are those who may be played, by role."""

    def __init__(self, workspace: Workspace, players: Mapping[str, User]) -> None:
        self._workspace = workspace
        self._players = players

    def serve(self, app: web.Application) -> None:
        """Adds them to `app`."""
        app.router.add_post("/sandbox/composer", self._composer)
        app.router.add_post("/sandbox/act-as/{role}", self._act_as)

    async def _composer(self, request: web.Request) -> web.Response:
        """`{text}` → what the web client does with it (facts/rocketchat.md §4.1). Does nothing itself."""
        text = await _text(request)
        if text is None:
            return _refused(400, "A line to look at is expected as {text}.")
        outcome = self._workspace.chat.composed(text)
        return web.json_response({"outcome": _OUTCOMES[type(outcome)], **asdict(outcome)})

    async def _act_as(self, request: web.Request) -> web.Response:
        """A new login of one of them, `{userId, authToken}`, for the stand-in's own pages only: no other site in the
        same browser may have it, whatever host name it asks by."""
        own = {f"{scheme}://{request.host}" for scheme in ("http", "https")}
        if request.headers.get("Origin") not in own or request.url.host not in LOOPBACK:
            return _refused(403, "Only the sandbox's own pages, on this machine, may act as somebody.")
        user = self._players.get(request.match_info["role"])
        if user is None or not user.active:
            return _refused(404, "There is nobody of that role.")
        token = self._workspace.people.log_in(user)
        return web.json_response({"userId": user.id, "authToken": token}, headers={"Cache-Control": "no-store"})


async def _text(request: web.Request) -> str | None:
    try:
        given: Any = await request.json()
    except ValueError:
        return None
    text = given.get("text") if isinstance(given, dict) else None
    return text if isinstance(text, str) else None


def _refused(status: int, error: str) -> web.Response:
    return web.json_response({"success": False, "error": error}, status=status)
