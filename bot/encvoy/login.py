"""The login that gives the bot its management token.

There are no client credentials and no API keys in Encvoy ID; a password login at its main client, by its own pages, is
the only way that works unattended in production (facts/encvoy-id.md §6).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.connection.ports import ProviderMetadata
from bot.encvoy.authorization import AuthorizationRequest, BotLogin, authorize
from bot.encvoy.responses import CHECK_URL, interpret_oidc, not_its_own
from bot.http import HttpClient
from bot.secret import Secret

CHECK_CLIENT = "Check SSOBOT_ENCVOY_CLIENT_ID: it must be the id of Encvoy ID's main client. " + CHECK_URL


@dataclass(frozen=True)
class ManagementToken:
    """An access token for the management API."""

    access: Secret
    expires_at: float
    """In `Clock.monotonic()`."""


async def log_in(
    http: HttpClient, provider: ProviderMetadata, account: BotLogin, client_id: str, clock: Clock
) -> ManagementToken:
    """A fresh token of the main client, which is public: it has an id and no secret. Errors as of `authorize`."""
    verifier = Secret(secrets.token_urlsafe(48))
    # The main client's own redirect URI; it leads to the dashboard.
    request = AuthorizationRequest(client_id, f"{account.domain}/code", "openid", CHECK_CLIENT, verifier=verifier)
    code = await authorize(http, provider, account, request)
    # Counted from before the request, so that the token is never used longer than it lives.
    asked_at = clock.monotonic()
    granted = await _exchange(http, provider, request, code, verifier)
    return ManagementToken(Secret(granted["access_token"]), asked_at + granted["expires_in"])


async def _exchange(
    http: HttpClient, provider: ProviderMetadata, request: AuthorizationRequest, code: Secret, verifier: Secret
) -> Mapping[str, Any]:
    route = f"POST {urlsplit(provider.token_url).path}"
    answer = await http.send(
        "POST",
        provider.token_url,
        route=route,
        headers={"Accept": "application/json"},
        form={
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": request.redirect_uri,
            "client_id": request.client_id,
            "code_verifier": verifier.reveal(),
        },
    )
    granted = interpret_oidc(answer.status, answer.headers, answer.body, route)
    if not isinstance(granted, dict):
        raise not_its_own(route, "The response contains no token.")
    token, seconds = granted.get("access_token"), granted.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise not_its_own(route, "The response contains no token.")
    return granted
