"""Who there is: users, their passwords and tokens, and what their roles allow (facts/rocketchat.md §1.1, §1.2, §2.7).

Only hashes of tokens are kept: base64(sha256(token)), as in `services.resume.loginTokens` of the real server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.permissions import Role, default_permissions, default_roles
from sandbox.rocketchat.problems import MeteorError

TOKEN_LIFE = timedelta(days=90)
"""`Accounts_LoginExpiration`; personal access tokens do not expire."""

_LISTED = frozenset(
    {"_id", "name", "username", "emails", "roles", "status", "active", "lastLogin", "type", "avatarETag", "federated"}
)
_PRIVILEGED = frozenset({"emails", "roles", "lastLogin"})
"""What only `view-full-other-user-info` shows of others in a list."""


def hashed(token: str) -> str:
    """What is kept of a token."""
    return base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()


def digest(password: str) -> str:
    """What a client sends instead of a password, and the code of the factor `password`: lower-case hex SHA-256."""
    return hashlib.sha256(password.encode()).hexdigest()


@dataclass
class ResumeToken:
    """One entry of `services.resume.loginTokens`. `name` is set for personal access tokens only."""

    hashed: str
    when: datetime
    name: str | None = None
    last_part: str = ""
    bypass_two_factor: bool = False
    authorized_until: datetime | None = None
    """Until when the second factor is remembered for it …"""
    authorized_fingerprint: str = ""
    """… and for which client."""

    @property
    def personal(self) -> bool:
        """Whether it is a personal access token."""
        return self.name is not None


@dataclass
class User:
    """One account. Times are aware, in UTC."""

    id: str
    username: Any
    """A text, empty for somebody who came in by single sign-on and hasn't chosen one yet. Where a claim of single
    sign-on was something else (a number, a list) it is that (facts/rocketchat.md §16)."""
    created_at: datetime
    name: str = ""
    emails: list[Document] = field(default_factory=list)
    """`{address, verified}`, the first one is the main one."""
    roles: list[str] = field(default_factory=lambda: ["user"])
    type: str = "user"
    active: bool = True
    status: str = "offline"
    status_text: str = ""
    password_digest: str | None = None
    """Hex SHA-256 of the password; None for somebody who has none. (The real server keeps bcrypt of this digest.)"""
    require_password_change: bool = False
    services: Document = field(default_factory=dict)
    """By login service: `{"encvoyid": {"id": "42", …}}`; also `totp` and `email2fa`."""
    tokens: list[ResumeToken] = field(default_factory=list)
    updated_at: datetime | None = None
    last_login: datetime | None = None
    reason: str = ""
    custom_fields: Document = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """E-mail addresses."""
        return [email["address"] for email in self.emails]

    def has_address(self, address: str) -> bool:
        """Whether an e-mail address is theirs; letter case doesn't count."""
        return address.lower() in (str(known).lower() for known in self.addresses)

    def basic(self) -> Document:
        """What everybody may see of them. No roles (facts/rocketchat.md §6)."""
        document: Document = {"_id": self.id, "name": self.name, "status": self.status, "utcOffset": 0}
        if self.username:
            document["username"] = self.username
        if self.status_text:
            document["statusText"] = self.status_text
        return document | {"type": self.type, "active": self.active}

    def listed(self, *, privileged: bool) -> Document:
        """What `users.list` shows of them: never `services` (facts/rocketchat.md §6)."""
        names = _LISTED if privileged else _LISTED - _PRIVILEGED
        return {name: value for name, value in self.full().items() if name in names}

    def full(self) -> Document:
        """What they themselves and `view-full-other-user-info` see: IUser without `services`."""
        document = self.basic() | {
            "createdAt": self.created_at,
            "_updatedAt": self.updated_at or self.created_at,
            "roles": list(self.roles),
            "emails": [dict(email) for email in self.emails],
            "statusConnection": self.status,
        }
        if self.last_login:
            document["lastLogin"] = self.last_login
        if self.require_password_change:
            document["requirePasswordChange"] = True
        if self.reason:
            document["reason"] = self.reason
        return document | ({"customFields": self.custom_fields} if self.custom_fields else {})


