"""Requests to Rocket.Chat without a login: its clock, and what answers at the callback address."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from bot.connection.entrance import CallbackAnswer
from bot.connection.profile import Engine
from bot.errors import RemoteError
from bot.http import HttpClient, HttpResponse
from bot.rocketchat.responses import refuse_busy

_CALLBACK = "GET /_oauth/:service"


async def server_time(http: HttpClient, url: str) -> datetime | None:
    """The server's time from the header `Date` of any answer, in whole seconds; None if there is none."""
    try:
        answer = await http.send("GET", f"{url}/api/info", route="GET /api/info")
        told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (RemoteError, ValueError, TypeError, OverflowError):
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told


async def ask_callback(http: HttpClient, redirect_uri: str) -> CallbackAnswer:
    """Asks as a popup would that comes back from a refused sign-in, which changes nothing. Busy where a limit holds;
    RemoteError.

    The legacy engine ends every sign-in with a page that holds `#config` (facts/rocketchat.md §3.3), the modern one
    sends such a browser to its own `/login`, with nothing behind it (§3.4). A proxy that wants people to log in to
    itself first sends them to a page of that name, too: at an address of its own, or with where to go on to.
    """
    # A redirect style without an address to go to leaves the request open for ever (facts/rocketchat.md §3.1b).
    state = {"loginStyle": "popup", "credentialToken": secrets.token_urlsafe(32), "isCordova": False}
    query = urlencode({"error": "access_denied", "state": base64.b64encode(json.dumps(state).encode()).decode()})
    answer = await http.send("GET", f"{redirect_uri}?{query}", route=_CALLBACK)
    refuse_busy(answer.status, answer.headers, _CALLBACK)
    return CallbackAnswer(answer.status, _engine(answer, redirect_uri))


def _engine(answer: HttpResponse, redirect_uri: str) -> Engine | None:
    if answer.status == 200 and 'id="config"' in answer.text.replace("'", '"'):
        return Engine.LEGACY
    site_url = redirect_uri.partition("/_oauth/")[0]
    path = urlsplit(site_url).path
    pages = {"/login", f"{path}/login", f"{site_url}/login", f"{site_url.removesuffix(path)}/login"}
    return Engine.MODERN if answer.location in pages else None
