"""From an answer of Encvoy ID to a value or a typed error. Pure; nothing else in the program looks at its statuses.

Two tables, because the backend and the OIDC provider answer in different formats. Status and code decide, never a
message: the backend's messages are in the language of the system (facts/encvoy-id.md §5, §9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.bounds import NotJson, Unreadable, read_json
from bot.encvoy.login_page import safe_word
from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    Redirected,
    Rejected,
    RemoteError,
    RouteAbsent,
    System,
    Unauthenticated,
)

SYSTEM: System = "Encvoy ID"
LONGEST_WAIT = 120.0
KEY_PREFIX = "translation.errors."
"""`errorCode` is the key of a translation, not the bare code (facts/encvoy-id.md §5)."""

CHECK_URL = "Check SSOBOT_ENCVOY_URL: it must be exactly the address in Encvoy ID's own DOMAIN setting."
CHECK_ROLE = (
    "The bot's user needs the role of a manager (ADMIN) in Encvoy ID. Give it to an ordinary user, or to a new one; "
    "changing the role of an existing manager deletes every application that the user created."
)
CHECK_PROXY = "Check Encvoy ID's logs and the proxy in front of it."


def not_its_own(route: str, why: str, fix: str = CHECK_PROXY, status: int | None = None) -> BadAnswer:
    """The error for an answer with the right status, but content that is not Encvoy ID's."""
    return BadAnswer(SYSTEM, route, status=status, why=why, fix=fix)


@dataclass(frozen=True)
class Meaning:
    """What a code stands for."""

    error: type[RemoteError]
    why: str
    fix: str = ""


_MANAGEMENT: Mapping[tuple[int, str | None], Meaning] = {
    (400, "T3E0026"): Meaning(Forbidden, "That is not possible on Encvoy ID's main client."),
    (400, "T3E0059"): Meaning(Forbidden, "The bot's user has no role in Encvoy ID.", CHECK_ROLE),
    (400, "T3E0060"): Meaning(Unauthenticated, "The Authorization header arrived damaged.", CHECK_PROXY),
    (400, "T3E0061"): Meaning(Unauthenticated, "The Authorization header arrived damaged.", CHECK_PROXY),
    (400, "T3E0067"): Meaning(Forbidden, "That may not be changed on Encvoy ID's main client."),
    (401, "T3E0068"): Meaning(
        Unauthenticated,
        "The bot's access token is expired, revoked, or was not issued to the main client.",
        "Check that SSOBOT_ENCVOY_CLIENT_ID is the id of Encvoy ID's main client.",
    ),
    (403, None): Meaning(Forbidden, "The role of the bot's user does not include this.", CHECK_ROLE),
    (403, "T3E0026"): Meaning(
        Forbidden,
        "The bot's user has no role in this application, or it is not there.",
        "`/sso status` says which, and what to do.",
    ),
    (403, "T3E0024"): Meaning(Forbidden, "The bot's user is blocked in Encvoy ID.", "Unblock it there."),
    (403, "DELETED"): Meaning(Forbidden, "The bot's user is deleted in Encvoy ID.", "Restore it, or use another one."),
    (403, "T3E0003"): Meaning(Unauthenticated, "Encvoy ID does not know this user.", "Check SSOBOT_ENCVOY_LOGIN."),
    (403, "T3E0072"): Meaning(Unauthenticated, "The password is wrong.", "Check SSOBOT_ENCVOY_PASSWORD."),
    (403, "T3E0073"): Meaning(
        Unauthenticated,
        "Encvoy ID does not accept a login name of this kind.",
        "Check SSOBOT_ENCVOY_LOGIN and Encvoy ID's setting allowed_login_fields.",
    ),
    (403, "T3E0077"): Meaning(Unauthenticated, "Encvoy ID does not accept a password here in production.", CHECK_PROXY),
    (500, "T3E0071"): Meaning(
        Forbidden, "The bot's user owns nothing at Encvoy ID that an application could belong to.", CHECK_ROLE
    ),
    (500, "T3E0030"): Meaning(
        Rejected, "Encvoy ID has no provider Login/Password.", "Switch that provider on in Encvoy ID."
    ),
    (500, "T3E0078"): Meaning(BadAnswer, "Something went wrong inside Encvoy ID.", "Check Encvoy ID's logs."),
    (500, None): Meaning(
        BadAnswer,
        "Its OIDC part is down, or its backend cannot reach its own public address.",
        "If this continues, check from inside Encvoy ID's backend that DOMAIN answers and its certificate is trusted.",
    ),
}


