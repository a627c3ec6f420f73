"""The server's own two requests to the identity provider, exactly as the legacy engine sends them
(facts/rocketchat.md §3.1b, §3.3): the code for a token, the token for the claims."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth.claims import address
from sandbox.rocketchat.oauth.fetch import PATIENCE, FetchFailed, fetch
from sandbox.rocketchat.oauth.javascript import UNDEFINED, JsTypeError, read, text, truthy

USER_AGENT = "Meteor/3.3"
_HEADERS = {"Accept": "application/json", "User-Agent": USER_AGENT}


class ExchangeFailed(Exception):
    """The provider refused or could not be reached; the text is the real server's."""


@dataclass(frozen=True)
class Configuration:
    """The fields that an exchange uses. The two may differ for a while where several instances run."""

    document: Document
    """The service's record in the database at this moment: client id and secret, and the style of the redirect URI."""
    cached: Document
    """What the instance was configured with: addresses, paths, placement, and how claims are mapped."""


def redirect_uri(site: str, document: Document) -> str:
    """The callback of a service (facts/rocketchat.md §3.2); without a login style the form of old clients."""
    return f"{site}/_oauth/{document['service']}{'' if document.get('loginStyle') else '?close'}"


async def access_token(
    client: aiohttp.ClientSession, configuration: Configuration, query: Document, site: str, patience: float = PATIENCE
) -> Any:
    """The token for the code in `query`, whatever it is; UNDEFINED if the answer has none. Credentials go in the body
    or as Basic, by `tokenSentVia`."""
    document, fields = configuration.document, configuration.cached
    form = {
        "code": text(query.get("code", UNDEFINED)),
        "redirect_uri": redirect_uri(site, document),
        "grant_type": "authorization_code",
        "state": text(query.get("state", UNDEFINED)),
    }
    headers = dict(_HEADERS)
    client_id, secret = _filled(document, "clientId"), _filled(document, "secret")
    if fields.get("tokenSentVia") == "header":
        headers["Authorization"] = f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"
    else:
        form |= {"client_secret": secret, "client_id": client_id}
    url = address(fields, "tokenPath")
    failed = f"Failed to complete OAuth handshake with {fields['service']} at {url}. "
    try:
        answer = await fetch(client, "POST", url, headers=headers, form=form, patience=patience)
    except FetchFailed as problem:
        raise ExchangeFailed(f"{failed}{problem}") from None
    if not truthy(answer):
        raise ExchangeFailed(f"{failed}No response received")
    if truthy(refused := read(answer, "error")):
        raise ExchangeFailed(f"{failed}{text(refused)}")
    return read(answer, "access_token")


async def claims(
    client: aiohttp.ClientSession, configuration: Configuration, token: Any, patience: float = PATIENCE
) -> Any:
    """What the identity route answers; the token goes as Bearer or in the query, by `identityTokenSentVia` (`default`:
    as `tokenSentVia`; empty: in the query)."""
    fields, headers, params = configuration.cached, dict(_HEADERS), {}
    via = fields.get("identityTokenSentVia")
    if (fields.get("tokenSentVia") if via in (None, "default") else via) == "header":
        headers["Authorization"] = f"Bearer {text(token)}"
    else:
        name = fields.get("accessTokenParam")
        params[name if isinstance(name, str) else "access_token"] = text(token)
    url = address(fields, "identityPath")
    try:
        return await fetch(client, "GET", url, headers=headers, params=params, patience=patience)
    except (FetchFailed, JsTypeError) as problem:
        raise ExchangeFailed(f"Failed to fetch identity from {fields['service']} at {url}. {problem}") from None


def _filled(document: Document, name: str) -> str:
    value = document.get(name)
    return text(UNDEFINED if value is None else value)
