"""What anybody may ask Rocket.Chat by plain HTTP: its clock, and what answers at the callback address."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from bot.doctor.evidence import CallbackAnswer
from bot.errors import RemoteError
from bot.wire import Wire

RESOLUTION = timedelta(seconds=2)
"""The header has whole seconds: a smaller difference is none."""


async def server_skew(wire: Wire, url: str, now: datetime) -> timedelta:
    """What is to be added to our clock to get the server's, by the header `Date`; none where it does not say."""
    try:
        answer = await wire.send("GET", f"{url}/api/info", route="GET /api/info")
        skew = parsedate_to_datetime(answer.headers.get("Date", "")) - now
    except (RemoteError, ValueError, TypeError):
        return timedelta(0)
    return skew if abs(skew) > RESOLUTION else timedelta(0)


async def ask_callback(wire: Wire, redirect_uri: str) -> CallbackAnswer:
    """Asks as a browser would that comes back from a refused sign-in, which changes nothing.

    The legacy engine ends every sign-in with a page that holds `#config` (facts/rocketchat.md §3.3), the modern one
    sends such a browser to `/login` (§3.4). Popup style, because the other one hangs without an address to return to
    (§3.1b).
    """
    state = {"loginStyle": "popup", "credentialToken": secrets.token_urlsafe(32), "isCordova": False}
    query = urlencode({"error": "access_denied", "state": base64.b64encode(json.dumps(state).encode()).decode()})
    answer = await wire.send("GET", f"{redirect_uri}?{query}", route="GET /_oauth/:service")
    legacy = answer.status == 200 and 'id="config"' in answer.text.replace("'", '"')
    modern = urlsplit(answer.location).path.endswith("/login")
    return CallbackAnswer(answer.status, is_rocketchat=legacy or modern)