def interpret_management(status: int, headers: Mapping[str, str], body: bytes, route: str) -> Any:
    """The value in an answer of the management API; None for an empty body.

    | status | errorCode ends in | means |
    |---|---|---|
    | 2xx | | the JSON value; None if empty; BadAnswer if it is not JSON (a page) |
    | 3xx | | Redirected |
    | 400 | T3E0026, T3E0067 | Forbidden: not on the main client |
    | 400 | T3E0059 | Forbidden: no role |
    | 400 | T3E0060, T3E0061 | Unauthenticated: damaged header |
    | 400 | null, others | Rejected: validation, bad JSON |
    | 401 | T3E0068, any | Unauthenticated |
    | 403 | null | Forbidden: the role lacks the action, or no token arrived |
    | 403 | T3E0026, T3E0024, DELETED | Forbidden: no role there; blocked; deleted |
    | 403 | T3E0003, T3E0072, T3E0073, T3E0077 | Unauthenticated: only met with Basic |
    | 404 | | RouteAbsent |
    | 429 | | Busy, with the seconds of Retry-After |
    | 500 | null | BadAnswer, transient: the introspection behind it failed, not our token |
    | 500 | T3E0071, T3E0030 | Forbidden: no parent application; Rejected: no Login/Password provider |
    | 500 | T3E0078, others | BadAnswer |
    | 504, 408 | (a page) | NoAnswer: the proxy gave up on a hang |
    | other 4xx, 5xx | | Rejected, BadAnswer |
    """
    value, trouble = _parsed(body)
    if 200 <= status < 300:
        if not body.strip():
            return None
        if not trouble:
            return value
        raise BadAnswer(SYSTEM, route, status=status, why=trouble, fix=CHECK_URL)
    coded = isinstance(value, dict) and "errorCode" in value
    key = value["errorCode"] if coded else None
    code = safe_word(key.removeprefix(KEY_PREFIX)) if isinstance(key, str) else None
    # Without the backend's own error body only the general table applies: a proxy answered.
    meaning = _MANAGEMENT.get((status, code)) if coded else None
    if meaning is not None:
        raise meaning.error(SYSTEM, route, status=status, code=code, why=meaning.why, fix=meaning.fix)
    raise _general(status, headers, route, code)


def interpret_oidc(status: int, headers: Mapping[str, str], body: bytes, route: str) -> Any:
    """The value in a JSON answer of the OIDC provider (token, PAR, discovery, JWKS).

    | status | `error` | means |
    |---|---|---|
    | 2xx | | the JSON value; BadAnswer if it is not JSON |
    | 3xx | | Redirected |
    | 400 | any code | Rejected with it: `invalid_grant`, `invalid_request`, `invalid_client_metadata` … |
    | 400 | (a page) | BadAnswer |
    | 401 | invalid_client, invalid_token | Unauthenticated |
    | 403 | | Forbidden |
    | 404, 405 | | RouteAbsent |
    | 429 | | Busy |
    | 504, 408 | | NoAnswer |
    | other | | Rejected, BadAnswer |
    """
    value, trouble = _parsed(body)
    if 200 <= status < 300:
        if not trouble:
            return value
        raise BadAnswer(SYSTEM, route, status=status, why=trouble, fix=CHECK_URL)
    code = safe_word(value.get("error")) if isinstance(value, dict) else None
    if status == 400 and code is None:
        raise BadAnswer(SYSTEM, route, status=status, why="The response is a web page instead of data.")
    if status == 401:
        raise Unauthenticated(SYSTEM, route, status=status, code=code)
    raise _general(status, headers, route, code)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of `Retry-After`, between 1 and 120; 1 if it is missing or a date (no proxy was seen to send one)."""
    text = headers.get("Retry-After", "").strip()
    return min(max(float(text), 1.0), LONGEST_WAIT) if text.isascii() and text.isdigit() else 1.0


def _parsed(body: bytes) -> tuple[Any, str]:
    """The value, or why there is none."""
    try:
        return read_json(body), ""
    except NotJson:
        return None, "The response is a web page instead of data."
    except Unreadable as unreadable:
        return None, str(unreadable)


def _general(status: int, headers: Mapping[str, str], route: str, code: str | None) -> RemoteError:
    """By the status alone: for a code that is not in the table, or an answer that is not Encvoy ID's."""
    if 300 <= status < 400:
        return Redirected(SYSTEM, route, status=status, fix=CHECK_URL)
    if status == 401:
        return Unauthenticated(SYSTEM, route, status=status, code=code)
    if status == 403:
        return Forbidden(SYSTEM, route, status=status, code=code)
    if status in (404, 405):
        return RouteAbsent(SYSTEM, route, status=status, code=code, fix=CHECK_URL)
    if status == 429:
        busy = Busy(SYSTEM, route, status=status, fix="Try again in a minute.")
        busy.retry_after = retry_after(headers)
        return busy
    if status in (408, 504):
        return NoAnswer(SYSTEM, route, status=status, fix=CHECK_PROXY)
    if 400 <= status < 500:
        return Rejected(SYSTEM, route, status=status, code=code)
    return BadAnswer(
        SYSTEM, route, status=status, code=code, why="It, or the proxy in front of it, has a problem.", fix=CHECK_PROXY
    )
