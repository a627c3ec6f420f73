"""The management API for clients: create, list, read, update, delete, roles, rules.

Source: facts/encvoy-id.md §3 to §6.
"""

from __future__ import annotations

import asyncio
import random

from aiohttp import web

from sandbox.encvoy import fields
from sandbox.encvoy.answers import ApiError, Hang, invalid
from sandbox.encvoy.bodies import json_body
from sandbox.encvoy.clients import DEFAULTS, Record
from sandbox.encvoy.guard import FULL_RIGHTS, MANAGING, Actor, Guard
from sandbox.encvoy.people import Person, Role
from sandbox.encvoy.query import Query
from sandbox.encvoy.state import State

AT = "/api/v1/clients"


class Management:
    """Routes under `/api/v1/clients`."""

    def __init__(self, state: State, guard: Guard, dice: random.Random) -> None:
        self.state = state
        self.guard = guard
        self.dice = dice
        self.acting: Person | None = None
        """The acting user of the create route, shared by concurrent requests where the race is switched on."""

    def routes(self) -> list[web.RouteDef]:
        """For the application's router; the fixed path comes before the one with an id."""
        one = f"{AT}/{{client_id}}"
        return [
            web.post(AT, self.create),
            web.get(AT, self.list_all),
            web.get(f"{AT}/white-list", self.white_list),
            web.get(one, self.read),
            web.put(one, self.update),
            web.delete(one, self.delete),
            web.put(f"{one}/users/{{user_id}}/role", self.give_role),
            web.post(f"{one}/rules/{{rule_id}}", self.attach_rule),
            web.delete(f"{one}/rules/{{rule_id}}", self.detach_rule),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 with exactly client_id and client_secret."""
        body = await json_body(request)
        actor = await self._acting_for_create(request)
        person = self.guard.require_known(actor, MANAGING)
        row = self._insert(person, fields.for_create(body, form=request.content_type != "application/json"))
        return web.json_response({name: row[name] for name in ("client_id", "client_secret")}, status=201)

    async def _acting_for_create(self, request: web.Request) -> Actor:
        """The guard's actor; with the race, the actor of the last concurrent request (facts/encvoy-id.md §5)."""
        if not self.state.switches.race:
            return self.guard.actor(request)
        try:
            actor = self.guard.actor(request)
        finally:
            self.acting = None
        self.acting = actor.person
        self.guard.require_known(actor, MANAGING)
        await asyncio.sleep(self.state.switches.race_window)
        if self.acting is None:
            raise Hang
        return Actor(self.acting, self.state.people.role(self.state.main_id, self.acting))

    def _insert(self, person: Person, columns: Record) -> Record:
        if not self.state.switches.password_login:
            raise ApiError(500, "T3E0030")
        parents = self.state.people.clients_of(person, FULL_RIGHTS)
        rows = self.state.clients.by_id
        parent = next((name for name in parents if name in rows and rows[name]["parent_id"] is None), None)
        if parent is None:
            raise ApiError(500, "T3E0071")
        row = self.state.clients.create(self.state.iso(), columns | {"parent_id": parent})
        self.state.people.roles[(row["client_id"], person.id)] = Role.OWNER
        return row

    async def list_all(self, request: web.Request) -> web.Response:
        """What the caller can see; no secrets, no redirect URIs."""
        actor = self.guard.actor(request)
        person = self.guard.require_known(actor)
        query = Query.parse(request.query)
        rows = list(self.state.clients.by_id.values())
        if not actor.privileged:
            mine = set(self.state.people.clients_of(person, MANAGING)) - {self.state.main_id}
            rows = [row for row in rows if row["client_id"] in mine or row["parent_id"] in mine]
        found, headers = query.select(rows, tuple(DEFAULTS), ("name", "description", "domain"), self.dice)
        items = [self.state.clients.listed(row, self._roles_in(row["client_id"])) for row in found]
        return web.json_response(items, headers=headers)

    def _roles_in(self, client_id: str) -> int:
        return sum(1 for held, _ in self.state.people.roles if held == client_id)

    async def white_list(self, request: web.Request) -> web.Response:
        """The domains of all clients, for everybody."""
        return web.json_response({"origins": [row["domain"] for row in self.state.clients.by_id.values()]})

    async def read(self, request: web.Request) -> web.Response:
        """The full form for whoever may change the client, the short one for everybody else, and no 404."""
        actor = self.guard.actor(request)
        client_id = request.match_info["client_id"]
        row = self.state.clients.by_id.get(client_id)
        role = self.guard.role_in(actor, client_id)
        if actor.person is not None and role is None:
            raise ApiError(403, "T3E0026")
        if row is None:
            return web.json_response({"rules": []}) if actor.privileged else web.Response(text="")
        if role not in FULL_RIGHTS:
            return web.json_response(self.state.clients.short(row))
        rules = [rule.answered() for rule in self.state.attached(client_id)]
        more = {"type": None, "parent": self.state.clients.parent(row), "rules": rules}
        return web.json_response(row | more)

    async def update(self, request: web.Request) -> web.Response:
        """Partial update; in force at once, a new secret included."""
        body = await json_body(request)
        client_id = self.guard.managed(request)
        columns = fields.for_update(body, main=client_id == self.state.main_id)
        row = self.state.clients.by_id.get(client_id)
        if row is None:
            raise Hang
        self.state.update_client(row, columns)
        return web.json_response(row)

    async def delete(self, request: web.Request) -> web.Response:
        """200 and empty, also for a client that does not exist."""
        client_id = self.guard.managed(request)
        if client_id == self.state.main_id:
            raise ApiError(400, "T3E0067")
        self._remove(client_id)
        return web.Response(text="")

    def _remove(self, client_id: str) -> None:
        """Deletes a client and its children, with their roles and consents."""
        for gone in self.state.clients.delete(client_id):
            self.state.people.forget_client(gone)
            self.state.consents = {consent for consent in self.state.consents if consent[0] != gone}

    async def give_role(self, request: web.Request) -> web.Response:
        """204; ADMIN only in the main client, where it also makes an organisation client. Any other role there takes
        the organisation away again, with every application in it (facts/encvoy-id.md §6)."""
        body = await json_body(request)
        client_id, user_id = self.guard.managed(request), request.match_info["user_id"]
        wanted = body.get("role") if isinstance(body, dict) else None
        if wanted not in ("EDITOR", "ADMIN", "USER"):
            raise invalid(["role must be one of the following values: EDITOR, ADMIN, USER"])
        key = (client_id, int(user_id) if user_id.isdigit() else 0)
        if key not in self.state.people.roles:
            raise Hang
        if wanted == "ADMIN" and client_id != self.state.main_id:
            raise ApiError(400, "T3E0067")
        before, self.state.people.roles[key] = self.state.people.roles[key], Role(wanted)
        if client_id == self.state.main_id and before is Role.ADMIN and wanted != "ADMIN":
            self.dissolve_organisation(self.state.people.by_id[key[1]])
        if wanted == "ADMIN":
            self.make_organisation(self.state.people.by_id[key[1]])
        return web.Response(status=204)

    def dissolve_organisation(self, person: Person) -> None:
        """When a manager loses the role: deletes the organisation and, by cascade, its applications."""
        for row in list(self.state.clients.by_id.values()):
            if row["name"] == f"Org{person.id}":
                self._remove(row["client_id"])

    def make_organisation(self, person: Person) -> Record:
        """The client `Org<id>` that a manager's applications belong to (facts/encvoy-id.md §6)."""
        columns = {"name": f"Org{person.id}", "domain": self.state.domain, "redirect_uris": [self.state.domain]}
        row = self.state.clients.create(self.state.iso(), columns)
        self.state.people.roles[(row["client_id"], person.id)] = Role.OWNER
        return row

    async def attach_rule(self, request: web.Request) -> web.Response:
        """201 and empty, idempotent. An unknown rule breaks a foreign key, which is a hang."""
        client_id, rule_id = self._rule(request)
        attached = self.state.clients.rules.setdefault(client_id, [])
        if rule_id not in self.state.rules or client_id not in self.state.clients.by_id:
            raise Hang
        if rule_id not in attached:
            attached.append(rule_id)
        return web.Response(status=201)

    async def detach_rule(self, request: web.Request) -> web.Response:
        """204, idempotent."""
        client_id, rule_id = self._rule(request)
        attached = self.state.clients.rules.get(client_id, [])
        if rule_id in attached:
            attached.remove(rule_id)
        return web.Response(status=204)

    def _rule(self, request: web.Request) -> tuple[str, int]:
        client_id, rule_id = self.guard.managed(request), request.match_info["rule_id"]
        if client_id == self.state.main_id:
            raise ApiError(400, "T3E0026")
        return client_id, int(rule_id) if rule_id.isdigit() else 0
