"""The people of the stand-in, their roles, and what each of them publishes to applications.

A role is held *in a client*: the role in the main client decides about the whole installation
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

import enum
import hmac
from dataclasses import dataclass, field
from typing import Any

PUBLISHED_BY_DEFAULT = "picture nickname"
"""Setting `default_public_profile_claims_oauth` of a new installation (facts/encvoy-id.md §2)."""

PROFILE_FIELDS = ("login", "email", "phone_number", "nickname", "given_name", "family_name", "birthdate", "picture")
"""Fields of a profile for which a rule exists, in the order in which rules are listed."""


class Role(enum.Enum):
    """What somebody may do in a client. The dashboard calls EDITOR "administrator" and ADMIN "manager"."""

    USER = "USER"
    ADMIN = "ADMIN"
    EDITOR = "EDITOR"
    OWNER = "OWNER"


@dataclass
class Person:
    """One row of the user table."""

    id: int
    login: str
    password: str = field(repr=False)
    email: str | None = None
    phone_number: str | None = None
    nickname: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birthdate: str | None = None
    picture: str | None = None
    locale: str = "en-US"
    custom_fields: dict[str, Any] = field(default_factory=dict)
    external_accounts: list[dict[str, Any]] = field(default_factory=list)
    blocked: bool = False
    deleted: bool = False
    public_profile_claims_oauth: str = PUBLISHED_BY_DEFAULT
    """Space separated names of the fields that every application may read."""

    def has_password(self, password: str) -> bool:
        """Whether this is the password."""
        return hmac.compare_digest(self.password.encode(), password.encode())

    @property
    def published(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.public_profile_claims_oauth.split())

    def publish(self, *names: str) -> None:
        """Adds fields to what applications may read, once each, keeping the order."""
        have = self.public_profile_claims_oauth.split()
        self.public_profile_claims_oauth = " ".join([*have, *(name for name in names if name not in have)])

    def profile_value(self, name: str) -> str | None:
        """The value of a profile field by the name that rules use."""
        value = getattr(self, name, None) if name in PROFILE_FIELDS else self.custom_fields.get(name)
        return None if value is None else str(value)


@dataclass
class People:
    """All people, and the roles that they hold in clients."""

    by_id: dict[int, Person] = field(default_factory=dict)
    roles: dict[tuple[str, int], Role] = field(default_factory=dict)
    """(client_id, user id) to role. In a client other than the main one the row appears with the first consent."""

    def add(self, login: str, password: str, **profile: Any) -> Person:
        """A new person with the next free id."""
        person = Person(max(self.by_id, default=0) + 1, login, password, **profile)
        self.by_id[person.id] = person
        return person

    def find(self, identifier: str) -> Person | None:
        """By login (case sensitive), e-mail, phone or numeric id (facts/encvoy-id.md §6, step 2)."""
        for person in self.by_id.values():
            if identifier in (person.login, person.email, person.phone_number) or identifier == str(person.id):
                return person
        return None

    def role(self, client_id: str, person: Person | None) -> Role | None:
        """The role of a person in a client, None without a row."""
        return None if person is None else self.roles.get((client_id, person.id))

    def clients_of(self, person: Person, roles: frozenset[Role]) -> list[str]:
        """Ids of the clients in which a person holds one of the roles."""
        return [client for (client, user), role in self.roles.items() if user == person.id and role in roles]

    def forget_client(self, client_id: str) -> None:
        """Drops every role held in a client that is gone."""
        self.roles = {key: role for key, role in self.roles.items() if key[0] != client_id}
