"""Signed cookies, each bound to the path for which it was made (facts/encvoy-id.md §6, "Login, HTTP step by step")."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from email.utils import formatdate

from aiohttp import web

INTERACTION = "_interaction"
RESUME = "_interaction_resume"
SESSION = "_session"
LEGACY = "_session.legacy"
LAX = "; SameSite=Lax"
SESSION_COOKIES = ((SESSION, "; SameSite=None"), (LEGACY, ""))


class Cookies:
    """Writes and reads cookies with a `.sig` companion."""

    def __init__(self, secure: bool) -> None:
        self.secure = secure
        """Whether DOMAIN is https."""
        self._key = secrets.token_bytes(32)

    def signature(self, name: str, value: str) -> str:
        """The value of the companion."""
        digest = hmac.new(self._key, f"{name}={value}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:20]).rstrip(b"=").decode()

    def write(
        self, response: web.StreamResponse, name: str, value: str, path: str, max_age: int | None, same_site: str = LAX
    ) -> None:
        """Sets a cookie and its signature; deletes both if `max_age` is None. Each is a header of its own: aiohttp
        keeps one cookie for a name, and here one name has several paths. Expiry uses the real time, as
        browsers do, not the stand-in's clock."""
        expires = formatdate(0 if max_age is None else time.time() + max_age, usegmt=True)
        secure = "; Secure" if self.secure else ""
        attributes = f"Path={path}; Expires={expires}; HttpOnly{same_site}{secure}"
        for pair in (f"{name}={value}", f"{name}.sig={self.signature(name, value)}"):
            response.headers.add("Set-Cookie", f"{pair}; {attributes}")

    def clear(self, response: web.StreamResponse, name: str, path: str) -> None:
        """Deletes a cookie and its signature."""
        self.write(response, name, "", path, None)

    def write_session(self, response: web.StreamResponse, uid: str, max_age: int | None) -> None:
        """Twice: with SameSite=None, which a browser drops over plain http, and without SameSite. None deletes both."""
        for name, same_site in SESSION_COOKIES:
            self.write(response, name, uid, "/", max_age, same_site)

    def read_session(self, request: web.Request) -> str | None:
        """The session id of a browser, from the cookie that it kept."""
        return self.read(request, SESSION) or self.read(request, LEGACY)

    def read(self, request: web.Request, name: str) -> str | None:
        """The value; None if it is missing or its signature is wrong."""
        value, sig = request.cookies.get(name), request.cookies.get(name + ".sig")
        if not value or not sig or not hmac.compare_digest(sig, self.signature(name, value)):
            return None
        return value
