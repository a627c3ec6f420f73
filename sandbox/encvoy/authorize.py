"""Authorization requests: their checks, in the order of `oidc-provider` 8.8, and the pushed ones (RFC 9126).

A failed check raises `OidcError`. `/auth` then redirects if it may, or else shows a page (`auth_response`); `/request`
answers JSON (facts/encvoy-id.md §9).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from sandbox.encvoy.auth_response import MODES, Params
from sandbox.encvoy.callbacks import is_registered
from sandbox.encvoy.claims import SCOPES
from sandbox.encvoy.client_auth import Form, authenticate, find_client, reject_duplicates
from sandbox.encvoy.clients import Record, default_redirect_uri
from sandbox.encvoy.grants import PAR_TTL, Pushed, nano_id
from sandbox.encvoy.keys import Keys
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, invalid_redirect_uri, invalid_request, require
from sandbox.encvoy.state import State
from sandbox.encvoy.validity import SUPPORTED_RESPONSE_TYPES, normalised

PARAMETERS = (
    "acr_values",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
)
PROMPTS = frozenset({"none", "login", "consent"})
PUSHED_URN = "urn:ietf:params:oauth:request_uri:"
UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]+")
ALSO_FROM_OUTSIDE = ("state", "response_mode", "response_type")
"""Parameters that a pushed request replaces before anything else is compared."""


@dataclass(frozen=True)
class Checked:
    """A valid authorization request."""

    client: Record
    params: Params
    par: str | None = None

    @property
    def prompts(self) -> frozenset[str]:
        """The words of `prompt`."""
        return frozenset(self.params.get("prompt", "").split())


def flat(form: Form) -> Params:
    """The known parameters, each given once."""
    reject_duplicates(form, PARAMETERS)
    return {name: form[name][0] for name in PARAMETERS if name in form}


def check(state: State, keys: Keys, params: Params, *, pushing: Record | None = None) -> Checked:
    """Runs every check. `pushing` is the authenticated client of a pushed request."""
    if "request" in params:
        raise OidcError(400, "request_not_supported")
    if "request_uri" in params and pushing is not None:
        raise OidcError(400, "request_uri_not_supported")
    client, par = pushing, None
    if client is None:
        client = load_client(state, params)
        par = _load_pushed(state, client, params)
    _check_response(client, params)
    if "registration" in params:
        raise OidcError(400, "registration_not_supported")
    if "prompt" in params:
        _check_prompt(params)
    _check_scope(client, params)
    if not is_registered(params["redirect_uri"], client["redirect_uris"]):
        raise invalid_redirect_uri()
    _check_pkce(params)
    if "max_age" in params and not params["max_age"].isdigit():
        raise invalid_request("invalid max_age parameter value")
    if "id_token_hint" in params and not keys.signed(params["id_token_hint"]):
        raise invalid_request("could not validate id_token_hint")
    return Checked(client, params, par)


def load_client(state: State, params: Params) -> Record:
    """The client of an authorization request, as the provider loads it."""
    require(params, "client_id")
    client = find_client(state, params["client_id"])
    if client is None:
        raise OidcError(400, "invalid_client", "client is invalid")
    return client


def _load_pushed(state: State, client: Record, params: Params) -> str | None:
    """Replaces the parameters by those that were pushed; the id of the pushed request."""
    uri = params.pop("request_uri", None)
    if uri is None:
        return None
    if not uri.startswith(("http:", "https:", "urn:")):
        raise OidcError(400, "invalid_request_uri", "invalid request_uri scheme")
    if not uri.startswith(PUSHED_URN):
        raise OidcError(400, "request_uri_not_supported")
    par = uri.removeprefix(PUSHED_URN)
    pushed = state.vault.pushed.get(par)
    if pushed is None or pushed.consumed or pushed.expires <= state.now():
        raise invalid_request_uri()
    asked = params.get("response_type")
    params |= {name: pushed.params[name] for name in ALSO_FROM_OUTSIDE if name in pushed.params}
    if asked is not None and asked != pushed.params["response_type"]:
        raise _unequal("response_type")
    if pushed.client_id != client["client_id"]:
        raise _unequal("client_id")
    params.clear()
    params.update(pushed.params)
    return par


def invalid_request_uri() -> OidcError:
    """The pushed request cannot be used, for any reason."""
    return OidcError(400, "invalid_request_uri", "request_uri is invalid, expired, or was already used")


def _unequal(name: str) -> OidcError:
    text = f"request {name} must equal the one in request parameters"
    return OidcError(400, "invalid_request_object", text)


def _check_response(client: Record, params: Params) -> None:
    words = set(params.get("response_type", "").split(" "))
    front = bool(words & {"token", "id_token"})
    mode = params.get("response_mode")
    if mode is not None and mode not in MODES:
        del params["response_mode"]
        raise OidcError(400, "unsupported_response_mode", "unsupported response_mode requested")
    if mode == "query" and front:
        raise invalid_request("requested response_mode is not allowed for the requested response_type")
    default_redirect_uri(client, params)
    require(params, "response_type", "client_id")
    params["response_type"] = normalised(params["response_type"])
    if params["response_type"] not in SUPPORTED_RESPONSE_TYPES:
        raise OidcError(400, "unsupported_response_type", "unsupported response_type requested")
    if params["response_type"] not in {normalised(kind) for kind in client["response_types"]}:
        raise invalid_request("requested response_type is not allowed for this client")
    require(params, "redirect_uri", *(["nonce"] if "id_token" in words else []))


def _check_prompt(params: Params) -> None:
    prompts = set(params["prompt"].split())
    if not prompts <= PROMPTS:
        raise invalid_request("unsupported prompt value requested")
    if "none" in prompts and len(prompts) > 1:
        raise invalid_request("prompt none must only be used alone")


def _check_scope(client: Record, params: Params) -> None:
    """`offline_access` is dropped silently unless consent is asked for; unknown scopes are no error."""
    scopes = list(dict.fromkeys(params.get("scope", "").split()))
    may_refresh = "consent" in params.get("prompt", "").split() and "refresh_token" in client["grant_types"]
    if "offline_access" in scopes and not (may_refresh and "code" in params["response_type"]):
        scopes.remove("offline_access")
    params.pop("scope", None)
    if scopes:
        params["scope"] = " ".join(scopes)
    if "openid" in scopes:
        return
    if "id_token" in params["response_type"]:
        raise invalid_request("openid scope must be requested for this response_type")
    if client["require_auth_time"]:
        raise invalid_request("openid scope must be requested for clients with require_auth_time")
    for name in ("acr_values", "claims_locales", "id_token_hint", "max_age", "nonce"):
        if name in params:
            raise invalid_request(f"openid scope must be requested when using the {name} parameter")


def _check_pkce(params: Params) -> None:
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method")
    if challenge and not method:
        raise invalid_request("plain code_challenge_method fallback disabled, code_challenge_method must be provided")
    if method and method != "S256":
        raise invalid_request("not supported value of code_challenge_method")
    if method and not challenge:
        raise invalid_request("code_challenge must be provided with code_challenge_method")
    if challenge:
        ensure_pkce_format("code_challenge", challenge)


def ensure_pkce_format(name: str, value: str) -> None:
    """RFC 7636 §4.1 and §4.2: 43 to 128 unreserved characters."""
    if not 43 <= len(value) <= 128:
        extreme = "minimum length of 43" if len(value) < 43 else "maximum length of 128"
        raise invalid_request(f"{name} must be a string with a {extreme} characters")
    if not UNRESERVED.fullmatch(value):
        raise invalid_request(f"{name} contains invalid characters")


def granted(params: Params) -> str:
    """The requested scopes that are supported."""
    return " ".join(scope for scope in params.get("scope", "").split() if scope in SCOPES)


def push(state: State, keys: Keys, request: web.Request, form: Form) -> web.Response:
    """The PAR endpoint: 201 means that id, secret, redirect_uri and record are all right (facts/encvoy-id.md §9)."""
    client = authenticate(state, request, form)
    try:
        checked = check(state, keys, flat(form), pushing=client)
    except OidcError as error:
        if error.error == "invalid_redirect_uri":
            error.error = "invalid_request"
        raise
    par = nano_id()
    state.vault.pushed[par] = Pushed(client["client_id"], dict(checked.params), state.now() + PAR_TTL)
    body = {"expires_in": PAR_TTL, "request_uri": PUSHED_URN + par}
    return web.json_response(body, status=201, headers=NO_STORE)
