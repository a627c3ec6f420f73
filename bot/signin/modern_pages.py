"""What Rocket.Chat's modern login engine answers, as data. Pure (facts/rocketchat.md §3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from bot.secret import Secret

COOKIE = "oauth"
"""Name of the session cookie that ties the callback to the browser."""

_COMMAND = re.compile(r"oauthPopupCommand[\"']?\s*:\s*[\"']([a-z-]+)[\"']")
_TOKEN = re.compile(r"token[\"']?\s*[:=]\s*[\"']([^\"'\\<]+)[\"']", re.IGNORECASE)
_PATH = re.compile(r"path[\"']?\s*[:=]\s*[\"']([^\"'<]+)[\"']")
_SECOND_FACTOR = re.compile(r"/2fa/([A-Za-z0-9-]{1,40})/[^/]+")


@dataclass(frozen=True)
class Start:
    """Where the browser is sent when the button is pressed."""

    location: str
    redirect_uri: str


@dataclass(frozen=True)
class LoginCode:
    """The sign-in ends in the same window: a code to redeem."""

    code: Secret


@dataclass(frozen=True)
class LoginToken:
    """The sign-in ends in a popup: a login token."""

    token: Secret


@dataclass(frozen=True)
class FactorPage:
    """Rocket.Chat asks for a second factor."""

    method: str


@dataclass(frozen=True)
class BackAtLogin:
    """The login page again, without a message."""


End = LoginCode | LoginToken | FactorPage | BackAtLogin


def read_start(location: str) -> Start | None:
    """The redirect behind the button; None if no sign-in begins."""
    url = _split(location)
    if url is None:
        return None
    query = parse_qs(url.query)
    redirect_uri, challenge = query.get("redirect_uri"), query.get("code_challenge")
    return Start(location, redirect_uri[0]) if redirect_uri and challenge else None


def read_end(location: str, html: str) -> End | None:
    """Where the callback leads: by a redirect, or by the message of a popup to its opener. None for any other
    answer."""
    if location:
        return _redirected(location)
    command = _COMMAND.search(html)
    if command is None:
        return None
    token, path = _TOKEN.search(html, command.end()) or _TOKEN.search(html), _PATH.search(html)
    if command.group(1) == "oauth-login-with-token" and token:
        return LoginToken(Secret(token.group(1)))
    if command.group(1) == "redirect" and path:
        return _redirected(path.group(1).replace("\\/", "/"))
    return None


def _redirected(location: str) -> End | None:
    url = _split(location)
    if url is None:
        return None
    query = parse_qs(url.query)
    if code := query.get("loginCode"):
        return LoginCode(Secret(code[0]))
    if factor := _SECOND_FACTOR.search(url.path):
        return FactorPage(factor.group(1))
    return BackAtLogin() if url.path.endswith("/login") else None


def _split(location: str) -> SplitResult | None:
    """None if it is not an address."""
    try:
        return urlsplit(location)
    except ValueError:
        return None
