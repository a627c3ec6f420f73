"""The sessions of the modern login engine, as express-session keeps them (facts/rocketchat.md §3.4).

One starts with a sign-in and lasts five minutes. Its cookie is for https only: a browser that uses plain HTTP, or a
proxy without `X-Forwarded-Proto: https`, gets no cookie, and has no session when it comes back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web

from bot.clock import Clock

COOKIE = "oauth"
LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Started:
    """A sign-in under way."""

    handle: str
    """The opaque `state`."""
    verifier: str = field(repr=False)
    """Of PKCE."""
    login_client: str = ""
    """`desktop`, `mobile`, or empty for the web client."""


@dataclass
class Session:
    """What is known of one browser."""

    id: str
    expires: float
    """In monotonic seconds."""
    started: dict[str, Started] = field(default_factory=dict)
    """By host of the provider: a second sign-in at one replaces the first."""


class Sessions:
    """Those of one workspace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def of(self, request: web.Request) -> Session | None:
        """The session that the cookie names, None if it has expired."""
        found = self._sessions.get(request.cookies.get(COOKIE, ""))
        return found if found is not None and found.expires > self._clock.monotonic() else None

    def begin(self, request: web.Request) -> Session:
        """That session, or a new one."""
        found = self.of(request)
        if found is None:
            found = Session(secrets.token_urlsafe(32), self._clock.monotonic() + LIFE.total_seconds())
            self._sessions[found.id] = found
        return found

    def hand_over(self, session: Session, request: web.Request, response: web.Response) -> None:
        """Gives the browser its cookie, where it may have one."""
        if request.cookies.get(COOKIE) == session.id or not _secure(request):
            return
        expires = format_datetime(self._clock.now() + LIFE, usegmt=True)
        response.set_cookie(COOKIE, session.id, path="/", expires=expires, httponly=True, secure=True, samesite="None")


def _secure(request: web.Request) -> bool:
    """Whether the browser uses https, directly or by `X-Forwarded-Proto`: every proxy is trusted."""
    said = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
    return request.secure or said == "https"
