"""The OpenID provider: which handler for which path, discovery, keys, userinfo.

The issuer is DOMAIN itself while the endpoints are under a prefix; discovery builds the endpoints from the host that
was asked, and the issuer not (facts/encvoy-id.md §1 "Surprises").
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.encvoy.answers import NGINX_404
from sandbox.encvoy.authorize import push
from sandbox.encvoy.claims import CLAIMS, SCOPES
from sandbox.encvoy.client_auth import FORM, Form, body_of, find_client, form_of, one, reject_duplicates
from sandbox.encvoy.cookies import Cookies
from sandbox.encvoy.fields import AUTH_METHODS
from sandbox.encvoy.flow import Flow
from sandbox.encvoy.grants import Credential
from sandbox.encvoy.keys import Keys
from sandbox.encvoy.logout import Logout
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, invalid_request, respond
from sandbox.encvoy.sessions import Sessions
from sandbox.encvoy.state import DISCOVERY, State
from sandbox.encvoy.tokens import Tokens
from sandbox.encvoy.validity import GRANT_TYPES, RESPONSE_TYPES

SIGNING = ("HS256", "RS256", "PS256", "ES256", "EdDSA")


class Provider:
    """Everything under the prefix, and discovery."""

    def __init__(self, state: State, cookies: Cookies, keys: Keys) -> None:
        self.state = state
        self.keys = keys
        self.tokens = Tokens(state, keys)
        sessions = Sessions(state, cookies)
        self.flow = Flow(state, sessions, self.tokens)
        self.logout = Logout(sessions)
        self._for_clients: dict[str, Callable[[web.Request, Form], web.Response]] = {
            "/token": self.tokens.token,
            "/token/introspection": self.tokens.introspection,
            "/token/revocation": self.tokens.revocation,
            "/request": functools.partial(push, state, keys),
        }

    async def handle(self, request: web.Request) -> web.StreamResponse | None:
        """The answer for a path of the provider; None if the path is not one of its own."""
        switches = self.state.switches
        try:
            if request.path in switches.discovery_at:
                return self._discovery(request)
            if request.path.startswith(switches.oidc_prefix + "/"):
                return await self._route(request, request.path.removeprefix(switches.oidc_prefix))
        except OidcError as error:
            return respond(request, error)
        if request.path.startswith(("/oidc", "/api/oidc")):
            return web.Response(status=404, text=NGINX_404, content_type="text/html")
        return None

    async def _route(self, request: web.Request, path: str) -> web.Response:
        match "GET" if request.method == "HEAD" else request.method, path:
            case "GET", "/auth":
                return self.flow.begin(request, form_of(request.query))
            case "POST", "/auth":
                return await self.flow.begin_posted(request, path)
            case "POST", _ if path in self._for_clients:
                return await self._called_by_client(request, path)
            case "GET" | "POST", "/me":
                return await self._userinfo(request)
            case "GET", "/jwks":
                return web.json_response(self.keys.published(), content_type="application/jwk-set+json")
            case "GET" | "POST", "/session/end":
                return self.logout.page(request)
            case "POST", "/session/end/confirm":
                return await self.logout.confirm(request, path)
            case "GET", "/session/end/success":
                return self.logout.success()
            case "GET" | "PUT" | "DELETE" | "PATCH", "/request":
                return web.Response(status=405, text="Method Not Allowed", headers={"Allow": "POST, OPTIONS"})
        if request.method == "GET" and path.startswith("/auth/"):
            return self.flow.resume(request)
        raise _no_route(request.method, path)

    async def _called_by_client(self, request: web.Request, path: str) -> web.Response:
        """Endpoints that clients call; their answers must not be cached, errors included."""
        try:
            form = await body_of(request, path)
            return self._for_clients[path](request, form)
        except OidcError as error:
            if path != "/token/revocation":
                error.headers |= NO_STORE
            raise

    async def _userinfo(self, request: web.Request) -> web.Response:
        try:
            token, scope = await self._bearer(request)
            client = find_client(self.state, token.client_id)
            person = self.state.people.by_id.get(token.account_id)
            if client is None or person is None:
                raise _invalid_token()
        except OidcError as error:
            error.headers |= NO_STORE | {"WWW-Authenticate": self._challenge(error)}
            raise
        return web.json_response(self.tokens.claims(client, person, scope), headers=NO_STORE)

    def _challenge(self, error: OidcError) -> str:
        challenge = f'Bearer realm="{self.state.domain}"'
        if error.description == "no access token provided":
            return challenge
        scope = f', scope="{error.scope}"' if error.scope else ""
        return f'{challenge}, error="{error.error}", error_description="{error.description}"{scope}'

    async def _bearer(self, request: web.Request) -> tuple[Credential, str]:
        """The access token of a userinfo request, which must come in exactly one way and not in the query; and the
        scope that is asked for, by default all that it has."""
        form: Form = await body_of(request, "/me") if request.method == "POST" else {}
        reject_duplicates(form, ["access_token", "scope"])
        posted = one(form, "access_token") if request.content_type == FORM else None
        header, query = request.headers.get("Authorization"), request.query.get("access_token")
        given = [(way, value) for way, value in (("body", posted), ("header", header), ("query", query)) if value]
        if not given:
            raise invalid_request("no access token provided")
        if len(given) > 1:
            raise invalid_request("access token must only be provided using one mechanism")
        way, value = given[0]
        if way == "query":
            raise invalid_request("access tokens must not be provided via query parameter")
        if way == "header":
            scheme, space, value = value.partition(" ")
            if not space or " " in value:
                raise invalid_request("invalid authorization header value format")
            if scheme.lower() != "bearer":
                raise invalid_request("authorization header scheme must be `Bearer`")
        token = self.state.vault.token(value)
        if token is None or token.kind != "access":
            raise _invalid_token()
        if "openid" not in token.scope.split():
            raise _insufficient_scope("access token missing openid scope", "openid")
        asked = request.query.get("scope") if request.method == "GET" else one(form, "scope")
        beyond = [name for name in (asked or "").split() if name not in token.scope.split()]
        if beyond:
            raise _insufficient_scope("access token missing requested scope", " ".join(beyond))
        return token, asked or token.scope

    def _discovery(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            raise _no_route(request.method, DISCOVERY)
        scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
        host = request.headers.get("X-Forwarded-Host", request.host)
        at = f"{scheme}://{host}{self.state.switches.oidc_prefix}"
        document: dict[str, Any] = {
            "authorization_endpoint": f"{at}/auth",
            "claims_parameter_supported": False,
            "claims_supported": list(CLAIMS),
            "code_challenge_methods_supported": ["S256"],
            "end_session_endpoint": f"{at}/session/end",
            "grant_types_supported": list(GRANT_TYPES),
            "issuer": self.state.domain,
            "jwks_uri": f"{at}/jwks",
            "authorization_response_iss_parameter_supported": True,
            "response_modes_supported": ["form_post", "fragment", "query"],
            "response_types_supported": list(RESPONSE_TYPES),
            "scopes_supported": list(SCOPES),
            "subject_types_supported": ["public", "pairwise"],
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "token_endpoint_auth_signing_alg_values_supported": list(SIGNING),
            "token_endpoint": f"{at}/token",
            "id_token_signing_alg_values_supported": ["RS256"],
            "pushed_authorization_request_endpoint": f"{at}/request",
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{at}/me",
            "introspection_endpoint": f"{at}/token/introspection",
            "revocation_endpoint": f"{at}/token/revocation",
            "claim_types_supported": ["normal"],
        }
        return web.json_response(document)


def _no_route(method: str, path: str) -> OidcError:
    return invalid_request(f"unrecognized route or not allowed method ({method} on {path})", 404)


def _insufficient_scope(text: str, scope: str) -> OidcError:
    return OidcError(403, "insufficient_scope", text, scope=scope)


def _invalid_token() -> OidcError:
    return OidcError(401, "invalid_token", "invalid token provided")
