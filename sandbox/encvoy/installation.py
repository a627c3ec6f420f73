"""The rest of the management API: settings, rules, logs, people, and the description of itself.

Source: facts/encvoy-id.md §1, §2, §6 and §10.
"""

from __future__ import annotations

import dataclasses
import random

from aiohttp import web

from sandbox.encvoy.answers import Hang, invalid, no_strings, unexpected
from sandbox.encvoy.bodies import json_object
from sandbox.encvoy.guard import FULL_RIGHTS, Guard
from sandbox.encvoy.people import Role
from sandbox.encvoy.query import Query
from sandbox.encvoy.state import Settings, State

VERSION = "v1.0.10"
LOG_COLUMNS = ("id", "date", "ip_address", "user_id", "client_id", "device", "event", "description", "details")
SETTABLE = {field.name for field in dataclasses.fields(Settings)}
NEW_USER = ("login", "password", "email", "nickname", "given_name", "family_name")


class Installation:
    """Routes that are not about clients."""

    def __init__(self, state: State, guard: Guard, dice: random.Random) -> None:
        self.state = state
        self.guard = guard
        self.dice = dice

    def routes(self) -> list[web.RouteDef]:
        """For the application's router."""
        return [
            web.get("/api", self.swagger),
            web.get("/api-json", self.description),
            web.get("/api/v1/settings", self.settings),
            web.put("/api/v1/settings", self.change_settings),
            web.get("/api/v1/settings/rules", self.rules),
            web.get("/api/v1/logs", self.logs),
            web.post("/api/v1/users", self.create_user),
        ]

    async def swagger(self, request: web.Request) -> web.Response:
        """The page of the API's description, public."""
        text = "<!DOCTYPE html><html><head><title>Swagger UI</title></head><body></body></html>"
        return web.Response(text=text, content_type="text/html")

    async def description(self, request: web.Request) -> web.Response:
        """The only place that tells the version."""
        return web.json_response({"openapi": "3.0.0", "info": {"title": "Encvoy ID", "version": VERSION}, "paths": {}})

    async def settings(self, request: web.Request) -> web.Response:
        """Public in part; the liveness probe."""
        actor = self.guard.actor(request)
        settings = self.state.settings
        return web.json_response(settings.privileged() if actor.privileged else settings.public())

    async def change_settings(self, request: web.Request) -> web.Response:
        """OWNER and EDITOR change single settings."""
        body = await json_object(request)
        self.guard.require_known(self.guard.actor(request), FULL_RIGHTS)
        unknown = unexpected(body, {*SETTABLE, "i18n"})
        if unknown:
            raise invalid(unknown)
        for name, value in body.items():
            if name == "i18n":
                self.state.settings.default_language = str(value["default_language"])
            elif name == "two_factor_authentication" and isinstance(value, dict):
                self.state.settings.two_factor_authentication = bool(value.get("enabled"))
            else:
                setattr(self.state.settings, name, value)
        return web.json_response(self.state.settings.privileged())

    async def rules(self, request: web.Request) -> web.Response:
        """The profile fields that can be asked for, public. Ids differ by installation."""
        return web.json_response([rule.answered() for rule in self.state.rules.values()])

    async def logs(self, request: web.Request) -> web.Response:
        """The installation's log. A filter without user_id makes it hang for OWNER and EDITOR."""
        actor = self.guard.actor(request)
        person = self.guard.require_known(actor)
        query = Query.parse(request.query)
        rows = self.state.logs
        if actor.privileged:
            if query.filter is not None and "user_id" not in query.filter:
                raise Hang
        else:
            mine = self.state.people.clients_of(person, FULL_RIGHTS)
            rows = [row for row in rows if row["client_id"] in mine]
        found, headers = query.select(rows, LOG_COLUMNS, ("event", "description"), self.dice)
        return web.json_response(found, headers=headers)

    async def create_user(self, request: web.Request) -> web.Response:
        """201 with id and nickname. What a new person shows to applications is the setting of that moment."""
        body = await json_object(request)
        self.guard.require_known(self.guard.actor(request), FULL_RIGHTS)
        messages = unexpected(body, NEW_USER) + no_strings(body, ("login", "password"))
        if messages:
            raise invalid(messages)
        profile = {name: body[name] for name in NEW_USER[2:] if body.get(name) is not None}
        published = self.state.settings.default_public_profile_claims_oauth
        person = self.state.people.add(
            body["login"], body["password"], public_profile_claims_oauth=published, **profile
        )
        self.state.people.roles[(self.state.main_id, person.id)] = Role.USER
        self.state.log("USER_CREATE", person, self.state.main_id, request)
        return web.json_response({"id": person.id, "nickname": person.nickname}, status=201)
