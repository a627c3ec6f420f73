"""Faults and kill hooks: failures that a test injects into a stand-in, and points at which it kills the bot.

A stand-in has one `Faults`. A rule applies to a route, before or after its effect:

    faults.add(Fault("PUT", "/api/v1/clients/", effect=FaultEffect.HANG, when=When.AFTER))   # done, never answered
    faults.add(Fault("POST", "/api/v1/settings", call=kill_the_bot, when=When.AFTER))   # done, then the hook

`observe` is the aiohttp middleware that applies the rules and writes the ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.ledger import Ledger


class When(enum.Enum):
    """Whether the rule acts before the effect (which then does not happen) or after it."""

    BEFORE = "before"
    AFTER = "after"


class FaultEffect(enum.Enum):
    """What the client gets."""

    ANSWER = "answer"
    """The given status, headers and body instead of the stand-in's own answer."""
    HANG = "hang"
    """No answer until the client disconnects or the stand-in closes."""
    DROP = "drop"
    """The connection is closed without an answer."""
    PASS = "pass"
    """The stand-in's own answer; useful with `call` and `delay`."""


@dataclass
class Fault:
    """One rule: the first `times` requests that match get the effect (None: every one)."""

    method: str = ""
    """HTTP method, empty for any."""
    path: str = ""
    """What the path begins with, empty for any."""
    effect: FaultEffect = FaultEffect.ANSWER
    when: When = When.BEFORE
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/json"
    delay: float = 0.0
    """Seconds to wait first."""
    call: Callable[[web.Request], Awaitable[None] | None] | None = None
    """The hook: called once for each match, after the delay and before the effect."""
    skip: int = 0
    """How many matching requests pass first."""
    times: int | None = None
    matches: Callable[[web.Request, Any], bool] | None = None
    """A further condition on the request and its parsed body."""

    def fits(self, request: web.Request, body: Any) -> bool:
        """Whether this rule is for this request; counts down `skip` and `times`."""
        if self.times == 0 or (self.method and request.method != self.method):
            return False
        if not request.path.startswith(self.path) or (self.matches and not self.matches(request, body)):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Faults:
    """The rules of one stand-in, in the order in which they were added."""

    rules: list[Fault] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the stand-in closes, so that no request hangs."""

    def add(self, fault: Fault) -> Fault:
        """Adds a rule; returns it, so that it can be removed."""
        self.rules.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Removes a rule; removing it twice does no harm."""
        if fault in self.rules:
            self.rules.remove(fault)

    def clear(self) -> None:
        """Removes every rule."""
        self.rules.clear()

    def find(self, request: web.Request, body: Any, when: When) -> Fault | None:
        """The first rule for this request at this point."""
        return next((rule for rule in self.rules if rule.when is when and rule.fits(request, body)), None)

    async def act(self, rule: Fault, request: web.Request) -> web.StreamResponse | None:
        """Applies a rule: the answer to give instead, or None to continue."""
        if rule.delay:
            await asyncio.sleep(rule.delay)
        if rule.call is not None:
            outcome = rule.call(request)
            if outcome is not None:
                await outcome
        if rule.effect is FaultEffect.HANG:
            await self.closing.wait()
        if rule.effect in (FaultEffect.HANG, FaultEffect.DROP):
            raise dropped(request)
        if rule.effect is FaultEffect.PASS:
            return None
        return web.Response(status=rule.status, headers=rule.headers, text=rule.body, content_type=rule.content_type)


def dropped(request: web.Request) -> asyncio.CancelledError:
    """Closes the connection without an answer; returns what the handler must raise then."""
    if request.transport is not None:
        request.transport.close()
    return asyncio.CancelledError()


async def parsed_body(request: web.Request) -> Any:
    """The body as JSON or as a form; None if it is neither. aiohttp caches it, so handlers can read it again."""
    if request.body_exists and request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    if request.body_exists and request.content_type == "application/json":
        with contextlib.suppress(ValueError):
            return json.loads(await request.text())
    return None


def observe(
    ledger: Ledger,
    faults: Faults,
    who: Callable[[web.Request], str | None],
    where: Callable[[web.Request], str] = lambda _: "",
) -> Middleware:
    """The middleware of every stand-in: rules before, the handler, the ledger, rules after. `where` names the server
    process that a request was given to."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = ledger.now()
        body = await parsed_body(request)
        rule = faults.find(request, body, When.BEFORE)
        instead = await faults.act(rule, request) if rule else None
        status = 500
        try:
            response = await handler(request) if instead is None else instead
            status = response.status
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            ledger.add(
                "request",
                method=request.method,
                path=request.path,
                query=request.query_string,
                status=status,
                who=who(request),
                body=body,
                instance=where(request),
                began=began,
            )
        rule = faults.find(request, body, When.AFTER)
        instead = await faults.act(rule, request) if rule else None
        return response if instead is None else instead

    return middleware
