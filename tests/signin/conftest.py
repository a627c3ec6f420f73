"""Encvoy ID's stand-in, and before it just enough of a Rocket.Chat with the legacy login engine
(facts/rocketchat.md §3.3) to sign in to."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.serving import Server

SERVICE = "encvoyid"


@dataclass
class LittleChat:
    """Its answers are what the fields say; `users` maps `sub` to what the identity said."""

    identity: EncvoyStandIn
    url: str = ""
    site_url: str = ""
    login_style: str = "redirect"
    authorize_path: str = "/oidc/auth"
    button: bool = True
    client_id: str = ""
    secret: str = ""
    refuses: dict[str, Any] | None = None
    """What the method `login` answers instead."""
    page: str | None = None
    """What the callback answers instead."""
    status: int = 200
    """Of the public settings."""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    parked: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    """Credential token to (secret, sub); neither where the exchange failed."""
    logins: int = 0
    errors_are_400: bool = True
    """As since 8.0; before, a method's error came with a 200 (facts/rocketchat.md §1.7)."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/settings.public", self.settings),
            web.get("/api/v1/settings.oauth", self.services),
            web.get(f"/_oauth/{SERVICE}", self.callback),
            web.post("/api/v1/method.callAnon/login", self.login),
        ]

    async def settings(self, request: web.Request) -> web.Response:
        values = {"Site_Url": self.site_url + "/"}
        rows = [{"_id": name, "value": values[name]} for name in request.query["_id"].split(",") if name in values]
        return web.json_response({"settings": rows, "success": True}, status=self.status)

    async def services(self, request: web.Request) -> web.Response:
        custom = {
            "service": SERVICE,
            "custom": True,
            "clientId": self.client_id,
            "serverURL": self.identity.url,
            "authorizePath": self.authorize_path,
            "scope": "openid profile email",
            "loginStyle": self.login_style,
        }
        built_in = {"name": "github", "clientId": "g", "custom": False}
        return web.json_response({"services": [built_in, *([custom] if self.button else [])], "success": True})

    async def callback(self, request: web.Request) -> web.Response:
        state = json.loads(base64.b64decode(request.query["state"]))
        self.states.append(state)
        self.queries.append(dict(request.query))
        token, secret = state["credentialToken"], secrets.token_urlsafe(32)
        sub = await self._exchange(request.query["code"]) if "code" in request.query else None
        self.parked[token] = (secret, sub) if sub else (None, "")
        config = {
            "setCredentialToken": bool(sub),
            "credentialToken": token,
            "credentialSecret": secret if sub else None,
        }
        shown = (
            f'<html><body><div id="config" style="display:none;">{html.escape(json.dumps(config))}</div></body></html>'
        )
        return web.Response(text=self.page if self.page is not None else shown, content_type="text/html")

    async def _exchange(self, code: str) -> str | None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self.site_url}/_oauth/{SERVICE}{'' if self.login_style else '?close'}",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{self.identity.url}/oidc/token", data=form) as answer:
                if answer.status != 200:
                    return None
                access = (await answer.json())["access_token"]
            async with http.get(
                f"{self.identity.url}/oidc/me", headers={"Authorization": f"Bearer {access}"}
            ) as answer:
                claims = await answer.json()
        self.users[claims["sub"]] = claims
        return str(claims["sub"])

    async def login(self, request: web.Request) -> web.Response:
        oauth = json.loads((await request.json())["message"])["params"][0]["oauth"]
        self.logins += 1
        secret, sub = self.parked.pop(oauth["credentialToken"], (None, ""))
        answer: dict[str, Any]
        if self.refuses is not None:
            answer = {"error": self.refuses}
        elif secret is None or secret != oauth["credentialSecret"]:
            answer = {"error": {}}
        else:
            answer = {"result": {"id": f"user{sub}", "token": secrets.token_urlsafe(32), "type": "oauth"}}
        message = json.dumps({"msg": "result", "id": "1"} | answer)
        failed = "error" in answer and self.errors_are_400
        return web.json_response({"success": not failed, "message": message}, status=400 if failed else 200)


@pytest.fixture
async def identity() -> AsyncIterator[EncvoyStandIn]:
    standin = EncvoyStandIn()
    await standin.start()
    yield standin
    await standin.stop()


@pytest.fixture
async def chat(identity: EncvoyStandIn) -> AsyncIterator[LittleChat]:
    """Joined to Encvoy ID by an application of its own, with the rules for login and email."""
    little = LittleChat(identity)
    app = web.Application()
    app.add_routes(little.routes())
    server = Server(app)
    await server.start()
    little.url = little.site_url = server.url
    row = identity.clients.create(
        identity.state.iso(),
        {
            "name": "Rocket.Chat",
            "domain": server.url,
            "redirect_uris": [f"{server.url}/_oauth/{SERVICE}"],
            "parent_id": identity.state.main_id,
        },
    )
    little.client_id, little.secret = row["client_id"], row["client_secret"]
    identity.clients.rules[row["client_id"]] = [identity.state.rule("login").id, identity.state.rule("email").id]
    yield little
    await server.stop()
