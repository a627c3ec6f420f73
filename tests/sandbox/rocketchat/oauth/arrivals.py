"""A workspace's people and settings, and a way in for whoever has the claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.oauth.claims import identity_of
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.hooks import Hooks
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.settings import Settings
from sandbox.rocketchat.workspace_settings import seed, workspace_settings
from tests.sandbox.rocketchat.oauth.situations import SERVICE

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ADA: dict[str, Any] = {"login": "ada", "name": "Ada", "email": "ada@people.example"}
NAMELESS: dict[str, Any] = {"login": "ada", "name": "Ada"}
"""Without an address, so nobody is found by it."""
EXISTS = "User with username ada already exists [CustomOAuth]"
TAKEN_NAME = "Username already exists. [403]"
TAKEN_ADDRESS = "Email already exists. [403]"


@dataclass
class World:
    """People and settings of a workspace with one login engine; there is an administrator."""

    engine: Engine = Engine.LEGACY
    people: People = field(default_factory=lambda: People(lambda: NOW))
    settings: Settings = field(default_factory=lambda: Settings(Ledger(), lambda _: False))

    def __post_init__(self) -> None:
        seed(self.settings, workspace_settings("https://chat.example", "x", modern_flow=True))
        self.people.add("admin", roles=["admin", "user"], emails=[{"address": "admin@chat.example", "verified": True}])
        self.accounts = AccountResolver(self.people, self.settings, Hooks(self.engine))

    def come(self, fields: dict[str, Any] | None = None, service: str = SERVICE, **claims: Any) -> User:
        """Somebody with these claims signs in; `sub` is 1 unless given."""
        config = {"keyField": "username", "usernameField": "login", "mergeUsers": False, **(fields or {})}
        live = {"service": service, "serverURL": "https://id.example", "identityPath": "/me", **config}
        return resolve(identity_of({"sub": "1", **claims}, live, self.engine), live, self.accounts)

    def refusal(self, fields: dict[str, Any] | None = None, **claims: Any) -> str:
        """How they are refused; nobody is made."""
        before = len(self.people)
        with pytest.raises((MeteorError, PlainError)) as caught:
            self.come(fields, **claims)
        assert len(self.people) == before
        return str(caught.value)

    def local(self, username: str = "ada", address: str = "local@people.example", *, verified: bool = True) -> User:
        """An account from before single sign-on."""
        emails = [{"address": address, "verified": verified}]
        return self.people.add(username, name="Ada", password="p", emails=emails)
