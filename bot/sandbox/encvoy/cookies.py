"""Signed cookies, each bound to the path for which it was made (facts/encvoy-id.md §6, "Login, HTTP step by step")."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from aiohttp import web

INTERACTION = "_interaction"
RESUME = "_interaction_resume"
SESSION = "_session"
LEGACY = "_session.legacy"


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

    def write(self, response: web.StreamResponse, name: str, value: str, path: str, max_age: int) -> None:
        """Sets a cookie and its signature."""
        for suffix, text in (("", value), (".sig", self.signature(name, value))):
            self._add(response, f"{name}{suffix}={text}", path, f"Max-Age={max_age}")

    def write_session(self, response: web.StreamResponse, uid: str, max_age: int) -> None:
        """Twice: with SameSite=None, which a browser drops over plain http, and without SameSite."""
        for name, same_site in ((SESSION, "; SameSite=None"), (LEGACY, "")):
            for suffix, text in (("", uid), (".sig", self.signature(name, uid))):
                self._add(response, f"{name}{suffix}={text}", "/", f"Max-Age={max_age}", same_site)

    def read_session(self, request: web.Request) -> str | None:
        """The session of a browser, by whichever cookie it kept."""
        return self.read(request, SESSION) or self.read(request, LEGACY)

    def clear(self, response: web.StreamResponse, name: str, path: str) -> None:
        """Takes a cookie and its signature back."""
        for suffix in ("", ".sig"):
            self._add(response, f"{name}{suffix}=", path, "expires=Thu, 01 Jan 1970 00:00:00 GMT")

    def _add(
        self, response: web.StreamResponse, pair: str, path: str, life: str, same_site: str = "; SameSite=Lax"
    ) -> None:
        """As a header of its own: aiohttp keeps one cookie for a name, and here one name has several paths."""
        secure = "; Secure" if self.secure else ""
        response.headers.add("Set-Cookie", f"{pair}; Path={path}; {life}; HttpOnly{same_site}{secure}")

    def read(self, request: web.Request, name: str) -> str | None:
        """The value if it is there and its signature is ours."""
        value, sig = request.cookies.get(name), request.cookies.get(name + ".sig")
        if not value or not sig or not hmac.compare_digest(sig, self.signature(name, value)):
            return None
        return value
