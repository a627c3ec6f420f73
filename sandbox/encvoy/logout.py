"""Signing out at the provider: a page that asks, its form, and where it leads."""

from __future__ import annotations

import html
import secrets

from aiohttp import web

from sandbox.encvoy.client_auth import body_of, one
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, invalid_request, redirect, respond
from sandbox.encvoy.sessions import Sessions

AT = "/session/end"


class Logout:
    """`/session/end` and what is under it."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def page(self, request: web.Request) -> web.Response:
        """Asks whether to sign out; the form holds what only this browser's session knows."""
        session = self.sessions.of(request)
        if session is not None:
            session.xsrf, session.return_to = secrets.token_hex(24), None
        action = html.escape(f"{self._prefix}{AT}/confirm")
        form = (
            f'<form method="post" action="{action}">'
            f'<input type="hidden" name="xsrf" value="{session.xsrf if session else ""}"/>'
            '<button type="submit" name="logout" value="yes">Yes, sign me out</button></form>'
        )
        response = web.Response(text=_plain("Logout Request", form), content_type="text/html", headers=NO_STORE)
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
        """Says that it is done."""
        return web.Response(text=_plain("Sign-out Success"), content_type="text/html", headers=NO_STORE)

    @property
    def _prefix(self) -> str:
        return self.sessions.state.switches.oidc_prefix


def _plain(title: str, body: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
