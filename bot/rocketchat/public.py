"""What anybody may ask Rocket.Chat by plain HTTP: its clock, and what answers at the callback address."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from bot.doctor.evidence import CallbackAnswer
from bot.errors import RemoteError
from bot.wire import Wire


async def server_time(wire: Wire, url: str) -> datetime | None:
    """The server's time by the header `Date` of whatever it answers, in whole seconds; None where it does not say."""
    try:
        answer = await wire.send("GET", f"{url}/api/info", route="GET /api/info")
        told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (RemoteError, ValueError, TypeError, OverflowError):
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told


async def ask_callback(wire: Wire, redirect_uri: str) -> CallbackAnswer:
    """Asks as a popup would that comes back from a refused sign-in, which changes nothing. In the other style it would
    need an address to go on to, and wait for ever without one (facts/rocketchat.md §3.1b).

    The legacy engine ends every sign-in with a page that holds `#config` (facts/rocketchat.md §3.3), the modern one
    sends such a browser to `/login` (§3.4). Popup style, because the other one hangs without an address to return to
    (§3.1b).
    """
    # A redirect style without an address to go to leaves the request open for ever (facts/rocketchat.md §3.1b).
    state = {"loginStyle": "popup", "credentialToken": secrets.token_urlsafe(32), "isCordova": False}
    query = urlencode({"error": "access_denied", "state": base64.b64encode(json.dumps(state).encode()).decode()})
    answer = await wire.send("GET", f"{redirect_uri}?{query}", route="GET /_oauth/:service")
    legacy = answer.status == 200 and 'id="config"' in answer.text.replace("'", '"')
    modern = answer.location.partition("?")[0].partition("#")[0].endswith("/login")
    return CallbackAnswer(answer.status, is_rocketchat=legacy or modern)
