"""Signing out at the provider: a page that asks, its form, and where it leads."""

from __future__ import annotations

import secrets

from aiohttp import web

from sandbox.encvoy.client_auth import body_of, one
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, invalid_request, redirect, respond
from sandbox.encvoy.pages import render
from sandbox.encvoy.sessions import Sessions

AT = "/session/end"


class Logout:
    """`/session/end` and what is under it."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def page(self, request: web.Request) -> web.Response:
        """Asks whether to sign out; the form holds the session's xsrf token."""
        session = self.sessions.of(request)
        if session is not None:
            session.xsrf, session.return_to = secrets.token_hex(24), None
        action, xsrf = f"{self._prefix}{AT}/confirm", session.xsrf if session else ""
        response = _page("Logout Request", action=action, xsrf=xsrf)
        return self.sessions.keep(response, session)

    async def confirm(self, request: web.Request, path: str) -> web.Response:
        """Ends the session of this browser, and leads to a page that says so, or to where it was asked to go."""
        session = self.sessions.of(request)
        try:
            form = await body_of(request, path)
            if session is None:
                raise invalid_request("could not find logout details")
            if one(form, "xsrf") != session.xsrf:
                raise invalid_request("xsrf token invalid")
        except OidcError as error:
            error.headers |= NO_STORE
            return self.sessions.keep(respond(request, error), session)
        target = session.return_to or f"{self.sessions.state.domain}{self._prefix}{AT}/success"
        response = redirect(request, target)
        return self.sessions.end(response, session) if one(form, "logout") else self.sessions.keep(response, session)

    def success(self) -> web.Response:
        """Confirms the sign-out."""
        return _page("Sign-out Success")

    @property
    def _prefix(self) -> str:
        return self.sessions.state.switches.oidc_prefix


def _page(title: str, **form: str) -> web.Response:
    text = render("logout.html", title=title, **form)
    return web.Response(text=text, content_type="text/html", headers=NO_STORE)
