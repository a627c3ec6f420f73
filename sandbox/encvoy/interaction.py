"""The login interaction: password, profile steps, publicity, consent.

Source: facts/encvoy-id.md §6 "Login, HTTP step by step" and §2 "Claims". Any answer but a redirect means that the login
is not finished: a wrong password, too, is answered with 201 and a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.encvoy import cookies as names
from sandbox.encvoy.answers import localized, no_strings, unexpected
from sandbox.encvoy.bodies import json_object
from sandbox.encvoy.clients import Record
from sandbox.encvoy.cookies import Cookies
from sandbox.encvoy.grants import Interaction
from sandbox.encvoy.guard import MANAGING
from sandbox.encvoy.pages import Page
from sandbox.encvoy.people import Person, Role
from sandbox.encvoy.state import State

CREDENTIAL_FIELDS = ("identifier", "password", "prompt")
BROKEN_LIMIT = {"X-RateLimit-Limit": "undefined", "X-RateLimit-Remaining": "NaN"}
"""Sent by the real throttler: its limit is undefined, so it never limits (facts/encvoy-id.md §5)."""


class Interactions:
    """`/api/interaction/:uid` and what is posted there."""

    def __init__(self, state: State, cookies: Cookies, players: Mapping[str, Person]) -> None:
        """`players` are the people whom the page offers to log in as without a password, by role."""
        self.state = state
        self.cookies = cookies
        self._players = players

    def routes(self) -> list[web.RouteDef]:
        """For the application's router."""
        at = "/api/interaction/{uid}"
        return [
            web.get(at, self.show),
            web.post(f"{at}/auth", self.credentials),
            web.post(f"{at}/play", self.play),
            web.post(f"{at}/steps", self.steps),
            web.post(f"{at}/confirm", self.confirm),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The page of an interaction; a consent to the main client is given automatically (step 4)."""
        interaction = self._find(request)
        if interaction is None:
            return self._lost(200)
        if interaction.prompt == "login":
            return self._page(interaction, "login", 200, players=self._offered)
        if interaction.params["client_id"] == self.state.main_id:
            return self._done(interaction)
        return self._page(interaction, "access", 200)

    async def credentials(self, request: web.Request) -> web.Response:
        """Login with identifier and password: 302 if nothing else is wanted, a page with 201 otherwise."""
        interaction = self._find(request)
        if interaction is None:
            return self._lost(201)
        body = await json_object(request)
        problem = _malformed(body)
        if problem or request.query.get("type") != "CREDENTIALS" or interaction.prompt != "login":
            return self._refused(interaction, problem or self._text("T3E0078"))
        person = self.state.people.find(body["identifier"])
        return self._enter(request, interaction, person, body["password"], body["identifier"])

    async def play(self, request: web.Request) -> web.Response:
        """Logs in as one of the sandbox's people without a password. The real Encvoy ID has no such route."""
        interaction = self._find(request)
        person = self._players.get(str((await json_object(request)).get("role")))
        if interaction is None or person is None or interaction.prompt != "login":
            return self._lost(201)
        return self._enter(request, interaction, person, person.password, person.login)

    def _enter(
        self, request: web.Request, interaction: Interaction, person: Person | None, password: str, identifier: str
    ) -> web.Response:
        code = self._refusal(person, password)
        if code:
            return self._refused(interaction, self._text(code), identifier)
        if person is None or person.deleted:
            return Page("recover-account", interaction.uid).response(201)
        interaction.account_id = person.id
        return self._next(request, interaction, person)

    async def steps(self, request: web.Request) -> web.Response:
        """Profile fields that were missing, or the consent to show fields to applications."""
        interaction = self._find(request)
        person = self._person(interaction)
        if interaction is None or person is None:
            return self._lost(201)
        body = await json_object(request)
        if str(body.get("public_profile_consent", "")) == "true":
            person.publish(*self._unpublished(interaction, person))
        for name in self._empty(interaction, person):
            if body.get(name):
                setattr(person, name, str(body[name]))
        answer = self._next(request, interaction, person)
        answer.headers.update(BROKEN_LIMIT)
        return answer

    async def confirm(self, request: web.Request) -> web.Response:
        """Consent to an ordinary client. From now on the person has a role row there."""
        interaction = self._find(request)
        person = self._person(interaction)
        if interaction is None or person is None or interaction.prompt != "consent":
            return self._lost(201)
        client_id = interaction.params["client_id"]
        self.state.consents.add((client_id, person.id))
        self.state.people.roles.setdefault((client_id, person.id), Role.USER)
        return self._done(interaction)

    def _refusal(self, person: Person | None, password: str) -> str | None:
        """The error code for these credentials; None if they are right."""
        if not self.state.switches.password_login:
            return "T3E0030"
        if person is None:
            return "T3E0003"
        if not person.has_password(password):
            return "T3E0072"
        return "T3E0024" if person.blocked else None

    def _next(self, request: web.Request, interaction: Interaction, person: Person) -> web.Response:
        """The next thing that this person has to do before the request goes on."""
        main = interaction.params["client_id"] == self.state.main_id
        settings = self.state.settings
        if not (main and person.id == 1):
            if self.state.switches.login_route:
                return self._page(interaction, self.state.switches.login_route)
            if settings.two_factor_authentication and "login" in settings.controlled_methods:
                return self._page(interaction, "identifiers")
            if not self._may_enter(interaction, person):
                return self._refused(interaction, self._text("T3E0026"))
            empty = self._empty(interaction, person)
            if empty:
                return self._page(interaction, "steps", fields=empty)
            hidden = self._unpublished(interaction, person)
            if hidden:
                return self._page(interaction, "publicity", fields=hidden)
        self.state.log("USER_LOGIN_SUCCESS", person, interaction.params["client_id"], request)
        return self._done(interaction)

    def _may_enter(self, interaction: Interaction, person: Person) -> bool:
        only_admins = self._client(interaction).get("authorize_only_admins")
        if not only_admins and not self.state.settings.authorize_only_admins:
            return True
        where = interaction.params["client_id"], self.state.main_id
        return any(self.state.people.role(client_id, person) in MANAGING for client_id in where)

    def _empty(self, interaction: Interaction, person: Person) -> tuple[str, ...]:
        """Fields that must be filled in: those that everybody must have, and those that this application asks for."""
        client_id = interaction.params["client_id"]
        spared = client_id != self.state.main_id and self.state.settings.ignore_required_fields_for_clients
        wanted = [] if spared else [rule for rule in self.state.rules.values() if rule.required]
        wanted += self.state.attached(client_id)
        fields = dict.fromkeys(rule.field_name for rule in wanted if rule.active)
        return tuple(field for field in fields if not person.profile_value(field))

    def _unpublished(self, interaction: Interaction, person: Person) -> tuple[str, ...]:
        attached = self.state.attached(interaction.params["client_id"])
        return tuple(rule.field_name for rule in attached if rule.active and rule.field_name not in person.published)

    def _find(self, request: web.Request) -> Interaction | None:
        uid = self.cookies.read(request, names.INTERACTION)
        return self.state.vault.interaction(uid) if uid == request.match_info["uid"] else None

    def _person(self, interaction: Interaction | None) -> Person | None:
        return self.state.people.by_id.get(interaction.account_id or 0) if interaction else None

    def _client(self, interaction: Interaction) -> Record:
        return self.state.clients.by_id.get(interaction.params["client_id"], {"client_id": "", "name": ""})

    @property
    def _offered(self) -> Mapping[str, str]:
        return {role: f"{person.nickname} ({person.login})" for role, person in self._players.items()}

    def _text(self, code: str) -> str:
        return localized(code, self.state.settings.default_language)

    def _done(self, interaction: Interaction) -> web.Response:
        """A relative redirect back to the provider."""
        interaction.done = True
        location = f"{self.state.switches.oidc_prefix}/auth/{interaction.uid}"
        return web.Response(status=302, headers={"Location": location})

    def _refused(self, interaction: Interaction, message: str, identifier: str = "") -> web.Response:
        return self._page(interaction, "error", message=message, identifier=identifier, players=self._offered)

    def _lost(self, status: int) -> web.Response:
        """The cookies are lost, or the interaction has ended."""
        page = Page("error", "", message=self._text("T3E0078"), detail="Interaction details failed: 500")
        return page.response(status)

    def _page(self, interaction: Interaction, route: str, status: int = 201, **shown: Any) -> web.Response:
        return Page(route, interaction.uid, str(self._client(interaction)["name"]), **shown).response(status)


def _malformed(body: dict[str, Any]) -> str:
    """The validation messages for a login, empty if there are none. They stay English."""
    return ", ".join(unexpected(body, CREDENTIAL_FIELDS) + no_strings(body, CREDENTIAL_FIELDS))
