"""Who is asking the management API, and with which role.

Source: facts/encvoy-id.md §6 "Rules of the guard" and the table in §5.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from aiohttp import web

from sandbox.encvoy.answers import ApiError
from sandbox.encvoy.people import Person, Role
from sandbox.encvoy.state import State

FULL_RIGHTS = frozenset({Role.OWNER, Role.EDITOR})
"""Roles in the main client that count in every client."""
EVERY_ROLE = frozenset(Role)
MANAGING = FULL_RIGHTS | {Role.ADMIN}
"""Roles in a client that may change it, and in the main client that may create others."""


@dataclass(frozen=True)
class Actor:
    """The caller. `person` is None without an Authorization header."""

    person: Person | None = None
    main_role: Role | None = None
    """The role in the main client."""

    @property
    def privileged(self) -> bool:
        """OWNER or EDITOR of the main client, which counts everywhere."""
        return self.main_role in FULL_RIGHTS


class Guard:
    """Turns an Authorization header into an actor."""

    def __init__(self, state: State) -> None:
        self.state = state

    def actor(self, request: web.Request) -> Actor:
        """The actor of a request; ApiError for an invalid Authorization header."""
        header = request.headers.get("Authorization")
        if header is None or header == "Bearer undefined":
            return Actor()
        scheme, _, value = header.partition(" ")
        if scheme == "Bearer" and value:
            person = self._by_token(value)
        elif scheme == "Basic":
            person = self._by_password(value)
        else:
            raise ApiError(400, "T3E0061")
        role = self.state.people.role(self.state.main_id, person)
        if role is None:
            raise ApiError(400, "T3E0059")
        if person.deleted and role is not Role.OWNER:
            raise ApiError(403, text="DELETED")
        if person.blocked and role is not Role.OWNER:
            raise ApiError(403, "T3E0024")
        return Actor(person, role)

    def role_in(self, actor: Actor, client_id: str) -> Role | None:
        """The role that counts for a path with that client id."""
        return actor.main_role if actor.privileged else self.state.people.role(client_id, actor.person)

    def require_known(self, actor: Actor, roles: frozenset[Role] = EVERY_ROLE) -> Person:
        """The person, if somebody is logged in and holds one of the roles in the main client."""
        if actor.person is None or actor.main_role not in roles:
            raise ApiError(403, text="Forbidden resource")
        return actor.person

    def managed(self, request: web.Request) -> str:
        """The client id in the path, if the caller may change that client: its OWNER or EDITOR and, because of a bug of
        the real one, a manager the main client."""
        actor = self.actor(request)
        self.require_known(actor)
        client_id = request.match_info["client_id"]
        if self.role_in(actor, client_id) not in MANAGING:
            raise ApiError(403, "T3E0026")
        return client_id

    def _by_token(self, value: str) -> Person:
        """By introspection as the main client, over the public URL: that call itself may fail."""
        status = self.state.switches.introspection_status
        if status != 200:
            tail = f"Token introspection failed: {status}"
            raise ApiError(500, text=f"Invalid token: {tail}", details=tail)
        token = self.state.vault.token(value)
        person = self.state.people.by_id.get(token.account_id) if token else None
        if token is None or person is None or token.client_id != self.state.main_id or token.kind != "access":
            raise ApiError(401, "T3E0068")
        return person

    def _by_password(self, value: str) -> Person:
        """`login:password`, in development only. A wrong one is 403, not 401."""
        if self.state.switches.node_env != "development":
            raise ApiError(403, "T3E0077")
        try:
            decoded = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise ApiError(400, "T3E0060") from None
        identifier, colon, password = decoded.partition(":")
        if not identifier or not colon or not password:
            raise ApiError(400, "T3E0060")
        if "@" in identifier and "email" not in self.state.settings.allowed_login_fields.split():
            raise ApiError(403, "T3E0073")
        person = self.state.people.find(identifier)
        if person is None:
            raise ApiError(403, "T3E0003")
        if not person.has_password(password):
            raise ApiError(403, "T3E0072")
        return person
