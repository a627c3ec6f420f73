"""What an answer of Rocket.Chat's REST means: a pure function from the answer to its JSON or one typed error.

Nothing else in the program looks at a status code. Classified by HTTP status first, then `errorType`, then the bracket
suffix `[code]` of `error` (facts/rocketchat.md §1.5, §1.6). Only a code of a safe form is taken from an error's body;
its texts can hold anything and are dropped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from bot.addresses import NotPlain, plain
from bot.bounds import NotJson, Unreadable, read_json
from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    Redirected,
    Rejected,
    RemoteError,
    RouteAbsent,
    SecondFactorNeeded,
    Unauthenticated,
)
from bot.http import HttpResponse
from bot.rocketchat import remedies

SYSTEM: Final = "Rocket.Chat"
DEFAULT_WAIT = 60.0
"""Seconds of the limiter's whole window, where the answer does not say how long to wait (facts/rocketchat.md §1.6)."""

_CODE = re.compile(r"\d{3}|(?=.{1,48}\Z)(error(-[a-z0-9]+)+|[a-z]+(-[a-z]+)*)")
"""Rocket.Chat's codes are lower-case words with dashes, Meteor's three digits. A token or a digest is neither."""
_CODE_ALONE = re.compile(r"(error|totp)-.*|unauthorized|forbidden|restricted-workspace")
"""What `error` may be without brackets and still be a code, not a text."""
_BRACKETS = re.compile(r"\[([^\[\]]*)\]\s*\Z")
_WAIT = re.compile(r"must wait (\d{1,5}) seconds?")
_REFUSALS = frozenset(
    {
        *("error-action-not-allowed", "error-forbidden", "error-no-permission", "error-not-allowed"),
        *("error-not-authorized", "error-unauthorized", "forbidden", "no-permission", "not-allowed"),
        *("not-authorized", "unauthorized", "403"),
    }
)
"""Codes that mean "you may not": status 400 before 9.0, 403 since (facts/rocketchat.md §1.5)."""
_REJECTED = {
    "restricted-workspace": ("It lets nobody write while it is offline past its grace period.", remedies.RESTRICTED),
    "error-setting-validation-failed": ("A rule of this Rocket.Chat does not allow that value.", ""),
}
"""Why something was rejected, and the fix (facts/rocketchat.md §2.4)."""
_TOO_MANY = frozenset({"error-too-many-requests", "too-many-requests"})


def not_its_own(route: str, status: int = 200, why: str = "") -> BadAnswer:
    """The error for an answer with a good status, but content that is not Rocket.Chat's."""
    return BadAnswer(SYSTEM, route, status=status, why=why, fix=remedies.NOT_ROCKETCHAT)


class SecondFactorAsked(SecondFactorNeeded):
    """The other system asks for a second factor."""

    method: str = ""
    """What it takes this time: `password`, `totp` or `email`."""


def interpret(answer: HttpResponse, route: str, now: float) -> dict[str, Any]:
    """The JSON object of a good answer; for any other one of these is raised.

    `route` is method and path without a query, `now` the seconds since 1970.

    ========================  ==============================================  =================================
    status                    body                                            result
    ========================  ==============================================  =================================
    2xx                       JSON object, `success` not false                the object
    2xx                       JSON object, `success: false`                   as 400
    2xx                       HTML, a text, a list, nothing                   BadAnswer
    3xx                       any                                             Redirected, names the origin only
    400, 401, 403             code `totp-required`                            SecondFactorAsked with `method`
    400, 401, 403             `totp-invalid`, `totp-max-attempts`             SecondFactorNeeded
    401                       any other, with or without `status`, `message`  Unauthenticated
    403                       any other: route permission, 9.0's refusals      Forbidden
    404, 405                  any: the route is not in this version           RouteAbsent
    408, 504                  any                                             NoAnswer
    429                       any                                             Busy with `retry_after`
    400                       code `…too-many-requests`                       Busy with `retry_after`
    400                       a code that means "you may not"                 Forbidden
    400 and other 4xx         any other, a bare `{success: false}` included   Rejected
    407, 5xx and the rest     any                                             BadAnswer
    ========================  ==============================================  =================================

    A 405 is an absent route because a router may know the path with another method only: `settings` was read long
    before it could be written at once (§2.4).
    """
    status, (fields, why) = answer.status, _object(answer.body)
    if 200 <= status < 300:
        if fields is None:
            raise not_its_own(route, status, why)
        if fields.get("success") is not False:
            return fields
    raise _error(answer, fields or {}, route, now)


def interpret_method(fields: Mapping[str, Any], route: str) -> Any:
    """The result inside a good answer of `method.call` (facts/rocketchat.md §1.7); its errors are classed as a 400."""
    inner, _ = _object(str(fields.get("message", "")))
    if inner is None or inner.get("msg") != "result":
        raise not_its_own(route)
    if "error" not in inner:
        return inner.get("result")
    error = inner["error"] if isinstance(inner["error"], dict) else {}
    code = _safe(error.get("error"))
    if code in ("404", "method-not-found"):
        raise RouteAbsent(SYSTEM, route, code=code, fix=remedies.ROUTE_ABSENT)
    raise _by_code(400, code, error, route) or _rejected(route, code)


