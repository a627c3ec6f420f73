"""The server's own two requests to the identity provider, exactly as the legacy engine sends them
(facts/rocketchat.md §3.3): the code for a token, the token for the claims."""

from __future__ import annotations

import base64
import json
from typing import Any

import aiohttp

from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.oauth.claims import address

USER_AGENT = "Meteor/3.3"
_PATIENCE = aiohttp.ClientTimeout(total=20)


class ExchangeFailed(Exception):
    """The provider refused or could not be reached; the text is the real server's."""


async def access_token(
    client: aiohttp.ClientSession, fields: Document, code: str, state: str, redirect_uri: str
) -> str:
    """The token for a code; credentials in the body or as Basic, by `tokenSentVia`."""
    form = {"code": code, "redirect_uri": redirect_uri, "grant_type": "authorization_code", "state": state}
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    if fields["tokenSentVia"] == "header":
        pair = base64.b64encode(f"{fields['clientId']}:{fields['secret']}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        form |= {"client_id": fields["clientId"], "client_secret": fields["secret"]}
    url = address(fields, "tokenPath")
    failed = f"Failed to complete OAuth handshake with {fields['service']} at {url}. "
    answer = await _fetch(client, "POST", url, failed, headers=headers, data=form)
    if not isinstance(answer, dict) or answer.get("error") or not answer.get("access_token"):
        problem = answer.get("error") if isinstance(answer, dict) else None
        raise ExchangeFailed(failed + str(problem or "no access token"))
    return str(answer["access_token"])


async def identity(client: aiohttp.ClientSession, fields: Document, token: str) -> Document:
    """The claims; the token as Bearer or in the query, by `identityTokenSentVia` (`default`: as `tokenSentVia`)."""
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    via = fields["identityTokenSentVia"]
    via = fields["tokenSentVia"] if via in (None, "", "default") else via
    query = {} if via == "header" else {str(fields["accessTokenParam"] or "access_token"): token}
    if via == "header":
        headers["Authorization"] = f"Bearer {token}"
    url = address(fields, "identityPath")
    failed = f"Failed to fetch identity from {fields['service']} at {url}. "
    answer = await _fetch(client, "GET", url, failed, headers=headers, params=query)
    if not isinstance(answer, dict):
        raise ExchangeFailed(failed + "not an object")
    return answer


async def _fetch(client: aiohttp.ClientSession, method: str, url: str, failed: str, **request: Any) -> Any:
    """The parsed answer; ExchangeFailed for anything but a 2xx with JSON."""
    try:
        async with client.request(method, url, timeout=_PATIENCE, **request) as response:
            text = await response.text()
            if not response.ok:
                raise ExchangeFailed(f"{failed}{response.reason}")
            return json.loads(text)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ExchangeFailed(f"{failed}{type(error).__name__}") from None
    except ValueError:
        raise ExchangeFailed(f"{failed}the answer is not JSON") from None
