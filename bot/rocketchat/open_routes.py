"""The two routes that show the live login services, and need no login (facts/rocketchat.md §3.1).

Both return the same documents, but have separate rate limits (§1.6), so they are polled in turn. The bot's token is
sent along: on newer servers, accounts that bypass the rate limit bypass it here too, and the answer has no rate limit
headers.

The requests use aiohttp instead of rocketchat-API: during an exchange each millisecond of a poll lengthens the gap, and
several polls run at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.connection.state import LiveService
from bot.errors import Busy, RouteAbsent
from bot.http import HttpClient
from bot.rocketchat.fields import live_service
from bot.rocketchat.rate_budget import RateBudget
from bot.rocketchat.responses import interpret, not_its_own
from bot.rocketchat.rest import Rest
from bot.rocketchat.session import INSTANCE

LISTS = {"settings.oauth": "services", "service.configurations": "configurations"}
"""Route -> the field of its answer that holds the documents."""
LABELS = {
    "settings.oauth": "GET /api/v1/settings.oauth",
    "service.configurations": "GET /api/v1/service.configurations",
}
"""Route -> how errors name it."""
ABSENT_SECONDS = 600.0
"""Seconds for which a route that this version lacks is not polled again."""


@dataclass(frozen=True)
class Poll:
    """One answer."""

    services: Mapping[str, LiveService]
    """By `encvoyid`."""
    sent_at: float
    """`Clock.monotonic()` before the request: what the answer does not show was not live at that moment."""
    buttons: frozenset[str] = frozenset()
    """Names of the services of every kind that have a button on the login page."""


@dataclass
class OpenRoutes:
    """Polls within the budget. Errors: `bot.errors.RemoteError`; Busy without a request where none may be made."""

    http: HttpClient
    rest: Rest
    """Whose address and credentials are used."""
    budget: RateBudget
    clock: Clock
    _turn: int = field(default=0, init=False)

    @property
    def unlimited(self) -> bool:
        """Whether the bot has no rate limit on either route, judged by their last answers."""
        open_ones = [route for route in LISTS if self.budget.left(route) > 0]
        return bool(open_ones) and all(self.budget.unlimited(route) for route in open_ones)

    def left(self) -> int:
        """How many polls may be made now."""
        return sum(max(0, self.budget.left(route)) for route in LISTS)

    async def poll(self, *, reserve: int = 0) -> Poll:
        """Polls the next route that is allowed now; `reserve` polls are kept."""
        route = self._next(reserve)
        if route is None:
            raise min((self.budget.busy(route) for route in LISTS), key=lambda busy: busy.retry_after)
        try:
            return await self._ask(route)
        except Busy as busy:
            self.budget.close(route, busy.retry_after)
            raise
        except RouteAbsent:
            self.budget.close(route, ABSENT_SECONDS)
            other = self._next(reserve)
            if other is None:
                raise
            return await self._ask(other)

    async def _ask(self, route: str) -> Poll:
        named, sent_at = LABELS[route], self.clock.monotonic()
        received = await self.http.send(
            "GET", f"{self.rest.url}/api/v1/{route}", route=named, headers=self.rest.credentials()
        )
        answer = interpret(received, named, time.time())
        self.budget.heard(route, _remaining(received.headers))
        self.rest.saw(received.headers.get(INSTANCE, ""))
        documents = answer.get(LISTS[route])
        if not isinstance(documents, list):
            raise not_its_own(named)
        records = (live_service(d) for d in documents if isinstance(d, Mapping) and d.get("custom") is not False)
        services = {record.service: record for record in records if record is not None}
        return Poll(services, sent_at, frozenset(_buttons(documents)))

    def _next(self, reserve: int) -> str | None:
        """The next route in turn, or the other one if its budget is used up."""
        if self.left() <= reserve:
            return None
        routes = list(LISTS)
        self._turn += 1
        for route in routes[self._turn % 2 :] + routes[: self._turn % 2]:
            if self.budget.take(route):
                return route
        return None


def _buttons(documents: list[object]) -> Iterator[str]:
    """One of the two routes calls the built-in services by `name`. Whoever hides its button can only be used by people
    who know its address."""
    for document in documents:
        if isinstance(document, Mapping) and document.get("showButton") is not False:
            name = document.get("service") or document.get("name")
            if isinstance(name, str):
                yield name.lower()


def _remaining(headers: Mapping[str, str]) -> int | None:
    """The remaining calls in the rate limit headers; None: there are none, so the bot has no limit."""
    try:
        return int(headers.get("X-RateLimit-Remaining", ""))
    except ValueError:
        return None
