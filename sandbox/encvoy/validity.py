"""The provider's checks of a client record when it loads it, which the management API does not make.

The checks are those of `oidc-provider` 8.8 in its order; the observed cases are in facts/encvoy-id.md §4, "Accepted by
the API but broken at the OIDC side".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sandbox.encvoy.clients import Record
from sandbox.encvoy.fields import AUTH_METHODS
from sandbox.encvoy.oidc_errors import OidcError, listed

GRANT_TYPES = ("authorization_code", "implicit", "refresh_token")
RESPONSE_TYPES = ("code", "code id_token", "code token", "code id_token token", "id_token", "none")
SECRET_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def normalised(response_type: str) -> str:
    """The words of a response type, once each, in order."""
    return " ".join(sorted(set(response_type.split(" "))))


SUPPORTED_RESPONSE_TYPES = frozenset(normalised(kind) for kind in RESPONSE_TYPES)


def _invalid(description: str) -> OidcError:
    error = "invalid_redirect_uri" if description.startswith("redirect_uris") else "invalid_client_metadata"
    return OidcError(400, error, description)


def ensure_valid(client: Record) -> None:
    """Raises the OidcError that every OIDC endpoint answers for a broken record."""
    _mandatory(client)
    _types(client)
    _values(client)
    for label in ("post_logout_redirect_uris", "redirect_uris"):
        for uri in client[label]:
            _redirect_uri(label, uri, client)
    _together(client)


def _mandatory(client: Record) -> None:
    if client["token_endpoint_auth_method"] in SECRET_METHODS and not client["client_secret"]:
        raise _invalid("client_secret is mandatory property")
    hosts = {urlsplit(uri).netloc for uri in client["redirect_uris"]}
    if client["subject_type"] == "pairwise" and client["response_types"] and len(hosts) > 1:
        raise _invalid("sector_identifier_uri is mandatory property")
    if client["token_endpoint_auth_method"] == "private_key_jwt":
        raise _invalid("jwks or jwks_uri is mandatory for this client")


def _types(client: Record) -> None:
    if client["client_secret"] == "":
        raise _invalid("client_secret must be a non-empty string if provided")
    for name in ("grant_types", "post_logout_redirect_uris", "redirect_uris", "request_uris", "response_types"):
        if any(not isinstance(item, str) or not item for item in client[name]):
            raise _invalid(f"{name} must only contain strings")
    if UNPRINTABLE.search(client["client_secret"]):
        raise _invalid("invalid client_secret value")


def _values(client: Record) -> None:
    if not set(client["grant_types"]) <= set(GRANT_TYPES):
        raise _invalid(f"grant_types can only contain {listed(GRANT_TYPES, 'or')}")
    _one("id_token_signed_response_alg", client["id_token_signed_response_alg"], ("RS256",))
    if not {normalised(kind) for kind in client["response_types"]} <= SUPPORTED_RESPONSE_TYPES:
        raise _invalid(f"response_types can only contain {listed(RESPONSE_TYPES, 'or')}")
    _one("token_endpoint_auth_method", client["token_endpoint_auth_method"], AUTH_METHODS)


def _one(name: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise _invalid(f"{name} must be {listed(allowed, 'or')}")


def _redirect_uri(label: str, uri: str, client: Record) -> None:
    parts = urlsplit(uri)
    if not parts.scheme:
        raise _invalid(f"{label} must only contain valid uris")
    if parts.fragment:
        raise _invalid(f"{label} must not contain fragments")
    check = _web_uri if client["application_type"] == "web" else _native_uri
    check(label, parts.scheme, parts.hostname or "", "implicit" in client["grant_types"])


def _web_uri(label: str, scheme: str, host: str, implicit: bool) -> None:
    if scheme not in ("http", "https"):
        raise _invalid(f"{label} must only contain web uris")
    if implicit and scheme == "http":
        raise _invalid(f"{label} for web clients using implicit flow MUST only register URLs using the https scheme")
    if implicit and host == "localhost":
        raise _invalid(f"{label} for web clients using implicit flow must not be using localhost")


def _native_uri(label: str, scheme: str, host: str, implicit: bool) -> None:
    if scheme == "http" and host not in LOOPBACK:
        text = "for native clients using http as a protocol can only use loopback addresses as hostnames"
        raise _invalid(f"{label} {text}")
    if scheme == "https" and host in LOOPBACK:
        raise _invalid(f"{label} for native clients using claimed HTTPS URIs must not be using {host} as hostname")


def _together(client: Record) -> None:
    grants = client["grant_types"]
    words = {word for kind in client["response_types"] for word in kind.split(" ")}
    if {"authorization_code", "implicit"} & set(grants) and not client["response_types"]:
        raise _invalid("response_types must contain members")
    if words and not client["redirect_uris"]:
        raise _invalid("redirect_uris must contain members")
    if "code" in words and "authorization_code" not in grants:
        raise _invalid("grant_types must contain 'authorization_code' when code is amongst response_types")
    if words & {"token", "id_token"} and "implicit" not in grants:
        text = "when 'id_token' or 'token' are amongst response_types"
        raise _invalid(f"grant_types must contain 'implicit' {text}")
