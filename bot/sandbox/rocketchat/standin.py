"""The stand-in of Rocket.Chat: builds the rooms, seeds the people, serves everything on one loopback port.

What it imitates is facts/rocketchat.md, §11 above all: version 8.8 with the legacy login engine unless told otherwise.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import aiohttp
from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.sandbox.faults import Faults, observe
from bot.sandbox.ledger import Ledger
from bot.sandbox.rocketchat import (
    oauth_admin,
    rest_chat,
    rest_login,
    rest_methods,
    rest_roles,
    rest_server,
    rest_settings,
    rest_tokens,
    rest_users,
)
from bot.sandbox.rocketchat.api import Api
from bot.sandbox.rocketchat.chat import Chat
from bot.sandbox.rocketchat.ddp import Endpoint
from bot.sandbox.rocketchat.login_services import LoginServices
from bot.sandbox.rocketchat.logins import Logins
from bot.sandbox.rocketchat.oauth_admin import OAuthAdmin
from bot.sandbox.rocketchat.pages import Pages
from bot.sandbox.rocketchat.people import People, User
from bot.sandbox.rocketchat.second_factor import SecondFactor, enrol_totp
from bot.sandbox.rocketchat.settings import Settings
from bot.sandbox.rocketchat.signin import SignIn
from bot.sandbox.rocketchat.sockets import Sockets
from bot.sandbox.rocketchat.streams import Streams
from bot.sandbox.rocketchat.version import Version
from bot.sandbox.rocketchat.workspace_settings import seed, workspace_settings
from bot.sandbox.serving import Account, Introduction, Server

BODY_LIMIT = 110 * 1024 * 1024
ADMIN_ROOM = "sso-admins"
_LONG_AGO = timedelta(days=30)
"""How old the seeded accounts are: past the time in which a new one isn't asked for a second factor."""


@dataclass(frozen=True)
class Switches:
    """How the workspace was set up (facts/rocketchat.md §11)."""

    modules: Collection[str] = ()
    """Licence modules; `oauth-enterprise` is what 9.0 wants."""
    twofa: Literal["off", "password", "totp"] = "password"
    """The second factor: none, the password as a fallback, or TOTP for the bot and the administrators."""
    honour_pat_bypass: bool = True
    """Off is the regression of 8.5."""
    pat_bypass: bool = True
    """Whether the bot's token was made with `bypassTwoFactor`."""
    rate_limit: bool = True
    allow_unrecognised_slash: bool = False


@dataclass(frozen=True)
class Seeded:
    """Somebody who was there from the start."""

    user: User
    password: str
    token: str


