"""People as the collection `users` of MongoDB: how single sign-on finds them, and what its unique indexes refuse
(facts/rocketchat.md §3.6).

Both indexes, of user names and of addresses, tell letter case apart: a second account whose name differs in nothing
else is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth.javascript import UNDEFINED, holds, same, text
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.problems import MeteorError, PlainError

_TAKEN = {"username_1": "Username already exists.", "emails.address_1": "Email already exists."}


class Duplicate(PlainError):
    """A unique index refused a write."""

    def __init__(self, index: str) -> None:
        super().__init__(f"E11000 duplicate key error collection: users index: {index} dup key")
        self.index = index


def service_id(user: User, service: str) -> Any:
    """The id under which a login service knows somebody; UNDEFINED if it doesn't."""
    known = user.services.get(service)
    return known.get("id", UNDEFINED) if isinstance(known, dict) else UNDEFINED


def by_service_id(people: Iterable[User], service: str, wanted: Any) -> User | None:
    """Whom a login service knows under an id; the id null finds the first whom it doesn't know."""
    return next((user for user in people if holds(service_id(user, service), wanted)), None)


def by_username(people: Iterable[User], wanted: Any) -> Iterator[User]:
    """Compares texts without regard to case, anything else exactly."""
    for user in people:
        names = user.username if isinstance(user.username, list) else [user.username]
        if isinstance(wanted, str):
            if any(isinstance(name, str) and name.lower() == wanted.lower() for name in names):
                yield user
        elif holds(user.username, wanted):
            yield user


def by_address(people: Iterable[User], wanted: Any) -> Iterator[User]:
    """By e-mail address, without regard to case and to spaces around it."""
    sought = text(wanted).strip().casefold()
    for user in people:
        if any(isinstance(known, str) and known.casefold() == sought for known in user.addresses):
            yield user


def insert(people: People, user: User) -> None:
    """A new account; refused as Meteor words it where a name or an address is taken to the letter."""
    try:
        _check(people, user, "username_1", _keys(user.username))
        _check(people, user, "emails.address_1", user.addresses)
    except Duplicate as refused:
        raise MeteorError(403, _TAKEN[refused.index]) from None
    people.put(user)


def replace_emails(people: People, user: User, emails: list[Document]) -> None:
    """Other addresses for somebody; Duplicate if one is another person's."""
    _check(people, user, "emails.address_1", [email["address"] for email in emails])
    user.emails = emails


def _keys(username: Any) -> list[Any]:
    if isinstance(username, list):
        return username
    return [] if username == "" else [username]


def _check(people: People, user: User, index: str, keys: Iterable[Any]) -> None:
    for other in people:
        held = _keys(other.username) if index == "username_1" else other.addresses
        if other is not user and any(same(key, taken) for key in keys for taken in held):
            raise Duplicate(index)