def slow_down(headers: Mapping[str, str], route: str) -> Busy:
    """The error for a 429 of what is no REST, and tells by its status alone. Whose limit that is is not known: a proxy
    may have one, which no role of Rocket.Chat lets the bot pass."""
    busy = Busy(SYSTEM, route, status=429, fix=remedies.LATER)
    busy.retry_after = _wait(headers, {}, time.time())
    return busy


def refuse_busy(status: int, headers: Mapping[str, str], route: str) -> None:
    """Raises it where such an answer is one."""
    if status == 429:
        raise slow_down(headers, route)


def _error(answer: HttpResponse, fields: Mapping[str, Any], route: str, now: float) -> RemoteError:
    status, code = answer.status, _code(fields)
    if 300 <= status < 400:
        location = _origin(answer.headers.get("Location", ""))
        return Redirected(SYSTEM, route, status=status, fix=remedies.redirected(location))
    if status == 429 or (status < 500 and code in _TOO_MANY):
        busy = Busy(SYSTEM, route, status=status, code=code, fix=remedies.SLOW_DOWN)
        busy.retry_after = _wait(answer.headers, fields, now)
        return busy
    if status in (408, 504):
        return NoAnswer(SYSTEM, route, status=status, fix=remedies.PROXY)
    if status in (404, 405):
        return RouteAbsent(SYSTEM, route, status=status, fix=remedies.ROUTE_ABSENT)
    if status == 407 or status >= 500 or status < 200:
        return BadAnswer(SYSTEM, route, status=status, code=code, fix=remedies.PROXY)
    return _by_code(status, code, fields, route) or _rejected(route, code, status)


def _rejected(route: str, code: str | None, status: int | None = None) -> Rejected:
    why, fix = _REJECTED.get(code or "", ("", ""))
    return Rejected(SYSTEM, route, status=status, code=code, why=why, fix=fix)


def _by_code(status: int, code: str | None, fields: Mapping[str, Any], route: str) -> RemoteError | None:
    """What the code says, where the status leaves it open: 400, 401, 403, a 200 without success."""
    if code == "totp-required":
        asked = SecondFactorAsked(SYSTEM, route, status=status, code=code, fix=remedies.FACTOR_NEEDED)
        details = fields.get("details")
        method = details.get("method") if isinstance(details, Mapping) else None
        asked.method = method if method in ("password", "totp", "email") else ""
        return asked
    if code in ("totp-invalid", "totp-max-attempts"):
        fix = remedies.FACTOR_WRONG if code == "totp-invalid" else remedies.FACTOR_EXHAUSTED
        return SecondFactorNeeded(SYSTEM, route, status=status, code=code, fix=fix)
    if status == 401:
        return Unauthenticated(SYSTEM, route, status=status, code=code, fix=remedies.TOKEN)
    if status == 403 or code in _REFUSALS:
        return Forbidden(SYSTEM, route, status=status, code=code, fix=remedies.forbidden(route))
    return None


def _object(body: bytes | str) -> tuple[dict[str, Any] | None, str]:
    """The JSON object; where it is none, why that is worth a sentence."""
    try:
        value = read_json(body)
    except Unreadable as unreadable:
        return None, "" if isinstance(unreadable, NotJson) else str(unreadable)
    return value if isinstance(value, dict) else None, ""


def _code(fields: Mapping[str, Any]) -> str | None:
    """`errorType`, then the bracket suffix of `error`, then `error` itself where it is a code (5.x: `unauthorized`)."""
    error = str(fields.get("error", ""))
    brackets = _BRACKETS.search(error)
    alone = error if _CODE_ALONE.fullmatch(error) else None
    return _safe(fields.get("errorType")) or _safe(brackets[1] if brackets else None) or _safe(alone)


def _safe(code: object) -> str | None:
    text = str(code) if isinstance(code, str | int) else ""
    return text if _CODE.fullmatch(text) else None


def _wait(headers: Mapping[str, str], fields: Mapping[str, Any], now: float) -> float:
    """Seconds to wait: `X-RateLimit-Reset` against the server's own `Date`, whose clock may differ from ours; else the
    text's "wait N seconds"; else a whole window. Never more than ten minutes, never nothing."""
    wait: float | None = None
    try:
        wait = float(headers.get("X-RateLimit-Reset", "")) / 1000 - _server_now(headers, now)
    except ValueError:
        said = _WAIT.search(str(fields.get("error", "")))
        wait = float(said[1]) if said else None
    return DEFAULT_WAIT if wait is None or not wait < 600 else max(wait, 0.1)


def _server_now(headers: Mapping[str, str], now: float) -> float:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return now


def _origin(location: str) -> str:
    """`https://host:port` of an address, without path and query; empty for a relative one, and for one that could be
    read in two ways: a person is to copy it."""
    try:
        return plain(location, tail=True).base
    except NotPlain:
        return ""
