"""The session of a browser: found by its cookie, and prolonged by each answer in it."""

from __future__ import annotations

from aiohttp import web

from sandbox.encvoy.cookies import Cookies
from sandbox.encvoy.grants import SESSION_TTL, Session
from sandbox.encvoy.state import State


class Sessions:
    """Joins the cookies of a request to what the provider keeps."""

    def __init__(self, state: State, cookies: Cookies) -> None:
        self.state = state
        self.cookies = cookies

    def of(self, request: web.Request) -> Session | None:
        """The session of this browser, if it is still alive."""
        return self.state.vault.session(self.cookies.read_session(request))

    def begin(self, account_id: int) -> Session:
        """A new session. It is alive once an answer keeps it."""
        session = Session(account_id, 0.0)
        self.state.vault.sessions[session.uid] = session
        return session

    def keep(self, response: web.Response, session: Session | None) -> web.Response:
        """Prolongs it, here and in the browser."""
        if session is not None:
            session.expires = self.state.now() + SESSION_TTL
            self.cookies.write_session(response, session.uid, SESSION_TTL)
        return response

    def end(self, response: web.Response, session: Session) -> web.Response:
        """Ends it, here and in the browser; its tokens become invalid at once (facts/encvoy-id.md §2)."""
        self.state.vault.sessions.pop(session.uid, None)
        self.cookies.write_session(response, "", None)
        return response
