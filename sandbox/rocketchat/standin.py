"""The stand-in of Rocket.Chat: one workspace, seeded and served on one loopback port.

What it imitates is facts/rocketchat.md, §11 above all: version 8.8 with the legacy login engine unless told otherwise.
From 8.7 on the modern engine is there as well, by which people sign in in 9.x, or where its setting is on.
"""

from __future__ import annotations

import random
import socket
import ssl
from datetime import timedelta
from email.utils import format_datetime
from typing import Protocol

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.clock import Clock, SystemClock
from sandbox.authority import Authority
from sandbox.faults import Faults, observe
from sandbox.rocketchat.ddp.endpoint import Endpoint
from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.ddp.streams import Streams
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Timing
from sandbox.rocketchat.instances import REQUEST_KEY, Deployment
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.oauth.modern import ModernEngine
from sandbox.rocketchat.oauth.pages import CallbackPages
from sandbox.rocketchat.oauth.signin import SignIn
from sandbox.rocketchat.people import User
from sandbox.rocketchat.rest import (
    chat,
    login,
    methods,
    modern_login,
    oauth_admin,
    roles,
    server,
    settings,
    tokens,
    users,
)
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.oauth_admin import OAuthAdmin
from sandbox.rocketchat.seeding import ADMIN_ROOM, Switches, seed_workspace
from sandbox.rocketchat.version import Version
from sandbox.rocketchat.web.pages import Pages
from sandbox.rocketchat.web.sandbox import SandboxRoutes
from sandbox.rocketchat.workspace import Workspace
from sandbox.serving import Introduction, SeededAccount, Server

BODY_LIMIT = 110 * 1024 * 1024
PLAYERS = ("admin", "member")
"""Roles of the people whom the pages offer to be."""

__all__ = ["ADMIN_ROOM", "RocketChatStandIn", "Switches"]


class Part(Protocol):
    """A part with pages or routes of its own."""

    def serve(self, app: web.Application) -> None:
        """Adds them to `app`."""
        ...


