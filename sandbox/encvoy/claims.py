"""Which claims an application gets about a person: the scope must map to the claim *and* the person must show it.

Source: facts/encvoy-id.md §2 "Claims". The second condition does not apply to the main client.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from sandbox.encvoy.clients import Record
from sandbox.encvoy.people import Person

SCOPES = ("openid", "offline_access", "email", "phone", "profile", "accounts", "lk", "catalog", "locale")

_PROFILE = ("nickname", "given_name", "family_name", "login", "birthdate", "picture", "custom_fields")
CLAIMS = (
    "sub",
    "email",
    "email_public",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "name",
    *_PROFILE,
    "password_updated_at",
    "password_change_required",
    "deleted",
    "publicExternalAccounts",
    "lk",
    "systemClient",
    "orgClient",
    "catalog",
    "locale",
    "sid",
    "auth_time",
    "iss",
)
"""`claims_supported` of discovery."""


def _profile(person: Person, main: bool, domain: str) -> dict[str, Any]:
    claims: dict[str, Any] = {name: getattr(person, name) for name in _PROFILE}
    if person.picture is not None and "://" not in person.picture:
        claims["picture"] = f"{domain}/{person.picture.lstrip('/')}"
    if main:
        claims |= {"password_updated_at": None, "password_change_required": False, "deleted": person.deleted}
    return claims


def subject(client: Record, account_id: int) -> str:
    """A person's `sub` for a client: the id, or for a pairwise client a value that only clients of the same host
    share."""
    if client["subject_type"] != "pairwise":
        return str(account_id)
    sector = urlsplit(client["redirect_uris"][0]).netloc
    return hashlib.sha256(f"{sector} {account_id}".encode()).hexdigest()


def claims_for(person: Person, client: Record, scopes: frozenset[str], *, domain: str, main_id: str) -> dict[str, Any]:
    """The claims of one person for one application."""
    main = client["client_id"] == main_id
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims |= _profile(person, main, domain)
    if "email" in scopes:
        claims["email"] = person.email
        if main:
            claims |= {"email_public": "email" in person.published, "email_verified": person.email is not None}
    if "phone" in scopes:
        claims["phone_number"] = person.phone_number
        if main:
            claims["phone_number_verified"] = person.phone_number is not None
    if not main:
        claims = {name: value for name, value in claims.items() if name in person.published}
    whole = person.given_name, person.family_name
    if "profile" in scopes and all(whole) and (main or {"given_name", "family_name"} <= person.published):
        claims["name"] = " ".join(part for part in whole if part)
    if "accounts" in scopes:
        claims["publicExternalAccounts"] = list(person.external_accounts)
    if "lk" in scopes:
        claims |= {"lk": [], "systemClient": main_id, "orgClient": main_id}
    if "catalog" in scopes:
        claims["catalog"] = False
    if "locale" in scopes:
        claims["locale"] = person.locale
    return claims | {"sub": subject(client, person.id)}
