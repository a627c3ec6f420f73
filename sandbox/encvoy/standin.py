"""The stand-in of Encvoy ID: builds its parts, seeds the people, serves everything on one loopback port.

What it imitates is facts/encvoy-id.md, §12 above all. One process stands for the backend, the provider and the proxy in
front of them.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox import looks
from sandbox.authority import Authority
from sandbox.encvoy.answers import NGINX_504, ApiError, Hang, localized
from sandbox.encvoy.clients import Clients, Record, alphanumerics
from sandbox.encvoy.cookies import Cookies
from sandbox.encvoy.grants import GrantStore
from sandbox.encvoy.guard import Guard
from sandbox.encvoy.installation import Installation
from sandbox.encvoy.interaction import Interactions
from sandbox.encvoy.keys import Keys
from sandbox.encvoy.management import Management
from sandbox.encvoy.people import People, Person, Role
from sandbox.encvoy.provider import Provider
from sandbox.encvoy.state import Settings, State, Switches
from sandbox.faults import Faults, dropped, observe
from sandbox.ledger import Ledger
from sandbox.serving import Introduction, SeededAccount, Server

BODY_LIMIT = 12 * 1024 * 1024
PLAYERS = ("person", "person2")
"""Roles of the people that the login page offers without a password."""
DASHBOARD = "<!DOCTYPE html><html lang='en'><head><title>Encvoy ID</title></head><body><h1>Encvoy ID</h1></body></html>"


class EncvoyStandIn:
    """One simulated installation.

    Tests change `people`, `clients`, `settings` and `switches` while it runs; all of them are in `state`.
    """

    def __init__(
        self,
        port: int = 0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        *,
        public_url: str | None = None,
        switches: Switches | None = None,
        authority: Authority | None = None,
    ) -> None:
        """`clock` gives seconds since the epoch. `public_url` is DOMAIN where it is not the loopback address itself;
        `{port}` in it stands for the port. `authority` makes it speak TLS. `seed` governs what the real one takes from
        Math.random."""
        dice = random.Random(seed)  # noqa: S311 - as the real one, which does not use a CSPRNG either
        self.ledger = Ledger()
        self.faults = Faults()
        self.people, self.clients = People(), Clients(dice, main_id=alphanumerics(dice, 22))
        self.settings, self.switches = Settings(), switches or Switches()
        vault = GrantStore(clock)
        self.state = State(self.people, self.clients, vault, self.ledger, clock, self.settings, self.switches)
        self.keys = Keys()
        self.public_url = public_url
        """See above; another one counts from the next start on."""
        tls = authority.server_context() if authority else None
        self._server = Server(web.Application(), port=port, tls=tls)
        self._cookies = Cookies(secure=(public_url or self._server.url).startswith("https:"))
        self.provider = Provider(self.state, self._cookies, self.keys)
        guard = Guard(self.state)
        self.management = Management(self.state, guard, dice)
        self._roles: dict[str, Person] = {}
        self._seed(dice)
        players = {role: self._roles[role] for role in PLAYERS}
        interactions = Interactions(self.state, self._cookies, players)
        self._rooms = (interactions, self.management, Installation(self.state, guard, dice))

    @property
    def main(self) -> Record:
        """The record of the main client."""
        return self.clients.by_id[self.state.main_id]

    @property
    def url(self) -> str:
        """DOMAIN: the public base URL, without trailing slash; known after the first `start`."""
        return self.state.domain

    @property
    def port(self) -> int:
        """The port that it listens on, 0 before the first `start`."""
        return self._server.port

    @property
    def introduction(self) -> Introduction:
        """How to reach it, what the bot needs, and who is there."""
        manager = self._roles["manager"]
        env = {
            "SSOBOT_ENCVOY_URL": self.url,
            "SSOBOT_ENCVOY_CLIENT_ID": self.state.main_id,
            "SSOBOT_ENCVOY_LOGIN": manager.login,
            "SSOBOT_ENCVOY_PASSWORD": manager.password,
        }
        accounts = tuple(SeededAccount(role, p.login, p.password, str(p.id)) for role, p in self._roles.items())
        return Introduction(self.url, env, accounts)

    def person(self, role: str) -> Person:
        """A seeded person by the role in the introduction: owner, manager, editor, person, person2."""
        return self._roles[role]

    async def start(self) -> None:
        """Listens. After `stop` it comes back on the same port with the same state."""
        self.faults.closing.clear()
        self._server.app = self._application()
        await self._server.start()
        self._settle_domain((self.public_url or self._server.url).replace("{port}", str(self._server.port)))

    async def stop(self) -> None:
        """Closes the port, and the connections that hang."""
        self.faults.closing.set()
        await self._server.stop()

    def _seed(self, dice: random.Random) -> None:
        """The main client and the people that are there from the start, each with a password of their own."""
        main = {"client_id": self.state.main_id, "name": "Encvoy ID", "token_endpoint_auth_method": "none"}
        self.clients.create(self.state.iso(), main)
        self.state.seed_rules(first_id=dice.randrange(3, 40))
        seeds: dict[str, tuple[str, Role, dict[str, str]]] = {
            "owner": ("root", Role.OWNER, {"public_profile_claims_oauth": ""}),
            "manager": ("ssobot", Role.ADMIN, {"nickname": "Single sign-on"}),
            "editor": ("administrator", Role.EDITOR, {"nickname": "Administrator"}),
            "person": ("plain1", Role.USER, {"nickname": "Plain One", "email": "plain1@people.example"}),
            "person2": ("plain2", Role.USER, {"nickname": "Plain Two"}),
        }
        for name, (login, role, profile) in seeds.items():
            person = self.people.add(login, secrets.token_urlsafe(15), **profile)
            self.people.roles[(self.state.main_id, person.id)] = role
            self._roles[name] = person
        self.management.make_organisation(self._roles["manager"])

    def _settle_domain(self, domain: str) -> None:
        """Sets DOMAIN, and the addresses that are made from it."""
        self.state.domain = domain
        self.main.update(
            domain=domain, redirect_uris=[f"{domain}/code", f"{domain}/login"], post_logout_redirect_uris=[domain]
        )
        for row in self.clients.by_id.values():
            if row["name"].startswith("Org") and row["parent_id"] is None and not row["domain"]:
                row.update(domain=domain, redirect_uris=[domain], post_logout_redirect_uris=[domain])

    def _application(self) -> web.Application:
        app = web.Application(
            client_max_size=BODY_LIMIT,
            middlewares=[observe(self.ledger, self.faults, self._who), self._answer_errors],
        )
        for room in self._rooms:
            app.add_routes(room.routes())
        app.router.add_get(looks.STYLESHEET, looks.stylesheet)
        app.router.add_route("*", "/{tail:.*}", self._elsewhere)
        return app

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        """The provider, the dashboard's token proxy, and the dashboard for all the rest."""
        answer = await self.provider.handle(request)
        if answer is not None:
            return answer
        if request.path.startswith("/api"):
            raise ApiError(404, text=f"Cannot {request.method} {request.path_qs}")
        if request.path.startswith("/auth/"):
            return web.json_response({"error": "Internal Server Error"}, status=500)
        return web.Response(text=DASHBOARD, content_type="text/html")

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The exception filter of the backend, which does not handle every exception, and the proxy's time limit."""
        try:
            return await handler(request)
        except ApiError as error:
            return self._filtered(request, error)
        except Hang:
            return await self._hang(request)

    async def _hang(self, request: web.Request) -> web.Response:
        """No answer until the proxy gives up; none at all if the stand-in closes first."""
        try:
            async with asyncio.timeout(self.switches.hang_seconds):
                await self.faults.closing.wait()
        except TimeoutError:
            return web.Response(status=504, text=NGINX_504, content_type="text/html")
        raise dropped(request)

    def _filtered(self, request: web.Request, error: ApiError) -> web.Response:
        body = {
            "statusCode": error.status,
            "timestamp": self.state.iso(),
            "path": request.path_qs,
            "message": localized(error.code, self.settings.default_language) if error.code else error.text,
            "errorCode": f"translation.errors.{error.code}" if error.code else None,
        }
        more = {} if error.details is None else {"details": error.details}
        return web.json_response(body | more, status=error.status)

    def _who(self, request: web.Request) -> str | None:
        """Id of the user whose token was sent."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self.state.vault.credentials.get(value) if scheme == "Bearer" else None
        return str(token.account_id) if token else None
