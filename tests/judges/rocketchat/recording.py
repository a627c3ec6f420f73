"""What the Rocket.Chat stand-ins of this process are asked and what they answer, for the judges.

A request is recorded as it came, whatever became of it. An answer is recorded only if it is the stand-in's own: what a
test makes it say by a fault (`bot/sandbox/faults.py`) proves nothing. Nothing is written before a test has ended, when
all its secrets are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.faults import parsed_body
from bot.sandbox.rocketchat.standin import RocketChatStandIn
from tests.judges.rocketchat.masking import masked_fields, masked_text, shaped

BOTS = ("ssobot", "python-requests/")
"""How the bot's two HTTP clients call themselves; nobody else in the suite does."""
_OWN_ANSWER = web.RequestKey("own_answer", web.StreamResponse)
_PARAMETERS = (
    (re.compile(r"^settings/[^/]+$"), "settings/:_id"),
    (re.compile(r"^(method\.call|method\.callAnon)/.+$"), r"\1/:method"),
)
_UNTOLD = ("settings", "service.configurations", "method.call")
"""What these answer holds no document that a schema knows, and secrets by design."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    route: str
    """Method and path as the stand-in declares it: `GET users.info`, `GET /api/info`."""
    by_bot: bool
    query: dict[str, Any]
    body: Any
    status: int | None
    """None where the stand-in did not answer itself."""
    headers: list[str] = field(default_factory=list)
    """Names of the answer's headers, in lower case."""
    answer: Any = None


_exchanges: list[Exchange] = []


@contextmanager
def diverted() -> Iterator[list[Exchange]]:
    """What is exchanged meanwhile, kept from the run's own record: for tests that plant faults."""
    global _exchanges
    before, _exchanges = _exchanges, []
    try:
        yield _exchanges
    finally:
        _exchanges = before


def taken() -> list[Exchange]:
    """What has been exchanged since the last call."""
    found = _exchanges[:]
    _exchanges.clear()
    return found


def lines(exchanges: Iterable[Exchange], secrets: Iterable[str], test: str) -> str:
    """As they are written: a JSON line each, secrets masked."""
    told = (json.dumps({**asdict(exchange), "test": test}) for exchange in exchanges)
    return masked_text("".join(f"{line}\n" for line in told), secrets)


def route_of(method: str, path: str) -> str:
    """The name of a route; its parameters by their names."""
    below = path.removeprefix("/api/v1/")
    for pattern, name in _PARAMETERS:
        below = pattern.sub(name, below)
    return f"{method} {below}"


def install() -> None:
    """Begins to record; once for a process."""
    original = RocketChatStandIn._application

    def application(stand_in: RocketChatStandIn) -> web.Application:
        app = original(stand_in)
        app.middlewares.insert(0, _recording(stand_in._path))
        app.middlewares.append(_keep_own_answer)
        return app

    RocketChatStandIn._application = application  # type: ignore[method-assign, assignment]


def _recording(below: str) -> Middleware:
    """Around everything, faults included."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix(below)
        if not path.startswith("/api/"):
            return await handler(request)
        body = await parsed_body(request)
        try:
            return await handler(request)
        finally:
            _exchanges.append(_exchange(request, route_of(request.method, path), body))

    return middleware


@web.middleware
async def _keep_own_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Inside of everything."""
    response = await handler(request)
    request[_OWN_ANSWER] = response
    return response


def _exchange(request: web.Request, route: str, body: Any) -> Exchange:
    agent = request.headers.get("User-Agent", "")
    query = {name: values if len(values := request.query.getall(name)) > 1 else values[0] for name in request.query}
    own = request.get(_OWN_ANSWER)
    body = masked_fields(body)
    if route == "POST settings/:_id" and request.path.endswith("-secret"):
        body = shaped(body)
    exchange = Exchange(route, agent.startswith(BOTS), query, body, own.status if own is not None else None)
    if not isinstance(own, web.Response):
        return exchange
    exchange.headers.extend(name.lower() for name in own.headers)
    told = own.status >= 400 or not route.split(" ")[1].startswith(_UNTOLD)
    if not told or not isinstance(own.text, str):
        return exchange
    return Exchange(**{**exchange.__dict__, "answer": masked_fields(json.loads(own.text))})