class RocketChatStandIn:
    """One simulated workspace. Tests change `people`, `settings`, `chat`, `sockets`, `modules` while it runs."""

    def __init__(
        self,
        port: int = 0,
        version: str = "8.8",
        settle: float = 2.0,
        seed: int = 0,
        clock: Clock | None = None,
        *,
        path: str = "",
        site_url: str | None = None,
        switches: Switches | None = None,
    ) -> None:
        """`settle` is the debounce in seconds, `seed` governs its jitter. `path` (`/chat`) is below what everything is
        served. `site_url` is `Site_Url` where it isn't the loopback address itself; `{port}` stands for the port."""
        switches = switches or Switches()
        self.version = Version.of(version)
        self.modules: set[str] = set(switches.modules)
        self.clock: Clock = clock or SystemClock()
        self.ledger = Ledger()
        self.faults = Faults()
        self._path = path.rstrip("/")
        self._site_url = site_url
        self.people = People(self.clock.now)
        self.settings = Settings(self.ledger, lambda modules: self.modules.issuperset(modules))
        self.login_services = LoginServices(
            self.settings,
            self.clock,
            self.ledger,
            settle=settle,
            chance=random.Random(seed),  # noqa: S311 - jitter, no secret
        )
        self.second_factor = SecondFactor(self.settings, self.clock.now, self.ledger)
        self.chat = Chat(self.people, self.settings, self.clock, self.ledger)
        self.sockets = Sockets(self.clock.monotonic)
        self.sign_in = SignIn(self, self._http)
        self.logins = Logins(self.people, self.sign_in.log_in, self.second_factor)
        self.oauth_admin = OAuthAdmin(self)
        self.api = Api(self.version, self.people, self.settings, self.second_factor, self.clock)
        self._endpoint = Endpoint(
            self.chat,
            self.logins,
            Streams(self.chat, self.login_services, self.sockets),
            self.sockets,
            self.clock,
        )
        self._pages = Pages(self, self._path)
        self._client: aiohttp.ClientSession | None = None
        self._server = Server(web.Application(), port=port)
        self._seeded: dict[str, Seeded] = {}
        self._set_up(switches)
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
        """How to reach it, what the bot needs, and who is there."""
        bot = self._seeded["bot"]
        env = {
            "SSOBOT_ROCKETCHAT_URL": self.url,
            "SSOBOT_ROCKETCHAT_USER_ID": bot.user.id,
            "SSOBOT_ROCKETCHAT_TOKEN": bot.token,
            "SSOBOT_ROCKETCHAT_PASSWORD": bot.password,
            "SSOBOT_ADMIN_ROOM": ADMIN_ROOM,
        }
        accounts = tuple(
            Account(role, one.user.username, one.password, one.user.id, one.token) for role, one in self._seeded.items()
        )
        return Introduction(self.url, env, accounts)

    def person(self, role: str) -> User:
        """A seeded person by the role in the introduction: admin, admin2, bot, member."""
        return self._seeded[role].user

    async def start(self) -> None:
        """Listens. After `stop` it comes back on the same port with everything that it knew."""
        self.faults.closing.clear()
        self._client = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._server.app = self._application()
        await self._server.start()
        site = self.settings.find("Site_Url")
        if site is not None and not site.value:
            site.value = site.package_value = (self._site_url or self.url).replace("{port}", str(self.port))
        self.login_services.resume()

    async def stop(self) -> None:
        """Closes the port and every connection; what hangs is let go."""
        self.faults.closing.set()
        self.login_services.suspend()
        self._endpoint.close_all()
        await self._server.stop()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def restart(self) -> None:
        """Gone and back on the same port; open connections are lost."""
        await self.stop()
        await self.start()

    def _http(self) -> aiohttp.ClientSession:
        """The client of the server's own requests; RuntimeError while it is stopped."""
        if self._client is None:
            raise RuntimeError("the stand-in is not running")
        return self._client

    def _set_up(self, switches: Switches) -> None:
        """Settings, people and rooms of a workspace that is some weeks old."""
        modern_flow = (8, 7) <= self.version < (9, 0)
        seed(self.settings, workspace_settings("", secrets.token_hex(8), modern_flow=modern_flow))
        for name, value in {
            "API_Enable_Rate_Limiter": switches.rate_limit,
            "Accounts_TwoFactorAuthentication_Enabled": switches.twofa != "off",
            "Message_AllowUnrecognizedSlashCommand": switches.allow_unrecognised_slash,
        }.items():
            row = self.settings.find(name)
            assert row is not None
            row.value = value
        self.second_factor.honour_bypass = switches.honour_pat_bypass
        self._seed("admin", "admin", "Administrator", ["admin", "user"])
        self._seed("admin2", "admin2", "Second Administrator", ["admin", "user"])
        self._seed("bot", "ssobot", "Single sign-on", ["bot", "admin", "user"], bypass=switches.pat_bypass)
        self._seed("member", "member", "Plain Member", ["user"])
        if switches.twofa == "totp":
            for role in ("admin", "admin2", "bot"):
                enrol_totp(self.person(role))
        self.people.add(
            "rocket.cat", user_id="rocket.cat", name="Rocket.Cat", roles=["bot"], kind="bot", created_at=self._founded()
        )
        admin, *others = (one.user.id for one in self._seeded.values())
        self.chat.create_room(admin, "general", "c", others)
        self.chat.create_room(admin, ADMIN_ROOM, "p", others)

    def _seed(self, role: str, username: str, name: str, roles: list[str], *, bypass: bool | None = None) -> None:
        password = secrets.token_urlsafe(15)
        user = self.people.add(
            username,
            name=name,
            password=password,
            roles=roles,
            emails=[{"address": f"{username}@workspace.example", "verified": True}],
            kind="bot" if bypass is not None else "user",
            created_at=self._founded(),
        )
        if bypass is None:
            token = self.people.log_in(user)
        else:
            token = self.people.personal_token(user, "ssobot", bypass_two_factor=bypass)
        self._seeded[role] = Seeded(user, password, token)

    def _founded(self) -> datetime:
        return self.clock.now() - _LONG_AGO

    def _declare(self) -> None:
        for module in (rest_settings, rest_users, rest_tokens, rest_roles, rest_server, rest_login, rest_methods):
            module.register(self.api, self)
        oauth_admin.register(self.api, self)
        rest_chat.register(self.api, self)

    def _application(self) -> web.Application:
        """Everything, below the path of the workspace."""
        inner = web.Application(client_max_size=BODY_LIMIT)
        inner.router.add_get("/websocket", self._endpoint.handle)
        self.api.serve(inner)
        self._pages.serve(inner)
        guards = [observe(self.ledger, self.faults, self._who)]
        if not self._path:
            inner.middlewares.extend(guards)
            return inner
        outer = web.Application(client_max_size=BODY_LIMIT, middlewares=guards)
        outer.add_subapp(self._path, inner)
        return outer

    def _who(self, request: web.Request) -> str | None:
        """Id of the user whose token came along."""
        found = self.api.who(request)
        return found[0].id if found else None
