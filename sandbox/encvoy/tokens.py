"""The token endpoint, introspection and revocation.

Sources: facts/encvoy-id.md §2 "Refresh tokens", §6, §9; otherwise `oidc-provider` 8.8.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.encvoy.authorize import ensure_pkce_format
from sandbox.encvoy.claims import claims_for, subject
from sandbox.encvoy.client_auth import Form, authenticate, needed, one, reject_duplicates
from sandbox.encvoy.clients import Record, default_redirect_uri
from sandbox.encvoy.grants import ID_TOKEN_TTL, Credential, opaque
from sandbox.encvoy.keys import Keys, half_hash
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, invalid_grant, invalid_request, require
from sandbox.encvoy.people import Person
from sandbox.encvoy.state import State

ROTATE_AFTER = 0.7
"""A confidential client gets another refresh token when this part of its lifetime has passed."""
GRANT_PARAMETERS = ("code", "code_verifier", "redirect_uri", "refresh_token", "scope")


class Tokens:
    """Issues and ends tokens."""

    def __init__(self, state: State, keys: Keys) -> None:
        self.state = state
        self.keys = keys

    def token(self, request: web.Request, form: Form) -> web.Response:
        """`POST /token`."""
        client = authenticate(self.state, request, form)
        reject_duplicates(form, ["grant_type"])
        kind = needed(form, "grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            raise OidcError(400, "unsupported_grant_type", "unsupported grant_type requested")
        if kind not in client["grant_types"]:
            raise invalid_request("requested grant type is not allowed for this client")
        reject_duplicates(form, GRANT_PARAMETERS)
        issue = self._from_code if kind == "authorization_code" else self._from_refresh_token
        return web.json_response(issue(client, form), headers=NO_STORE)

    def introspection(self, request: web.Request, form: Form) -> web.Response:
        """`POST /token/introspection`: only the client that it was issued to learns more than `active: false`."""
        client = authenticate(self.state, request, form)
        return web.json_response(self._facts_about(client, self._named(form)), headers=NO_STORE)

    def revocation(self, request: web.Request, form: Form) -> web.Response:
        """`POST /token/revocation`: ending a refresh token ends its grant, ending an access token only that."""
        client = authenticate(self.state, request, form)
        found = self.state.vault.token(self._named(form))
        if found is not None and found.client_id != client["client_id"]:
            raise invalid_request("this token does not belong to you")
        if found is not None:
            self.state.vault.credentials.pop(found.value, None)
            if found.kind == "refresh":
                self.state.vault.revoke(found.grant_id)
        return web.Response(status=200, text="")

    def _named(self, form: Form) -> str:
        reject_duplicates(form, ["token", "token_type_hint"])
        return needed(form, "token")

    def _facts_about(self, client: Record, value: str) -> dict[str, Any]:
        found = self.state.vault.token(value)
        if found is None or found.client_id != client["client_id"]:
            return {"active": False}
        facts: dict[str, Any] = {
            "active": True,
            "sub": subject(client, found.account_id),
            "client_id": found.client_id,
            "exp": int(found.expires),
            "iat": int(found.issued),
            "iss": self.state.domain,
            "scope": found.scope,
        }
        return facts | ({"token_type": "Bearer"} if found.kind == "access" else {})

    def _from_code(self, client: Record, form: Form) -> dict[str, Any]:
        given = {name: values[0] for name, values in form.items()}
        default_redirect_uri(client, given)
        require(given, "code", "redirect_uri")
        code = self._held("code", given["code"], client)
        _check_verifier(given.get("code_verifier"), code.details.get("code_challenge"))
        if code.details["redirect_uri"] != given["redirect_uri"]:
            raise invalid_grant()
        self._ensure_unused(code)
        code.consumed = True
        refresh = None
        if "offline_access" in code.scope.split() and "refresh_token" in client["grant_types"]:
            refresh = self._keep("refresh", code, self.state.now() + client["refresh_token_ttl"])
        return self._answer(client, code, code.scope, refresh)

    def _from_refresh_token(self, client: Record, form: Form) -> dict[str, Any]:
        held = self._held("refresh", needed(form, "refresh_token"), client)
        scope = one(form, "scope") or held.scope
        beyond = [name for name in scope.split() if name not in held.scope.split()]
        if beyond:
            text = f"refresh token missing requested scope{'' if len(beyond) == 1 else 's'}"
            raise OidcError(400, "invalid_scope", text, scope=" ".join(beyond))
        self._ensure_unused(held)
        return self._answer(client, held, scope, self._rotated(client, held))

    def _held(self, kind: str, value: str, client: Record) -> Credential:
        found = self.state.vault.credentials.get(value)
        if found is None or (found.kind, found.client_id) != (kind, client["client_id"]):
            raise invalid_grant()
        if not self.state.vault.alive(found):
            raise invalid_grant()
        return found

    def _ensure_unused(self, held: Credential) -> None:
        """A code or refresh token that is used twice ends its grant."""
        if held.consumed:
            self.state.vault.revoke(held.grant_id)
            raise invalid_grant()

    def _rotated(self, client: Record, held: Credential) -> Credential:
        """A public client gets a new one each time, with the rest of the old one's lifetime."""
        public = client["token_endpoint_auth_method"] == "none"
        passed = (self.state.now() - held.issued) / max(held.expires - held.issued, 1)
        if not public and passed < ROTATE_AFTER:
            return held
        held.consumed = True
        return self._keep("refresh", held, held.expires if public else self.state.now() + client["refresh_token_ttl"])

    def _keep(self, kind: str, origin: Credential, expires: float, scope: str | None = None) -> Credential:
        details = {name: value for name, value in origin.details.items() if name in ("nonce", "auth_time", "max_age")}
        fresh = replace(
            origin,
            kind=kind,
            scope=origin.scope if scope is None else scope,
            issued=self.state.now(),
            expires=expires,
            details=details,
            consumed=False,
            value=opaque(),
        )
        return self.state.vault.keep(fresh)

    def _answer(self, client: Record, origin: Credential, scope: str, refresh: Credential | None) -> dict[str, Any]:
        person = self.state.people.by_id.get(origin.account_id)
        if person is None:
            raise invalid_grant()
        ttl = client["access_token_ttl"]
        access = self._keep("access", origin, self.state.now() + ttl, scope)
        body: dict[str, Any] = {"access_token": access.value, "expires_in": ttl}
        if "openid" in scope.split():
            body["id_token"] = self.id_token(client, person, origin, scope, at_hash=access.value)
        if refresh is not None:
            body["refresh_token"] = refresh.value
        return body | {"scope": scope, "token_type": "Bearer"}

    def id_token(self, client: Record, person: Person, origin: Credential, scope: str, **hashed: str) -> str:
        """A signed id_token. Claims by scope are in it too, since conformIdTokenClaims is off."""
        now = int(self.state.now())
        claims = self.claims(client, person, scope)
        if origin.details.get("nonce"):
            claims["nonce"] = origin.details["nonce"]
        if client["require_auth_time"] or "max_age" in origin.details:
            claims["auth_time"] = origin.details.get("auth_time", now)
        claims |= {name: half_hash(value) for name, value in hashed.items()}
        claims |= {"aud": client["client_id"], "exp": now + ID_TOKEN_TTL, "iat": now, "iss": self.state.domain}
        return self.keys.sign(claims)

    def claims(self, client: Record, person: Person, scope: str) -> dict[str, Any]:
        """The claims of a person for a client."""
        scopes = frozenset(scope.split())
        return claims_for(person, client, scopes, domain=self.state.domain, main_id=self.state.main_id)


def _check_verifier(verifier: str | None, challenge: str | None) -> None:
    if not verifier and not challenge:
        return
    if verifier:
        ensure_pkce_format("code_verifier", verifier)
    digest = hashlib.sha256((verifier or "").encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not verifier or not challenge or not hmac.compare_digest(made, challenge):
        raise invalid_grant()
