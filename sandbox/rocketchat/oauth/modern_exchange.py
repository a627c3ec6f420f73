"""The two requests of the modern login engine to the identity provider, as passport-oauth2 sends them
(facts/rocketchat.md §3.4): the code for a token, the token for the claims."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import aiohttp

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth.exchange import ExchangeFailed
from sandbox.rocketchat.oauth.modern_strategies import Strategy

USER_AGENT = "Node-oauth"
_PATIENCE = aiohttp.ClientTimeout(total=20)
_NOT_SENT = ("Accept", "Accept-Encoding")
"""What the library doesn't send, and aiohttp would."""


async def access_token(client: aiohttp.ClientSession, strategy: Strategy, code: str, verifier: str) -> str:
    """The token for a code. The credentials are always in the body: `tokenSentVia` is not looked at."""
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": strategy.callback_url,
        "code_verifier": verifier,
        "client_id": strategy.fields["clientId"],
        "client_secret": strategy.fields["secret"],
        "code": code,
    }
    failed = "Failed to obtain access token"
    status, text = await _fetch(client, "POST", strategy.token_url, failed, data=form)
    if not (200 <= status <= 299 or status in (301, 302)):
        raise ExchangeFailed(f"{failed} ({status})")
    token = _token_in(text)
    if not token:
        raise ExchangeFailed(failed)
    return token


async def identity(client: aiohttp.ClientSession, strategy: Strategy, token: str) -> Document:
    """The claims; the token as Bearer or in the query. Anything but 200 is a failure."""
    fields = strategy.fields
    own = fields.get("identityTokenSentVia")
    via = fields.get("tokenSentVia") if own == "default" else own
    headers, query = {}, ""
    if via == "header":
        headers["Authorization"] = f"Bearer {token}"
    else:
        query = urlencode({str(fields.get("accessTokenParam") or ""): token})
    url = strategy.identity_url
    failed = f"Failed to fetch identity from {strategy.service} at {url}."
    joined = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    status, text = await _fetch(client, "GET", joined, failed, headers=headers)
    if status != 200:
        raise ExchangeFailed(f"{failed} ({status})")
    try:
        claims = json.loads(text)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise ExchangeFailed(f"{failed} The answer is no object.")
    return claims


def _token_in(text: str) -> str | None:
    """The access token of an answer that is JSON, or else a form."""
    try:
        answer = json.loads(text)
    except ValueError:
        return next(iter(parse_qs(text).get("access_token", ())), None)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    return str(token) if token else None


async def _fetch(client: aiohttp.ClientSession, method: str, url: str, failed: str, **request: Any) -> tuple[int, str]:
    """Status and text; ExchangeFailed where there is no answer."""
    headers = {"User-Agent": USER_AGENT, **request.pop("headers", {})}
    try:
        async with client.request(
            method,
            url,
            headers=headers,
            skip_auto_headers=_NOT_SENT,
            allow_redirects=False,
            timeout=_PATIENCE,
            **request,
        ) as response:
            return response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise ExchangeFailed(f"{failed} {type(error).__name__}") from None
