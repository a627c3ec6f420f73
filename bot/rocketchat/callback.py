"""Makes Rocket.Chat exchange a code at Encvoy ID, by sending one to its callback, as a returning browser does.

Its legacy engine needs no session for that, signs nobody in and makes no account, as long as nobody asks for the
credential it keeps for a minute (facts/rocketchat.md §3.1b).

The page is never logged: after a success it holds that credential.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from bot.clock import Clock
from bot.connection.in_use import InUse, Use
from bot.connection.state import ServiceName
from bot.errors import Busy, RemoteError
from bot.http import HttpClient
from bot.rocketchat.rate_budget import RateBudget
from bot.rocketchat.responses import refuse_busy
from bot.secret import Secret
from bot.signin.pages import new_credential_token, read_config
from bot.text import defuse

APP = "rocketchat://auth"
"""The redirect address of the mobile app. With any other address the page does not say why it failed."""
PATIENCE = 25.0
"""Seconds for an answer: Rocket.Chat itself gives Encvoy ID twenty."""
MOST, WITHIN = 5, 10.5
"""Exchanges in so many seconds (ten, and the delay of a request); one more has to wait."""
SHORTEST_WAIT = 0.01
"""Seconds; a shorter wait might be rounded to nothing by the clock."""
LONGEST_REASON = 160

_ROUTE = "GET /_oauth/:service"
_HANDSHAKE = re.compile(r"Failed to complete OAuth handshake with \S{1,80} at (\S{1,300})\. ")
"""Before the reason; the group is the address that was asked."""
_NOT_REACHED = (
    "Not Found",
    "request to ",
    "invalid json response body",
    "The user aborted a request.",
    "error-ssrf-validation-failed",
    "network timeout",
    "self-signed certificate",
    "self signed certificate",
    "unable to verify",
    "unable to get",
    "certificate has expired",
    "Hostname/IP does not match",
)
"""Beginnings of Rocket.Chat's reasons if it got no answer from Encvoy ID's token endpoint."""


@dataclass
class Callback:
    """One Rocket.Chat; `url` is the address that the bot uses."""

    http: HttpClient
    """With a time-out of `PATIENCE`."""
    url: str
    clock: Clock

    def __post_init__(self) -> None:
        self._budget = RateBudget(self.clock, calls=MOST, window=WITHIN)

    async def bring_bogus_code(self, name: ServiceName, token_url: str) -> InUse:
        """See the port."""
        state = {"loginStyle": "redirect", "redirectUrl": APP}
        config = await self._bring(name, secrets.token_urlsafe(24), state)
        return config if isinstance(config, InUse) else verdict(config, token_url)

    async def bring_code(self, name: ServiceName, code: Secret) -> InUse:
        """See the port."""
        config = await self._bring(name, code.reveal(), {"loginStyle": "popup"})
        if isinstance(config, InUse):
            return config
        if config.get("setCredentialToken") is True:
            return InUse(Use.PROVED)
        return InUse(Use.UNKNOWN, "Rocket.Chat could not finish a sign-in of my own user, and does not say why")

    async def _bring(self, name: ServiceName, code: str, state: Mapping[str, object]) -> Mapping[str, object] | InUse:
        while not self._budget.take(_ROUTE):
            await self.clock.sleep(max(SHORTEST_WAIT, self._budget.busy(_ROUTE).retry_after))
        whole = {**state, "credentialToken": new_credential_token(), "isCordova": False}
        query = urlencode({"code": code, "state": base64.b64encode(json.dumps(whole).encode()).decode()})
        try:
            answer = await self.http.send("GET", f"{self.url}/_oauth/{name.service}?{query}", route=_ROUTE)
            refuse_busy(answer.status, answer.headers, _ROUTE)
        except Busy as busy:
            return InUse(Use.UNKNOWN, f"its callback was not checked: {busy.not_checked}")
        except RemoteError as error:
            return InUse(Use.UNKNOWN, f"its callback did not respond to me: {error.text.rstrip('.')}")
        config = read_config(answer.text) if answer.status == 200 else None
        return config or InUse(Use.UNKNOWN, f"its callback did not respond like Rocket.Chat ({answer.status})")


def verdict(config: Mapping[str, object], token_url: str) -> InUse:
    """What the page after a bogus code says about the exchange at `token_url`. Only known words about that address are
    used; SILENT if there are none."""
    if config.get("setCredentialToken") is True:
        return InUse(Use.UNKNOWN, "a code that nobody issued was accepted")
    said = _told(config.get("redirectUrl"))
    if not said:
        return InUse(Use.SILENT, "Rocket.Chat does not say why an exchange fails")
    found = _HANDSHAKE.search(said)
    reason = said[found.end() :].strip() if found else ""
    if found and found[1] != token_url:
        return InUse(
            Use.UNKNOWN, f"Rocket.Chat sent the request to another address: “{defuse(found[1], LONGEST_REASON)}”"
        )
    if reason == "Bad Request":
        return InUse(Use.PROVED)
    words = f"Rocket.Chat says: “{defuse(reason or said, LONGEST_REASON)}”"
    if reason == "Unauthorized":
        return InUse(Use.OTHER, words)
    return InUse(Use.FAILED if reason.startswith(_NOT_REACHED) else Use.UNKNOWN, words)


def _told(target: object) -> str:
    """The error in the redirect to the mobile app; empty if there is no such redirect, or no error in it."""
    address, _, query = target.partition("?") if isinstance(target, str) else ("", "", "")
    return parse_qs(query).get("error", [""])[0].strip() if address == APP else ""
