"""One request as a probe, and short ways to write the usual ones."""

from __future__ import annotations

import base64
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.judges.oidc.visitor import Visitor, credentials
from tests.support.idp_browser import CALLBACK

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "application/json"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WRONG = "wrong"
HINTS = {"nonce": "N", "max_age": "10", "acr_values": "a", "claims_locales": "en", "id_token_hint": "x"}

PAR = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile email", "state": "S"}
BY_CODE = {"grant_type": "authorization_code", "code": "bogus", "redirect_uri": CALLBACK}
BY_REFRESH = {"grant_type": "refresh_token", "refresh_token": "bogus"}
BASIC = credentials("basic")


@dataclass(frozen=True)
class Ask:
    """One request, with what `Jar.ask` takes besides method and path."""

    method: str
    path: str
    how: Mapping[str, Any] = field(default_factory=dict)

    async def __call__(self, visitor: Visitor) -> None:
        """Sends it."""
        await visitor.ask(self.method, self.path, **self.how)


def post(path: str, *forms: Mapping[str, str | None], **how: Any) -> Ask:
    """A form, put together from these; None takes a field away."""
    return Ask("POST", path, {"form": _joined(*forms), **how})


def auth(**params: str | None) -> Ask:
    """An authorization request; None takes a parameter away."""
    return Ask("GET", "/oidc/auth", {"params": _joined(PAR, {"client_id": "basic"}, params)})


def par(*forms: Mapping[str, str | None], **how: Any) -> Ask:
    """A pushed authorization request (RFC 9126)."""
    return post("/oidc/request", PAR, *forms, **how)


def token(*forms: Mapping[str, str | None], **how: Any) -> Ask:
    """A request to the token endpoint."""
    return post("/oidc/token", *forms, **how)


def asserting(claims: str, kind: str = "") -> dict[str, str]:
    """The fields of a client that proves itself by a signed token with these claims (RFC 7523)."""
    parts = ('{"alg": "HS256"}', claims, "bogus")
    assertion = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
    return {"client_id": "jwt", "client_assertion": assertion} | ({"client_assertion_type": kind} if kind else {})


def _joined(*forms: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in ChainMap(*map(dict, reversed(forms))).items() if value is not None}