class People:
    """All users, roles and permissions. `permissions` and `roles` may be changed by a test."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.founded = now()
        """Since when the roles and permissions are as they are."""
        self._users: dict[str, User] = {}
        self.roles: dict[str, Role] = default_roles()
        self.permissions: dict[str, set[str]] = default_permissions()

    def __iter__(self) -> Iterator[User]:
        return iter(list(self._users.values()))

    def __len__(self) -> int:
        return len(self._users)

    def now(self) -> datetime:
        """The wall clock."""
        return self._now()

    # Finding.

    def get(self, user_id: str) -> User | None:
        """By id."""
        return self._users.get(user_id)

    def named(self, username: str) -> User | None:
        """By username; letter case doesn't count, nor does a leading @."""
        wanted = username.removeprefix("@").lower()
        return next((user for user in self if user.username and str(user.username).lower() == wanted), None)

    def with_address(self, address: str) -> User | None:
        """By e-mail address; letter case doesn't count."""
        return next((user for user in self if user.has_address(address)), None)

    def with_token(self, token: str) -> tuple[User, ResumeToken] | None:
        """By login token or personal access token: its owner and its entry; None if it is unknown or expired, or the
        owner deactivated."""
        wanted = hashed(token)
        for user in self:
            for entry in user.tokens:
                if hmac.compare_digest(entry.hashed, wanted):
                    expired = not entry.personal and entry.when + TOKEN_LIFE <= self._now()
                    return None if expired or not user.active else (user, entry)
        return None

    # Adding and removing.

    def add(
        self,
        username: str,
        *,
        name: str = "",
        password: str | None = None,
        roles: Iterable[str] = ("user",),
        emails: Iterable[Document] = (),
        kind: str = "user",
        active: bool = True,
        created_at: datetime | None = None,
        services: Document | None = None,
        user_id: str | None = None,
    ) -> User:
        """A new account; MeteorError 403 if the username or an address is taken, without regard to case."""
        if username and self.named(username):
            raise MeteorError(403, "Username already exists.")
        addresses = [dict(email) for email in emails]
        if any(self.with_address(email["address"]) for email in addresses):
            raise MeteorError(403, "Email already exists.")
        user = User(
            user_id or random_id(),
            username,
            created_at or self._now(),
            name=name,
            emails=addresses,
            roles=list(roles),
            type=kind,
            active=active,
            password_digest=None if password is None else digest(password),
            services=dict(services or {}),
        )
        self.put(user)
        return user

    def put(self, user: User) -> None:
        """Keeps a new account as it is."""
        self._users[user.id] = user

    def delete(self, user: User) -> None:
        """Deletes an account; harmless if it is gone."""
        self._users.pop(user.id, None)

    def touch(self, user: User) -> None:
        """Notes that a user was changed just now."""
        user.updated_at = self._now()

    # Tokens.

    def log_in(self, user: User) -> str:
        """A new login token."""
        token = secrets.token_urlsafe(32)
        user.tokens.append(ResumeToken(hashed(token), self._now()))
        user.last_login = self._now()
        return token

    def log_out(self, user: User, token: ResumeToken) -> None:
        """Ends one login."""
        user.tokens = [entry for entry in user.tokens if entry is not token]

    def personal_token(self, user: User, name: str, *, bypass_two_factor: bool = False) -> str:
        """A personal access token; `error-token-already-exists` if the name is used."""
        if self.find_personal_token(user, name):
            raise MeteorError("error-token-already-exists", "A token with this name already exists")
        token = secrets.token_urlsafe(32)
        user.tokens.append(ResumeToken(hashed(token), self._now(), name, token[-6:], bypass_two_factor))
        return token

    def find_personal_token(self, user: User, name: str) -> ResumeToken | None:
        """A personal access token by its name."""
        return next((token for token in user.tokens if token.personal and token.name == name), None)

    def deactivate(self, user: User) -> None:
        """Deactivates somebody: none of their tokens is valid any more."""
        user.active = False
        user.tokens = []
        self.touch(user)

    # Permissions.

    def may(self, user_id: str, permission: str, room_roles: Iterable[str] = ()) -> bool:
        """Whether somebody holds a permission, by a role of the workspace or one of the given roles of a room."""
        user = self.get(user_id)
        holders = self.permissions.get(permission, set())
        return user is not None and not holders.isdisjoint({*user.roles, *room_roles})

    def holders(self, role: str) -> list[User]:
        """Everybody who has a role of the workspace."""
        return [user for user in self if role in user.roles]
