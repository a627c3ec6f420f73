"""The login page, the page of a room, and the files that both are made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, select_autoescape

from sandbox import looks
from sandbox.rocketchat.people import User
from sandbox.rocketchat.seeding import ADMIN_ROOM
from sandbox.rocketchat.workspace import Workspace

_FOLDER = Path(__file__).parent
_FILES = {file.name: file for file in (_FOLDER / "files").iterdir()}
_templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)


class Pages:
    """Serves them. `root` is the path below which the workspace lives, empty or `/chat`; `players` are those whom the
    pages offer to be without a password, by role."""

    def __init__(self, workspace: Workspace, root: str, players: Mapping[str, User]) -> None:
        self._workspace = workspace
        self._root = root
        self._players = players

    def serve(self, app: web.Application) -> None:
        """Adds them to `app`."""
        for path in ("/", "/home", "/login", "/2fa/{method}/{challenge}"):
            app.router.add_get(path, self.shell)
        # A private group has an address of its own in the real client; here both lead to any room.
        for path in ("/channel/{room}", "/group/{room}"):
            app.router.add_get(path, self._room)
        app.router.add_get(looks.STYLESHEET, looks.stylesheet)
        app.router.add_get("/sandbox/{name}", self._file)

    async def shell(self, request: web.Request) -> web.Response:
        """The login page. If somebody is logged in, its script leads on from `/` and `/home` to the room, as the login
        is kept in the browser."""
        settings = self._workspace.settings
        services = [s.public for s in self._workspace.login_services.all() if s.fields["custom"]]
        data = {
            "home": not request.path.endswith("/login"),
            "room": ADMIN_ROOM,
            "siteUrl": str(settings.get("Site_Url")).rstrip("/"),
            "services": services,
            "legacy": not self._workspace.modern_login,
            "challenge": dict(request.match_info) if "challenge" in request.match_info else None,
        }
        return self._page("login.html", data, services=services, form=settings.get("Accounts_ShowFormLogin"))

    async def _room(self, request: web.Request) -> web.Response:
        """Whether there is such a room, and who may read it, is asked by the page as any client asks."""
        name = request.match_info["room"]
        return self._page("room.html", {"room": name, "home": ADMIN_ROOM}, room=name)

    def _page(self, template: str, data: Mapping[str, object], **shown: object) -> web.Response:
        return looks.page(
            _templates.get_template(template).render(
                site_name=self._workspace.settings.get("Site_Name"),
                root=self._root,
                players=self._players,
                data=data,
                **shown,
            )
        )

    async def _file(self, request: web.Request) -> web.Response:
        path = _FILES.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return looks.file(path)
