"""Where REST routes are declared, and what is done around every one of them (facts/rocketchat.md §1).

    @api.route(Route("POST", "settings.addCustomOAuth", permission="add-oauth-service",
                     two_factor=TwoFactor.REMEMBERED, body=strict({"name": STRING})))
    def add_custom_oauth(call: Call) -> Document: ...

The order is the real server's: who calls → rate limit → schema → permissions → second factor → the handler. A handler
returns the envelope without `success`, dates as `datetime`; or a `RestResponse`; or throws one of `problems`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.rocketchat.documents import Document, rest
from sandbox.rocketchat.people import ResumeToken, User
from sandbox.rocketchat.problems import Forbidden, MeteorError, PlainError
from sandbox.rocketchat.rate_limit import Limit, RateLimiter
from sandbox.rocketchat.rest.route import RestCall, RestHandler, RestResponse, Route, TwoFactor
from sandbox.rocketchat.rest.schema import Schema, coerced, first_error
from sandbox.rocketchat.version import Version
from sandbox.rocketchat.workspace import Workspace

NOT_LOGGED_IN = "You must be logged in to do this."
NO_PERMISSION = "User does not have the permissions required for this action [error-unauthorized]"
NO_SUCH_ROUTE = "API endpoint does not exist"
_UNAUTHORIZED = frozenset({"error-unauthorized", "unauthorized"})
_REFUSALS_OF_9 = frozenset(
    {"error-not-allowed", "not-allowed", "not-authorized", "error-not-authorized", "no-permission"}
)
"""What 9.0 (#43214) answers with 403 and `error-forbidden`."""


@dataclass
class Api:
    """All routes of one stand-in, and their guards."""

    workspace: Workspace
    open_routes_know_user: bool = True
    """Whether routes that need no login look at the two headers too, so that a caller may bypass the limit there."""
    limiter: RateLimiter = field(default_factory=RateLimiter)
    routes: list[tuple[Route, RestHandler]] = field(default_factory=list)

    def route(self, route: Route) -> Callable[[RestHandler], RestHandler]:
        """Registers the handler of a route, if the version has the route."""

        def register(handler: RestHandler) -> RestHandler:
            if Version.of(route.since) <= self.workspace.version < Version.of(route.until):
                self.routes.append((route, handler))
            return handler

        return register

    def serve(self, app: web.Application) -> None:
        """Puts all routes on `app`, and the 404 behind them."""
        for route, handler in self.routes:
            app.router.add_route(route.method, route.full_path, self._endpoint(route, handler))
        app.router.add_route("*", "/api/{tail:.*}", self._no_such_route)

    def who(self, request: web.Request) -> tuple[User, ResumeToken] | None:
        """Whom the two headers name; both are needed and must belong together (facts/rocketchat.md §1.1)."""
        token, user_id = request.headers.get("X-Auth-Token"), request.headers.get("X-User-Id")
        found = self.workspace.people.with_token(token) if token and user_id else None
        return found if found and found[0].id == user_id else None

    def _endpoint(self, route: Route, handler: RestHandler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def endpoint(request: web.Request) -> web.Response:
            headers: dict[str, str] = {}
            try:
                answer = await self._answer(route, handler, request, headers)
            except MeteorError as error:
                answer = self.refusal(error)
            except Forbidden as error:
                answer = RestResponse(403, {"success": False, "error": str(error)})
            except PlainError as error:
                answer = _failure(error)
            return web.json_response(rest(answer.body), status=answer.status, headers={**headers, **answer.headers})

        return endpoint

    async def _answer(
        self, route: Route, handler: RestHandler, request: web.Request, headers: dict[str, str]
    ) -> RestResponse:
        known = self.who(request) if route.login or self.open_routes_know_user else None
        user, token = (known if route.login else None) or (None, None)
        if route.login and user is None:
            return self.not_logged_in()
        headers |= self._count(route, request, known[0] if known else None)
        call = RestCall(request, user, token, _given_query(route, request), await _given_body(route, request))
        if user is not None:
            if route.permission and not self.workspace.people.may(user.id, route.permission):
                return self.no_permission()
            if route.guard is not None and not route.guard(call):
                return self.no_permission()
            if route.two_factor is not TwoFactor.NONE:
                remember = route.two_factor is TwoFactor.REMEMBERED
                self.workspace.second_factor.check(user, call.attempt, remember=remember)
        outcome = handler(call)
        result = await outcome if inspect.isawaitable(outcome) else outcome
        return result if isinstance(result, RestResponse) else RestResponse(200, {**result, "success": True})

    # The limiter.

    def _count(self, route: Route, request: web.Request, user: User | None) -> dict[str, str]:
        """Counts the call; the headers of an ordinary answer, none for who is not limited."""
        if route.unlimited or not self.workspace.settings.get("API_Enable_Rate_Limiter", True):
            return {}
        if user is not None and self.workspace.people.may(user.id, route.bypass):
            return {}
        key = (request.remote or "", route.path, route.method)
        clock = self.workspace.clock
        reading = self.limiter.count(route.limit or self._default_limit(), key, clock.monotonic())
        headers = reading.headers(clock.now().timestamp())
        if not reading.allowed:
            raise _TooMany(reading.refusal("this endpoint again"), headers)
        return headers

    def allows(self, ip: str, pattern: str, method: str) -> bool:
        """Counts one call of what is no REST route and has the default limit all the same."""
        if not self.workspace.settings.get("API_Enable_Rate_Limiter", True):
            return True
        now = self.workspace.clock.monotonic()
        return self.limiter.count(self._default_limit(), (ip, pattern, method), now).allowed

    def _default_limit(self) -> Limit:
        calls = self.workspace.settings.get("API_Enable_Rate_Limiter_Limit_Calls_Default", 10)
        return Limit(calls, self.workspace.settings.get("API_Enable_Rate_Limiter_Limit_Time_Default", 60000) / 1000)

    # What refusals look like (facts/rocketchat.md §1.5).

    def not_logged_in(self) -> RestResponse:
        """401; 9.0 dropped the old fields."""
        body: Document = {"success": False, "error": NOT_LOGGED_IN}
        if self.workspace.version.major < 9:
            body |= {"status": "error", "message": NOT_LOGGED_IN}
        return RestResponse(401, body)

    def no_permission(self) -> RestResponse:
        """403 of a route whose permission is missing."""
        error = NO_PERMISSION if self.workspace.version.major < 9 else "forbidden"
        return RestResponse(403, {"success": False, "error": error})

    def refusal(self, error: MeteorError) -> RestResponse:
        """400, 403 or 429 of an error with a code."""
        if isinstance(error, _TooMany):
            return RestResponse(429, {"success": False, "error": str(error)}, error.headers)
        if error.code in _UNAUTHORIZED:
            return RestResponse(403, {"success": False, "error": str(error)})
        if self.workspace.version.major >= 9 and error.code in _REFUSALS_OF_9:
            return RestResponse(403, {"success": False, "error": str(error), "errorType": "error-forbidden"})
        body: Document = {"success": False, "error": str(error), "errorType": error.code}
        return RestResponse(400, body | ({"details": error.details} if error.details is not None else {}))

    async def _no_such_route(self, _: web.Request) -> web.Response:
        return web.json_response({"success": False, "error": NO_SUCH_ROUTE}, status=404)


class _TooMany(MeteorError):
    """One call too many; the wait is in the headers alone."""

    def __init__(self, text: str, headers: dict[str, str]) -> None:
        super().__init__("error-too-many-requests", text)
        self.headers = headers


def _failure(error: PlainError) -> RestResponse:
    body: Document = {"success": False} | ({"error": str(error)} if str(error) else {})
    return RestResponse(400, body | ({"errorType": error.error_type} if error.error_type else {}))


def _checked(schema: Schema | None, given: Document) -> Document:
    problem = first_error(schema, given) if schema is not None else None
    if problem:
        raise MeteorError("invalid-params", problem)
    return given


def _given_query(route: Route, request: web.Request) -> Document:
    return _checked(route.query, coerced(route.query or {}, dict(request.query)))


async def _given_body(route: Route, request: web.Request) -> Document:
    """The body as JSON or form; anything else is no body (a multipart body is the handler's to read)."""
    given: Document = {}
    if request.body_exists and request.content_type == "application/json":
        try:
            parsed = json.loads(await request.text() or "{}")
        except ValueError:
            raise PlainError("Invalid body parameters provided: unable to parse JSON") from None
        if not isinstance(parsed, dict):
            raise MeteorError("invalid-params", "must be object")
        given = parsed
    elif request.body_exists and request.content_type == "application/x-www-form-urlencoded":
        given = dict(await request.post())
    return _checked(route.body, given)