class RocketChatStandIn:
    """One simulated workspace. Tests change `people`, `settings`, `chat`, `sockets`, `modules` while it runs."""

    def __init__(
        self,
        port: int = 0,
        version: str = "8.8",
        settle: float = 2.5,
        seed: int = 0,
        clock: Clock | None = None,
        *,
        path: str = "",
        site_url: str | None = None,
        switches: Switches | None = None,
        authority: Authority | None = None,
    ) -> None:
        """`settle` is the sum of both debounces in seconds, `seed` governs what chance decides. `path` (`/chat`) is
        below what everything is served. `site_url` is `Site_Url` where it isn't the loopback address itself; `{port}`
        stands for the port. `authority` makes it speak TLS, and is trusted by the server's own requests."""
        switches = switches or Switches()
        self.faults = Faults()
        self._switches = switches
        self._path = path.rstrip("/")
        self._site_url = site_url
        workspace = self._workspace = Workspace.empty(
            Version.of(version),
            switches.modules,
            clock or SystemClock(),
            Deployment(
                Timing(settle, jitter=switches.jitter),
                switches.instances,
                switches.sticky,
                switches.broadcasts,
                switches.remembers_removals,
            ),
            random.Random(seed),  # noqa: S311 - jitter and order, no secret
        )
        self.version, self.modules, self.clock = workspace.version, workspace.modules, workspace.clock
        self.ledger, self.people, self.settings = workspace.ledger, workspace.people, workspace.settings
        self.login_services, self.second_factor = workspace.login_services, workspace.second_factor
        self.chat, self.sockets, self.instances = workspace.chat, workspace.sockets, workspace.instances
        self.sign_in = SignIn(workspace, self._http)
        self.modern = ModernEngine(workspace, self._http, stale_scope=switches.stale_scope)
        self.logins = Logins(self.people, self.sign_in.log_in, self.second_factor)
        self.oauth_admin = OAuthAdmin(workspace)
        know_user = switches.open_routes_know_user
        self.api = Api(workspace, open_routes_know_user=self.version.major >= 8 if know_user is None else know_user)
        usual = Publication.NORMAL if self.version >= (7, 7) else Publication.PUSHED
        self.sockets.login_services = switches.publication or usual
        streams = Streams(self.chat, self.login_services, self.sockets, self.instances.hears)
        self.instances.listen(streams.on_setting)
        self._endpoint = Endpoint(self.chat, self.logins, streams, self.sockets, self.clock)
        self.proxy_ahead = timedelta(0)
        """By how much the clock of a proxy in front of it is ahead, whose `Date` clients see."""
        self._client: aiohttp.ClientSession | None = None
        self.trusted: ssl.SSLContext | bool = authority.client_context() if authority else True
        """Whom the server's own requests trust (NODE_EXTRA_CA_CERTS); counts from the next start on."""
        self.unresolved: set[str] = set()
        """Hosts whose names the server's own requests do not find; a test may change it while it runs."""
        self._server = Server(web.Application(), port=port, tls=authority.server_context() if authority else None)
        self._seeded = seed_workspace(workspace, switches)
        for instance in self.instances.each:
            instance.load()
        players = {role: self.person(role) for role in PLAYERS}
        pages = Pages(workspace, self._path, players)
        self._parts: list[Part] = [pages, SandboxRoutes(workspace, players)]
        legacy = CallbackPages(self.sign_in, self._path, self.faults.closing)
        if self.version.major < 9:
            self._parts.append(legacy)
        self._parts.append(
            self.modern.pages(
                allowed=self._may_begin,
                shell=pages.shell,
                callback=pages.shell if self.version.major >= 9 else legacy.callback,
            )
        )
        self._declare()

    @property
    def url(self) -> str:
        """The workspace's address, without trailing slash; known after the first `start`."""
        return f"{self._server.url}{self._path}"

    @property
    def port(self) -> int:
        """The port that it listens on, 0 before the first `start`."""
        return self._server.port

    @property
    def introduction(self) -> Introduction:
        """Its address, what the bot needs, and the accounts."""
        bot = self._seeded["bot"]
        env = {
            "SSOBOT_ROCKETCHAT_URL": self.url,
            "SSOBOT_ROCKETCHAT_USER_ID": bot.user.id,
            "SSOBOT_ROCKETCHAT_TOKEN": bot.token,
            "SSOBOT_ROCKETCHAT_PASSWORD": bot.password,
            "SSOBOT_ADMIN_ROOM": ADMIN_ROOM,
        }
        accounts = tuple(
            SeededAccount(role, one.user.username, one.password, one.user.id, one.token)
            for role, one in self._seeded.items()
        )
        return Introduction(self.url, env, accounts)

    def live(self, service: str) -> Document | None:
        """The fields by which people sign in right now, the secret included, by whichever engine; None if they can't
        (facts/rocketchat.md §5.5)."""
        if self._workspace.modern_login:
            strategy = self.modern.strategies.get(service)
            return dict(strategy.fields) if strategy else None
        record = self.login_services.get(service)
        return dict(record.fields) if record else None

    def person(self, role: str) -> User:
        """A seeded person by the role in the introduction: admin, admin2, bot, member."""
        return self._seeded[role].user

    async def start(self) -> None:
        """Listens. After `stop` it listens on the same port again, with its data kept."""
        self.faults.closing.clear()
        connector = aiohttp.TCPConnector(ssl=self.trusted)
        looking_up = aiohttp.TraceConfig()
        looking_up.on_request_start.append(self._look_up)
        self._client = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[looking_up]
        )
        self._server.app = self._application()
        await self._server.start()
        site = self.settings.find("Site_Url")
        if site is not None and not site.value:
            site.value = site.package_value = (self._site_url or self.url).replace("{port}", str(self.port))
        self.settings.overwrite()
        self.instances.resume()
        self.sign_in.restart()
        self.modern.restart()

    async def stop(self) -> None:
        """Closes the port and every connection, and ends answers that hang."""
        self.faults.closing.set()
        self.instances.suspend()
        self._endpoint.close_all()
        await self._server.stop()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def restart(self) -> None:
        """Gone and back on the same port; open connections are lost."""
        await self.stop()
        await self.start()

    async def _look_up(self, _: object, __: object, asked: aiohttp.TraceRequestStartParams) -> None:
        if asked.url.host in self.unresolved:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def _http(self) -> aiohttp.ClientSession:
        """The client of the server's own requests; RuntimeError while it is stopped."""
        if self._client is None:
            raise RuntimeError("the stand-in is not running")
        return self._client

    def _may_begin(self, ip: str) -> bool:
        """The limit of `/oauth/<service>`, one for all services (facts/rocketchat.md §3.4, no. 1)."""
        return self.api.allows(ip, "/oauth/:service", "GET")

    def _declare(self) -> None:
        """Every REST route."""
        api, workspace = self.api, self._workspace
        settings.register(api, workspace, whole=self._switches.whole_documents)
        users.register(api, workspace)
        tokens.register(api, self.people)
        roles.register(api, workspace)
        server.register(api, workspace)
        login.register(api, workspace)
        modern_login.register(api, self.modern.completion)
        methods.register(api, workspace, self.logins, self.oauth_admin)
        oauth_admin.register(api, self.oauth_admin)
        chat.register(api, self.chat)

    def _application(self) -> web.Application:
        """Everything, below the path of the workspace."""
        inner = web.Application(client_max_size=BODY_LIMIT)
        inner.router.add_get("/websocket", self._endpoint.handle)
        self.api.serve(inner)
        for part in self._parts:
            part.serve(inner)
        inner.on_response_prepare.append(self._date)
        outer = inner
        if self._path:
            outer = web.Application(client_max_size=BODY_LIMIT)
            outer.add_subapp(self._path, inner)
        outer.middlewares.extend([self._balance, observe(self.ledger, self.faults, self._who, _instance_id)])
        if self._switches.instance_header:
            outer.on_response_prepare.append(_name_instance)
        return outer

    @web.middleware
    async def _balance(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Gives the request to one of the instances."""
        self.instances.choose(request)
        return await handler(request)

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        """The header has the clock of the messages' times, plus what a proxy's clock is ahead."""
        response.headers["Date"] = format_datetime(self.clock.now() + self.proxy_ahead, usegmt=True)

    def _who(self, request: web.Request) -> str | None:
        """Id of the user whose token came along."""
        found = self.api.who(request)
        return found[0].id if found else None


def _instance_id(request: web.Request) -> str:
    return request[REQUEST_KEY].id


async def _name_instance(request: web.Request, response: web.StreamResponse) -> None:
    if REQUEST_KEY in request:
        response.headers["X-Instance-ID"] = request[REQUEST_KEY].id
