"""What follows the callback in the browser (facts/rocketchat.md §3.3)."""

from __future__ import annotations

import html
import json
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.sandbox import looks
from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.oauth.signin import SignIn

_FOLDER = Path(__file__).parent / "templates"
_SCRIPTS = ("end_of_popup_response.js", "end_of_redirect_response.js")
_templates = Environment(loader=FileSystemLoader(_FOLDER), autoescape=select_autoescape())


class CallbackPages:
    """Makes the page of the callback, whose address is served where the modern engine steps aside, and serves what it
    loads. `root` is the path below which the workspace lives, empty or `/chat`."""

    def __init__(self, sign_in: SignIn, root: str) -> None:
        self._sign_in = sign_in
        self._root = root

    def serve(self, app: web.Application) -> None:
        """Puts the scripts on `app`."""
        for name in _SCRIPTS:
            app.router.add_get(f"/packages/oauth/{name}", self._script)

    async def _script(self, request: web.Request) -> web.Response:
        return looks.file(_FOLDER / request.path.rpartition("/")[2])

    async def callback(self, request: web.Request) -> web.Response:
        """Always 200 and HTML; what went wrong is told at the client's login. The page is Meteor's, its style included,
        which hides the configuration."""
        end = await self._sign_in.callback(request.match_info["service"], dict(request.query))
        page = _templates.get_template("end_of_login.html").render(
            config=_embedded(end.config), root=self._root, script=f"end_of_{end.login_style}_response.js"
        )
        return looks.page(page, style="'unsafe-inline'")


def _embedded(config: Document) -> str:
    """JSON for the page's hidden element as Meteor writes it: each text escaped by itself, slashes too, and the JSON
    around them not."""

    def escape(value: object) -> object:
        return html.escape(value).replace("/", "&#x2F;") if isinstance(value, str) else value

    return json.dumps({name: escape(value) for name, value in config.items()})
