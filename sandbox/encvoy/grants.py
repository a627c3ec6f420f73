"""Sessions, grants, codes and tokens: what the provider stores, and when each of them expires.

Life times are those of facts/encvoy-id.md §2. A token is valid while its grant and its session are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SESSION_TTL = GRANT_TTL = INTERACTION_TTL = 86400
CODE_TTL = PAR_TTL = 60
ID_TOKEN_TTL = 1800


def nano_id() -> str:
    """An opaque id of 21 characters, for what is not a credential."""
    return secrets.token_urlsafe(16)[:21]


def opaque() -> str:
    """The value of a code or token: 43 characters."""
    return secrets.token_urlsafe(32)


@dataclass
class Session:
    """The login session of a browser."""

    account_id: int
    expires: float
    uid: str = field(default_factory=nano_id)
    xsrf: str = field(default_factory=nano_id)
    """What the form of the logout must send back."""
    return_to: str | None = None
    """Where the logout that another person's login requires leads."""
    grants: dict[str, str] = field(default_factory=dict)
    """client_id to the id of the grant that lives in this session."""


@dataclass
class Grant:
    """One person's consent to one client, made by one login."""

    client_id: str
    account_id: int
    expires: float
    id: str = field(default_factory=nano_id)


@dataclass
class Credential:
    """A code, an access token or a refresh token."""

    kind: str
    """`code`, `access` or `refresh`."""
    client_id: str
    account_id: int
    grant_id: str
    session_uid: str
    scope: str
    issued: float
    expires: float
    details: dict[str, Any] = field(default_factory=dict)
    """What only a code or only a refresh token carries: redirect_uri, nonce, code_challenge, auth_time."""
    consumed: bool = False
    value: str = field(default_factory=opaque)


@dataclass
class Interaction:
    """An authorization request that waits for a person's login or consent."""

    params: dict[str, str]
    prompt: str
    """`login` or `consent`."""
    expires: float
    session_uid: str | None
    account_id: int | None = None
    """Who has logged in or consented; None until then."""
    done: bool = False
    par: str | None = None
    """Id of the pushed request that is used up when this one succeeds."""
    uid: str = field(default_factory=nano_id)

    @property
    def logged_in(self) -> int | None:
        """The person who has just logged in; None before that, and for a consent."""
        return self.account_id if self.prompt == "login" and self.done else None


@dataclass
class Pushed:
    """A pushed authorization request."""

    client_id: str
    params: dict[str, str]
    expires: float
    consumed: bool = False


@dataclass
class GrantStore:
    """The provider's store. Everything is looked up by its id; what has expired is not found."""

    now: Callable[[], float]
    sessions: dict[str, Session] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    pushed: dict[str, Pushed] = field(default_factory=dict)

    def session(self, uid: str | None) -> Session | None:
        """A session that is still alive."""
        session = self.sessions.get(uid or "")
        return session if session and session.expires > self.now() else None

    def grant(self, grant_id: str) -> Grant | None:
        """A grant that is still alive."""
        grant = self.grants.get(grant_id)
        return grant if grant and grant.expires > self.now() else None

    def interaction(self, uid: str | None) -> Interaction | None:
        """An interaction that is still open."""
        found = self.interactions.get(uid or "")
        return found if found and found.expires > self.now() else None

    def alive(self, credential: Credential) -> bool:
        """Whether it, its grant and its session are all there."""
        return (
            credential.expires > self.now()
            and self.grant(credential.grant_id) is not None
            and self.session(credential.session_uid) is not None
        )

    def token(self, value: str) -> Credential | None:
        """A valid access or refresh token."""
        found = self.credentials.get(value)
        return found if found and found.kind != "code" and not found.consumed and self.alive(found) else None

    def keep(self, credential: Credential) -> Credential:
        """Stores and returns it."""
        self.credentials[credential.value] = credential
        return credential

    def revoke(self, grant_id: str) -> None:
        """Destroys a grant and everything issued from it, used tokens included."""
        self.grants.pop(grant_id, None)
        self.credentials = {key: held for key, held in self.credentials.items() if held.grant_id != grant_id}
