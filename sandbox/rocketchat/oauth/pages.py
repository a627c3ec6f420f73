"""What follows the callback in the browser (facts/rocketchat.md §3.3)."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, select_autoescape

from sandbox import looks
from sandbox.rocketchat.instances import REQUEST_KEY
from sandbox.rocketchat.oauth.ending import embedded
from sandbox.rocketchat.oauth.signin import SignIn

FOLDER = Path(__file__).parent / "templates"
_SCRIPTS = ("end_of_popup_response.js", "end_of_redirect_response.js")
templates = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape())


class CallbackPages:
    """Makes the page of the callback, whose address is served where the modern engine steps aside, and serves what it
    loads. `root` is the path below which the workspace lives, empty or `/chat`; `closing` ends answers that hang."""

    def __init__(self, sign_in: SignIn, root: str, closing: asyncio.Event) -> None:
        self._sign_in = sign_in
        self._root = root
        self._closing = closing

    def serve(self, app: web.Application) -> None:
        """Adds the scripts to `app`."""
        for name in _SCRIPTS:
            app.router.add_get(f"/packages/oauth/{name}", self._script)

    async def _script(self, request: web.Request) -> web.Response:
        return looks.file(FOLDER / request.path.rpartition("/")[2])

    async def callback(self, request: web.Request) -> web.StreamResponse:
        """Always 200 and HTML; what went wrong is told to the mobile app alone. The page is Meteor's, its style
        included, which hides the configuration."""
        if self._sign_in.overrun():
            return web.Response(status=429, text="Too many requests")
        at = request[REQUEST_KEY].id
        end = await self._sign_in.callback(request.match_info["service"], dict(request.query), at)
        if end is None:
            return await self._never(request)
        page = templates.get_template("end_of_login.html").render(
            config=embedded(end.config), root=self._root, script=f"end_of_{end.login_style}_response.js"
        )
        return looks.page(page, style="'unsafe-inline'")

    async def _never(self, request: web.Request) -> web.StreamResponse:
        """An answer that begins and doesn't end (facts/rocketchat.md §3.1b)."""
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._sign_in.manners.hangs_for)
        if request.transport is not None:
            request.transport.abort()
        return response
