"""Reads the redirect by which the modern login engine sends people to Encvoy ID (facts/rocketchat.md §3.1, §3.1b;
pre-release).

The redirect is made by the same object that holds the secret, so a marker in it shows which secret is live in the
instance that answered. The live record may be a few milliseconds ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bot.clock import Clock
from bot.connection.entrance import Begins
from bot.connection.marker import parameter_of
from bot.connection.state import Marker, ServiceName
from bot.errors import RemoteError
from bot.http import HttpClient
from bot.rocketchat.rate_budget import RateBudget
from bot.rocketchat.responses import refuse_busy

PAUSES = (0.02, 0.2, 1.0)
"""Seconds between the requests for one marker. Few, because all clients behind one address share ten a minute (§3.4),
and a marker may have to be written a second time."""
WITHIN = 0.5
"""Seconds for one request. The record already shows the marker, so the new secret is live in at least one instance, and
Encvoy ID is switched only after this."""
AT_MOST = 3
"""Requests to find out whether all instances have it."""

_ROUTE = "GET /oauth/:service"
FOUND = 302


@dataclass
class StrategyReader:
    """One Rocket.Chat; `url` is the address that the bot uses."""

    http: HttpClient
    url: str
    clock: Clock

    def __post_init__(self) -> None:
        self._budget = RateBudget(self.clock)
        self._behind = False

    async def begins(self, name: ServiceName) -> Begins:
        """What pressing the button does. Busy under a rate limit, without a request if that is already known;
        RemoteError."""
        if not self._budget.take(_ROUTE):
            raise self._budget.busy(_ROUTE)
        answer = await self.http.send("GET", f"{self.url}/oauth/{name.service}", route=_ROUTE)
        refuse_busy(answer.status, answer.headers, _ROUTE)
        return Begins(answer.status, answer.location)

    async def shows(self, name: ServiceName, marker: Marker) -> bool | None:
        """Whether the strategy has the marker, after a few requests. None: unknown."""
        shown = await self._look(name, marker)
        if shown is None and self._behind:  # a rate limit by now, and the last answer showed another marker
            return False
        for pause in PAUSES:
            if shown is not False:
                break
            await self.clock.sleep(pause)
            shown = await self._look(name, marker) or False  # one that can no longer be asked still has another one
        return shown

    async def all_show(self, name: ServiceName, marker: Marker, instances: int) -> bool | None:
        """Whether none of a few answers, from any instances, has another marker. None: unknown."""
        seen = [await self._look(name, marker) for _ in range(min(instances, AT_MOST))]
        return None if None in seen and False not in seen else False not in seen

    async def _look(self, name: ServiceName, marker: Marker) -> bool | None:
        with contextlib.suppress(TimeoutError, RemoteError):
            async with asyncio.timeout(WITHIN):
                begins = await self.begins(name)
            if begins.status == FOUND and _is_request(begins.location):
                self._behind = parameter_of(begins.location) != parameter_of(marker.spelling)
                return not self._behind
        return None


def _is_request(location: str) -> bool:
    """Whether it is an authorization request (RFC 6749, 4.1.1), and no page of Rocket.Chat's own or of a proxy."""
    try:
        return {"response_type", "redirect_uri"} <= parse_qs(urlsplit(location).query).keys()
    except ValueError:
        return False
