"""REST routes `login` and `logout` (facts/rocketchat.md §1.3)."""

from __future__ import annotations

import hmac
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import User, digest
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestCall, RestResponse, Route
from sandbox.rocketchat.rest.users import own_profile
from sandbox.rocketchat.workspace import Workspace


def register(api: Api, workspace: Workspace) -> None:
    """Declares them."""
    routes = LoginRoutes(workspace)
    api.route(Route("POST", "login", login=False))(routes.login)
    api.route(Route("POST", "logout"))(routes.logout)
    api.route(Route("GET", "logout", until="8.0"))(routes.logout)


class LoginRoutes:
    """The handlers."""

    def __init__(self, workspace: Workspace) -> None:
        self._people = workspace.people
        self._second_factor = workspace.second_factor
        self._version = workspace.version

    def login(self, call: RestCall) -> Document | RestResponse:
        """By password or by a token that is kept (`resume`)."""
        body = call.body
        try:
            if isinstance(body.get("resume"), str):
                return self._resume(body["resume"])
            user = self._by_password(body)
            code = str(body.get("code") or call.attempt.code)
            self._second_factor.at_login(user, code, call.attempt.method)
        except MeteorError as error:
            return self._refused(error)
        return _welcome(user, self._people.log_in(user))

    def logout(self, call: RestCall) -> Document:
        """Ends the login that the call came with."""
        assert call.token is not None
        self._people.log_out(call.caller, call.token)
        return {"status": "success", "data": {"message": "You've been logged out!"}}

    def _resume(self, token: str) -> Document:
        found = self._people.with_token(token)
        if found is None:
            raise MeteorError("Unauthorized")
        return _welcome(found[0], token)

    def _by_password(self, body: Document) -> User:
        """`user` may be either name; the password plain, or hashed as an object or with `hashed: true`."""
        name = str(body.get("user") or body.get("username") or body.get("email") or "")
        user = self._people.with_address(name) if "@" in name else self._people.named(name)
        given = _digest(body)
        known = user.password_digest if user else None
        if user is None or known is None or given is None or not hmac.compare_digest(known, given):
            raise MeteorError("Unauthorized")
        if not user.active:
            raise MeteorError("error-user-is-not-activated", "User is not activated")
        return user

    def _refused(self, error: MeteorError) -> RestResponse:
        if self._version.major >= 9:
            return RestResponse(401, {"success": False, "error": str(error.code).lower()})
        text = str(error) if error.reason else str(error.code)
        body: Document = {"status": "error", "success": False, "error": error.code, "message": text}
        return RestResponse(401, body | ({"details": error.details} if error.details else {}))


def _digest(body: Document) -> str | None:
    password: Any = body.get("password")
    match password:
        case {"digest": str(given), "algorithm": "sha-256"}:
            return given
        case str() if body.get("hashed"):
            return str(password)
        case str():
            return digest(password)
        case _:
            return None


def _welcome(user: User, token: str) -> Document:
    return {"status": "success", "data": {"userId": user.id, "authToken": token, "me": own_profile(user)}}
