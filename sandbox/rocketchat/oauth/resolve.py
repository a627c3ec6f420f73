"""Whom an identity logs in as (facts/rocketchat.md §3.6): melding by e-mail, the hooks of custom OAuth, and Meteor's
find-or-create with what Rocket.Chat adds to it, in the real server's order.

`email_verified` is never looked at, as in the real server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.oauth import collection
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.hooks import Hook, Hooks
from sandbox.rocketchat.oauth.javascript import UNDEFINED, identical, text, truthy
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.settings import Settings

REGISTRATION_DISABLED = "User registration is disabled for authentication services"
_ALWAYS_MELDED = frozenset({"facebook", "github", "gitlab", "google", "linkedin", "twitter", "apple"})
"""Names of services that are melded with either engine."""


@dataclass(frozen=True)
class AccountResolver:
    """Where people are looked for and made: one workspace, and the hooks of the server that does it."""

    people: People
    settings: Settings
    hooks: Hooks = field(default_factory=Hooks)


def resolve(identity: Document, fields: Document, accounts: AccountResolver) -> User:
    """The user of `identity` (see `claims.identity_of`) who came in by the service with the live record `fields`; made
    if there is none. The engine is that of `accounts.hooks`. MeteorError or PlainError, in the real server's words, if
    they are refused; what was done up to then stays done."""
    return _Resolution(accounts, fields["service"], fields, identity).user()


class _Resolution:
    """One sign-in on its way through."""

    def __init__(self, accounts: AccountResolver, service: str, fields: Document, identity: Document) -> None:
        accounts.hooks.configure(fields)
        self._people, self._settings, self._hooks = accounts.people, accounts.settings, accounts.hooks
        self._service = service
        melds = {"_OAuthCustom": True} if accounts.hooks.engine is Engine.LEGACY else {}
        self._data: Document = {**melds, "serverURL": fields.get("serverURL"), **identity}

    def user(self) -> User:
        self._meld()
        for hook in self._hooks.of(self._service):
            self._merge(hook)
        if "id" not in self._data:
            raise PlainError(f"Service data for service {self._service} must include id")
        user = collection.by_service_id(self._people, self._service, self._data["id"])
        if user is None:
            user = self._create()
        else:
            user.services[self._service] = {**user.services.get(self._service, {}), **self._data}
        if not user.active:
            raise MeteorError("error-user-is-not-activated", "User is not activated")
        return user

    # Melding by e-mail, before everything else.

    def _meld(self) -> None:
        """The account with the identity's address is taken, whether `mergeUsers` is on or off."""
        if self._service not in _ALWAYS_MELDED and self._data.get("_OAuthCustom") is not True:
            return
        if self._service == "linkedin":
            self._data["email"] = self._data.get("emailAddress")
        address = self._data.get("email")
        user = next(collection.by_address(self._people, address), None) if truthy(address) else None
        known = self._data.get("id", UNDEFINED)
        if user is None or identical(collection.service_id(user, self._service), known):
            return
        verified = any(identical(one["address"], address) and one["verified"] is True for one in user.emails)
        if user.password_digest is not None and not verified:
            user.password_digest = None
            user.require_password_change = True
        if known is not UNDEFINED:
            self._know(user)
        for one in user.emails:
            if identical(one["address"], address):
                one["verified"] = True
                break
        self._people.touch(user)

    def _know(self, user: User) -> None:
        user.services[self._service] = {**user.services.get(self._service, {}), "id": self._data["id"]}

    # The hook of custom OAuth.

    def _merge(self, hook: Hook) -> None:
        """Does nothing if nobody is found, or nothing differs; refuses or overwrites otherwise."""
        if not truthy(self._data.get("username")):
            return
        user = self._candidate(hook)
        if user is None or self._as_last_time(user, hook):
            return
        if not hook.merges:
            raise MeteorError("CustomOAuth", f"User with username {text(user.username or UNDEFINED)} already exists")
        if hook.key_field == "username" and truthy(address := self._data.get("email")):
            collection.replace_emails(self._people, user, [{"address": address, "verified": True}])
        name = self._data.get("name")
        user.name = name.strip() if self._hooks.engine is Engine.MODERN and isinstance(name, str) else name or ""
        if "id" in self._data:
            self._know(user)
        self._people.touch(user)

    def _candidate(self, hook: Hook) -> User | None:
        if hook.key_field == "username":
            found = collection.by_username(self._people, self._data["username"])
        elif hook.key_field == "email":
            found = collection.by_address(self._people, self._data.get("email", UNDEFINED))
        else:
            return None
        if hook.distinct:
            return next(found, None)
        return collection.by_service_id(found, self._service, self._data.get("id", UNDEFINED))

    def _as_last_time(self, user: User, hook: Hook) -> bool:
        """Whether id and name are the same, and their address still among theirs."""
        if self._service not in user.services:
            return False
        if not identical(collection.service_id(user, self._service), self._data.get("id", UNDEFINED)):
            return False
        if not identical(user.name, self._data.get("name", "")):
            return False
        address = self._data.get("email")
        return hook.key_field == "email" or not truthy(address) or any(identical(a, address) for a in user.addresses)

    # Meteor's find-or-create.

    def _create(self) -> User:
        """A new account. What refuses it refuses in this order."""
        user = User(random_id(), "", self._people.now(), roles=[], services={self._service: dict(self._data)})
        user.active = not self._settings.get("Accounts_ManuallyApproveNewUsers", False)
        user.name = self._data.get("name") or self._data.get("username") or ""
        if truthy(address := self._data.get("email")):
            verified = bool(self._settings.get("Accounts_Verify_Email_For_External_Accounts", True))
            user.emails = [{"address": address, "verified": verified}]
        if not user.active and not user.emails:
            raise PlainError("Cannot read properties of undefined (reading '0')")  # in the mail to administrators
        self._check_domain(user)
        if self._settings.get("Accounts_Registration_AuthenticationServices_Enabled", True) is False:
            raise MeteorError("registration-disabled-authentication-services", REGISTRATION_DISABLED)
        if truthy(self._data["id"]):
            self._take(user)
        if self._settings.get("Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In", True):
            user.services["email2fa"] = {"enabled": True}
        collection.insert(self._people, user)
        user.roles = self._roles()
        return user

    def _take(self, user: User) -> None:
        """What the fields of the service are for; the user name comes this way alone."""
        for hook in self._hooks.of(self._service):
            if hook.takes_username:
                user.username = self._data.get("username", "")
            if hook.takes_name:
                user.name = self._data.get("name") or ""

    def _check_domain(self, user: User) -> None:
        allowed = str(self._settings.get("Accounts_AllowedDomainsList", "") or "")
        if not allowed.strip() or not user.emails:
            return
        address = user.emails[0]["address"]
        if not isinstance(address, str):
            raise PlainError("email.match is not a function")
        if not any(re.search(rf"@{re.escape(domain)}\Z", address) for domain in _listed(allowed, empty=True)):
            raise MeteorError("error-invalid-domain")

    def _roles(self) -> list[str]:
        """Those for single sign-on and those for everybody; who comes to a workspace without administrator becomes it.
        The account exists already where one of them doesn't."""
        names = (
            "Accounts_Registration_AuthenticationServices_Default_Roles",
            "Accounts_Registration_Users_Default_Roles",
        )
        roles = list(dict.fromkeys(role for name in names for role in _listed(str(self._settings.get(name, "") or ""))))
        if not any(user.type == "user" for user in self._people.holders("admin")) and "admin" not in roles:
            roles.append("admin")
        if not self._people.roles.keys() >= set(roles):
            raise MeteorError("error-invalid-role", "Invalid role")
        return roles


def _listed(values: str, *, empty: bool = False) -> list[str]:
    """The parts between commas, without the blanks around them."""
    return [part for part in (part.strip() for part in values.split(",")) if part or empty]
