"""Whom an identity logs in as: the hook of custom OAuth, then Meteor's find-or-create (facts/rocketchat.md §3.6).

`email_verified` is never looked at, as in the real server.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.people import People, User
from bot.sandbox.rocketchat.problems import MeteorError
from bot.sandbox.rocketchat.settings import Settings

REGISTRATION_DISABLED = "User registration is disabled for authentication services"


@dataclass(frozen=True)
class Resolver:
    """Decides for one workspace."""

    people: People
    settings: Settings

    def resolve(self, service: str, fields: Document, identity: Document) -> User:
        """The user of `identity` (see `claims.normalised`) that came in through `service`, whose live record is
        `fields`; made if there is none. MeteorError if they are refused."""
        identity_id = str(identity.get("id") or "")
        if not identity_id:
            raise MeteorError("CustomOAuth", "Service data has no id")
        identity = {**identity, "id": identity_id}
        if identity.get("username"):
            self._merge(service, fields, identity)
        user = self.people.with_service(service, identity_id)
        if user is None:
            user = self._create(service, fields, identity)
        else:
            user.services[service] = {**user.services[service], **identity}
        if not user.active:
            raise MeteorError("error-user-is-not-activated", "User is not activated")
        return user

    # The hook of custom OAuth.

    def _merge(self, service: str, fields: Document, identity: Document) -> None:
        """Does nothing if nobody is found, or nothing differs; refuses or overwrites otherwise."""
        user = self._candidate(service, fields, identity)
        if user is None or _same(user, service, fields, identity):
            return
        if fields.get("mergeUsers") is not True:
            raise MeteorError("CustomOAuth", f"User with username {user.username} already exists")
        user.services[service] = {**user.services.get(service, {}), "id": identity["id"]}
        user.name = identity.get("name") or user.name
        if fields.get("keyField") == "username" and identity.get("email"):
            user.emails = [{"address": identity["email"], "verified": True}]
        self.people.touch(user)

    def _candidate(self, service: str, fields: Document, identity: Document) -> User | None:
        if fields.get("keyField") == "email":
            address = identity.get("email")
            matching = [user for user in self.people if address and user.has_address(address)]
        else:
            wanted = identity["username"].lower()
            matching = [user for user in self.people if user.username.lower() == wanted]
        if not fields.get("mergeUsersDistinctServices"):
            matching = [user for user in matching if _known_as(user, service) == identity["id"]]
        return matching[0] if matching else None

    # Meteor's find-or-create.

    def _create(self, service: str, fields: Document, identity: Document) -> User:
        if not self.settings.get("Accounts_Registration_AuthenticationServices_Enabled", True):
            raise MeteorError("registration-disabled-authentication-services", REGISTRATION_DISABLED)
        address = identity.get("email")
        if address:
            self._check_domain(address)
        verified = bool(self.settings.get("Accounts_Verify_Email_For_External_Accounts", True))
        user = self.people.add(
            identity["username"] if fields.get("usernameField") else "",
            name=identity.get("name") or "",
            roles=self._default_roles(),
            emails=[{"address": address, "verified": verified}] if address else [],
            active=not self.settings.get("Accounts_ManuallyApproveNewUsers", False),
            services={service: identity},
        )
        if address and self.settings.get("Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In", True):
            user.services["email2fa"] = {"enabled": True}
        return user

    def _default_roles(self) -> list[str]:
        text = self.settings.get("Accounts_Registration_AuthenticationServices_Default_Roles", "user")
        return [role.strip() for role in text.split(",") if role.strip()]

    def _check_domain(self, address: str) -> None:
        allowed = self.settings.get("Accounts_AllowedDomainsList", "")
        domains = {domain.strip().lower() for domain in allowed.split(",") if domain.strip()}
        if domains and address.rpartition("@")[2].lower() not in domains:
            raise MeteorError("error-invalid-domain", "Invalid domain")


def _known_as(user: User, service: str) -> str | None:
    known = user.services.get(service)
    return known.get("id") if isinstance(known, dict) else None


def _same(user: User, service: str, fields: Document, identity: Document) -> bool:
    """Whether this is who they were last time: same id, same name, and their address still among theirs."""
    if _known_as(user, service) != identity["id"] or user.name != identity.get("name"):
        return False
    address = identity.get("email")
    return fields.get("keyField") == "email" or not address or address in user.addresses
