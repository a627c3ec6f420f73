"""What the Rocket.Chat stand-ins of this process are asked and what they answer, for the judges.

A request is recorded as it came, whatever became of it. An answer is recorded only if it is the stand-in's own: what a
test makes it say by a fault (`sandbox/faults.py`) proves nothing. Nothing is written before a test has ended, when
all its secrets are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.faults import parsed_body
from tests.judges.rocketchat.masking import masked_fields, masked_text, shaped

if TYPE_CHECKING:
    from sandbox.rocketchat.standin import RocketChatStandIn

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
    headers: list[str]
    """Names of the answer's headers, in lower case."""
    answer: Any


Sink = Callable[[Exchange], None]
_sink: Sink | None = None
"""Where exchanges go; None before `install`."""


def is_installed() -> bool:
    """Whether this process records."""
    return _sink is not None


@contextmanager
def diverted() -> Iterator[list[Exchange]]:
    """What is exchanged meanwhile, kept from the run's own record: for tests that plant faults."""
    global _sink
    kept: list[Exchange] = []
    before, _sink = _sink, kept.append
    try:
        yield kept
    finally:
        _sink = before


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


def install(sink: Sink) -> None:
    """Begins to record; once for a process."""
    from sandbox.rocketchat.standin import RocketChatStandIn

    global _sink
    _sink = sink
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
            assert _sink is not None
            _sink(_exchange(request, route_of(request.method, path), body))

    return middleware


@web.middleware
async def _keep_own_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Inside of everything."""
    response = await handler(request)
    request[_OWN_ANSWER] = response
    return response


def _exchange(request: web.Request, route: str, body: Any) -> Exchange:
    own = request.get(_OWN_ANSWER)
    secret_setting = route == "POST settings/:_id" and request.path.endswith("-secret")
    return Exchange(
        route=route,
        by_bot=request.headers.get("User-Agent", "").startswith(BOTS),
        query=masked_fields({name: _one_or_all(request.query.getall(name)) for name in request.query}),
        body=shaped(body) if secret_setting else masked_fields(body),
        status=own.status if own is not None else None,
        headers=[name.lower() for name in own.headers] if own is not None else [],
        answer=_told(route, own) if isinstance(own, web.Response) else None,
    )


def _told(route: str, answer: web.Response) -> Any:
    """The answer's body, as far as a schema may know it."""
    _, _, path = route.partition(" ")
    if answer.text is None or (answer.status < 400 and path.startswith(_UNTOLD)):
        return None
    return masked_fields(json.loads(answer.text))


def _one_or_all(values: list[str]) -> str | list[str]:
    """A parameter given twice is a list, as the server reads it."""
    return values if len(values) > 1 else values[0]
