"""Checks credentials at the token endpoint side, without anybody signing in (facts/encvoy-id.md §9).

By PAR, which checks id, secret and redirect URI at once and leaves nothing but a record of 60 s. Where discovery names
none: by a code that cannot exist, and `prompt=none` for the redirect URI. The credentials go into the body, as
Rocket.Chat sends them.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode, urlsplit

from bot.addresses import same_address
from bot.connection.ports import Probe, ProviderMetadata
from bot.encvoy.discovery import JSON, Discovery
from bot.encvoy.login_page import error_on_page
from bot.encvoy.responses import interpret_oidc
from bot.errors import Rejected, Unauthenticated
from bot.http import HttpClient
from bot.secret import Secret

SCOPE = "openid"


class Probes:
    """Sends credentials to the token side."""

    def __init__(self, http: HttpClient, discovery: Discovery) -> None:
        self._http = http
        self._discovery = discovery

    async def credentials(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        """What the token side says of them."""
        provider = await self._discovery.provider()
        if provider.par_url is not None:
            return await self._by_par(provider.par_url, client_id, secret, redirect_uri)
        said = await self._by_bogus_code(provider, client_id, secret, redirect_uri)
        if said is not Probe.ACCEPTED:
            return said
        return await self.redirect_uri(client_id, redirect_uri)

    async def redirect_uri(self, client_id: str, redirect_uri: str) -> Probe:
        """Whether it is registered, by `prompt=none`: ACCEPTED or REDIRECT_REFUSED. Needs no secret, and begins no
        interaction; an unknown id is answered like an unregistered redirect URI."""
        provider = await self._discovery.provider()
        route = f"GET {urlsplit(provider.authorize_url).path}"
        query = urlencode(
            {
                "client_id": client_id,
                "response_type": "code",
                "scope": SCOPE,
                "redirect_uri": redirect_uri,
                "prompt": "none",
                "state": secrets.token_urlsafe(16),
            }
        )
        answer = await self._http.send("GET", f"{provider.authorize_url}?{query}", route=route)
        # Any redirect to the URI, also one with an error, means that it is registered.
        if same_address(answer.location, redirect_uri):
            return Probe.ACCEPTED
        if answer.status == 400:  # always a page
            return Probe.REDIRECT_REFUSED
        interpret_oidc(answer.status, answer.headers, answer.body, route)
        return Probe.BROKEN

    async def knows(self, client_id: str) -> bool:
        """Whether the token side has such a client at all, by `prompt=none` without a redirect URI: one that is gone is
        `invalid_client`, on a page (facts/encvoy-id.md §9); whatever else it says, it is there."""
        provider = await self._discovery.provider()
        route = f"GET {urlsplit(provider.authorize_url).path}"
        query = urlencode({"client_id": client_id, "response_type": "code", "scope": SCOPE, "prompt": "none"})
        answer = await self._http.send("GET", f"{provider.authorize_url}?{query}", route=route)
        if answer.status == 400:
            return error_on_page(answer.text) != "invalid_client"
        if not answer.location:
            interpret_oidc(answer.status, answer.headers, answer.body, route)
        return True

    async def _by_par(self, par_url: str, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        form = {
            "response_type": "code",
            "client_id": client_id,
            "client_secret": secret.reveal(),
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
        }
        code = await self._refusal(par_url, form)
        if code is None:
            return Probe.ACCEPTED
        if code == "invalid_request":
            # The redirect URI is not registered; or the record does not allow what Rocket.Chat asks for.
            said = await self.redirect_uri(client_id, redirect_uri)
            return Probe.BROKEN if said is Probe.ACCEPTED else said
        return Probe.REFUSED if code == "invalid_client" else Probe.BROKEN

    async def _by_bogus_code(
        self, provider: ProviderMetadata, client_id: str, secret: Secret, redirect_uri: str
    ) -> Probe:
        form = {
            "grant_type": "authorization_code",
            "code": secrets.token_urlsafe(32),
            "redirect_uri": redirect_uri,
            "client_id": client_id,
            "client_secret": secret.reveal(),
        }
        code = await self._refusal(provider.token_url, form)
        return {"invalid_grant": Probe.ACCEPTED, "invalid_client": Probe.REFUSED}.get(code or "", Probe.BROKEN)

    async def _refusal(self, url: str, form: dict[str, str]) -> str | None:
        """The code of the refusal, None if there was none."""
        route = f"POST {urlsplit(url).path}"
        answer = await self._http.send("POST", url, route=route, headers=JSON, form=form)
        try:
            interpret_oidc(answer.status, answer.headers, answer.body, route)
        except (Unauthenticated, Rejected) as refusal:
            if refusal.code is None:
                raise  # not Encvoy ID's own answer: perhaps a proxy that asks for a password
            return refusal.code
        return None
