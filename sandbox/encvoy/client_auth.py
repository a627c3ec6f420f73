"""How a client authenticates at token, PAR, introspection and revocation.

The order of the checks is that of `oidc-provider` 8.8; observed answers are in facts/encvoy-id.md §8 and §9.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web
from multidict import MultiMapping

from sandbox.encvoy.clients import Record
from sandbox.encvoy.oidc_errors import OidcError, invalid_client, invalid_request, listed, require
from sandbox.encvoy.state import State
from sandbox.encvoy.validity import UNPRINTABLE, ensure_valid

FORM = "application/x-www-form-urlencoded"
AUTH_PARAMETERS = ("client_id", "client_secret", "client_assertion", "client_assertion_type")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
BY_SECRET = ("client_secret_basic", "client_secret_post")
BY_ASSERTION = ("client_secret_jwt", "private_key_jwt")
ONE_MECHANISM = "client authentication must only be provided using one mechanism"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Form = dict[str, list[str]]
"""Parameter to all its values; empty values are left out."""


def form_of(values: MultiMapping[Any]) -> Form:
    """The parameters of a query or a form; uploaded files are ignored."""
    form: Form = {}
    for name, value in values.items():
        if value and isinstance(value, str):
            form.setdefault(name, []).append(value)
    return form


async def body_of(request: web.Request, path: str) -> Form:
    """The form of a POST; anything but a form is refused, nothing at all is an empty form."""
    if request.headers.get("Content-Type") is None:
        return {}
    if request.content_type != FORM:
        raise invalid_request(f"only {FORM} content-type bodies are supported on {request.method} {path}")
    return form_of(await request.post())


def reject_duplicates(form: Form, names: Iterable[str]) -> None:
    """Raises an error if one of the parameters is given twice."""
    twice = [name for name in names if len(form.get(name, ())) > 1]
    if twice:
        raise invalid_request(f"{listed(twice)} parameter{'' if len(twice) == 1 else 's'} must not be provided twice")


def one(form: Form, name: str) -> str | None:
    """The value of a parameter, None if absent."""
    return form[name][0] if name in form else None


def needed(form: Form, name: str) -> str:
    """The value of a mandatory parameter."""
    require(form, name)
    return form[name][0]


def find_client(state: State, client_id: str) -> Record | None:
    """A client as the provider loads it: raises for a broken record."""
    record = state.clients.by_id.get(client_id)
    if record is not None:
        ensure_valid(record)
    return record


def authenticate(state: State, request: web.Request, form: Form) -> Record:
    """The client that made this request; OidcError 401 or 400 otherwise."""
    try:
        reject_duplicates(form, AUTH_PARAMETERS)
        client_id, secret, methods = _offered(request, form)
        client = find_client(state, client_id)
        if client is None or client["token_endpoint_auth_method"] not in methods or methods is BY_ASSERTION:
            raise invalid_client()
        if secret is not None and not hmac.compare_digest(secret.encode(), client["client_secret"].encode()):
            raise invalid_client()
    except OidcError as error:
        if error.status == 401 and "Authorization" in request.headers:
            error.headers["WWW-Authenticate"] = (
                f'Basic realm="{state.domain}", error="{error.error}", error_description="{error.description}"'
            )
        raise
    return client


def _offered(request: web.Request, form: Form) -> tuple[str, str | None, tuple[str, ...]]:
    """Client id, secret, and the registered methods that this way of sending them satisfies."""
    client_id, secret = one(form, "client_id"), one(form, "client_secret")
    header = request.headers.get("Authorization")
    assertion = one(form, "client_assertion")
    if assertion is not None:
        if secret is not None or header is not None:
            raise invalid_request(ONE_MECHANISM)
        return _asserted(assertion, client_id, one(form, "client_assertion_type")), None, BY_ASSERTION
    if header is not None:
        named, sent = _basic(header)
        if client_id is not None and named != client_id:
            raise invalid_request("mismatch in body and authorization client ids")
        if not sent:
            raise invalid_request("client_secret must be provided in the Authorization header")
        if secret is not None:
            raise invalid_request(ONE_MECHANISM)
        client_id, secret = named, sent
    if not client_id:
        raise invalid_request("no client authentication mechanism provided")
    return client_id, secret, BY_SECRET if secret is not None else ("none",)


def _asserted(assertion: str, client_id: str | None, kind: str | None) -> str:
    """The client that a signed token (RFC 7523) names. Its signature is not checked: no client can authenticate with
    one here."""
    try:
        _, payload, _ = assertion.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        subject = claims.get("sub")
    except (ValueError, AttributeError):
        raise invalid_request("invalid client_assertion format") from None
    if not subject:
        raise invalid_client()
    if client_id and subject != client_id:
        raise invalid_request("subject of client_assertion must be the same as client_id provided in the body")
    if kind is None:
        raise invalid_request("client_assertion_type must be provided")
    if kind != ASSERTION_TYPE:
        raise invalid_request(f"client_assertion_type must have value {ASSERTION_TYPE}")
    return str(subject)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4)).decode(errors="replace")
    except ValueError:
        decoded = ""
    name, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or " " in value or not colon:
        raise invalid_request("invalid authorization header value format")
    for text in (name, secret):
        if BROKEN_ESCAPE.search(text) or UNPRINTABLE.search(unquote_plus(text)):
            raise invalid_request("client_id and client_secret in the authorization header are not properly encoded")
    return unquote_plus(name), unquote_plus(secret)
