"""What a person sees: the login page with its buttons, and what follows the callback (facts/rocketchat.md §3.3)."""

from __future__ import annotations

import html
import json
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.oauth.signin import SignIn
from bot.sandbox.rocketchat.workspace import Workspace

_FOLDER = Path(__file__).parent / "templates"
_SCRIPTS = {
    "/sandbox/login.js": "login.js",
    "/packages/oauth/end_of_popup_response.js": "end_of_popup_response.js",
    "/packages/oauth/end_of_redirect_response.js": "end_of_redirect_response.js",
}
_templates = Environment(loader=FileSystemLoader(_FOLDER), autoescape=select_autoescape())


class Pages:
    """Serves them. `root` is the path below which the workspace lives, empty or `/chat`."""

    def __init__(self, workspace: Workspace, sign_in: SignIn, root: str) -> None:
        self._workspace = workspace
        self._sign_in = sign_in
        self._root = root

    def serve(self, app: web.Application) -> None:
        """Puts them on `app`. The legacy engine, and so its callback, is gone in 9.0 (facts/rocketchat.md §0.3); the
        modern one isn't here yet."""
        for path in ("/", "/home", "/login"):
            app.router.add_get(path, self._login)
        for path in _SCRIPTS:
            app.router.add_get(path, self._script)
        if self._workspace.version.major < 9:
            app.router.add_get("/_oauth/{service}", self._callback)

    async def _login(self, _: web.Request) -> web.Response:
        settings = self._workspace.settings
        legacy = self._workspace.version.major < 9
        services = [s.public for s in self._workspace.login_services.all() if s.fields["custom"]]
        data = {
            "root": self._root,
            "siteUrl": str(settings.get("Site_Url")).rstrip("/"),
            "services": services,
            "legacy": legacy,
        }
        page = _templates.get_template("login.html").render(
            site_name=settings.get("Site_Name"),
            services=services,
            form=settings.get("Accounts_ShowFormLogin"),
            data=data,
        )
        return web.Response(text=page, content_type="text/html")

    async def _script(self, request: web.Request) -> web.Response:
        source, _, _ = _templates.loader.get_source(  # type: ignore[union-attr]
            _templates, _SCRIPTS[request.path.removeprefix(self._root)]
        )
        return web.Response(text=source, content_type="text/javascript")

    async def _callback(self, request: web.Request) -> web.Response:
        """Always 200 and HTML; what went wrong is told at the client's login."""
        end = await self._sign_in.callback(request.match_info["service"], dict(request.query))
        page = _templates.get_template("end_of_login.html").render(
            config=_embedded(end.config), root=self._root, script=f"end_of_{end.login_style}_response.js"
        )
        return web.Response(text=page, content_type="text/html")


def _embedded(config: Document) -> str:
    """JSON for the page's hidden element as Meteor writes it: each text escaped by itself, slashes too, and the JSON
    around them not."""

    def escape(value: object) -> object:
        return html.escape(value).replace("/", "&#x2F;") if isinstance(value, str) else value

    return json.dumps({name: escape(value) for name, value in config.items()})
