"""The login that gives the bot its management token: Encvoy ID's own pages, step by step.

There are no client credentials and no API keys in Encvoy ID; a password login by its pages is the only way that works
unattended in production (facts/encvoy-id.md §6). Each login has a cookie jar of its own, because a second one in the
same jar kills the tokens of the first. No redirect is followed without a look at where it leads.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.addresses import same_origin
from bot.clock import Clock
from bot.connection.ports import Provider
from bot.encvoy.decipher import CHECK_URL, SYSTEM, decipher_management, decipher_oidc, not_its_own
from bot.encvoy.urls import resolve
from bot.encvoy.widget import defused, error_on_page, mend_for, read_page, safe_word
from bot.errors import BadAnswer, LoginRefused, Redirected
from bot.secret import Secret
from bot.wire import Answer, Browser, Wire

MOST_HOPS = 8
"""Five are seen with a consent between (facts/encvoy-id.md §6)."""

_INTERACTION = re.compile(r".*/interaction/[^/?#]+")

CHECK_CLIENT = "Check SSOBOT_ENCVOY_CLIENT_ID: it must be the id of Encvoy ID's main client. " + CHECK_URL


@dataclass(frozen=True)
class Account:
    """Who logs in, and where."""

    domain: str
    """SSOBOT_ENCVOY_URL without trailing slash."""
    client_id: str
    """The main client; it is public, so it has no secret."""
    login: str
    password: Secret

    @property
    def callback(self) -> str:
        """The main client's own redirect URI. It leads to the dashboard and is never opened."""
        return f"{self.domain}/code"


@dataclass(frozen=True)
class Token:
    """An access token for the management API."""

    access: Secret
    expires_at: float
    """In `Clock.monotonic()`."""


async def log_in(wire: Wire, provider: Provider, account: Account, clock: Clock) -> Token:
    """A fresh token. LoginRefused names the page that the login ended on; Redirected, an address that is not DOMAIN."""
    verifier = secrets.token_urlsafe(48)
    state = secrets.token_urlsafe(24)
    async with wire.browser() as browser:
        page_url = await _begin(browser, provider, account, state, verifier)
        location = await _show_password(browser, page_url, account)
        code = await _walk_to_code(browser, provider, account, location, state)
    # Counted from before the request, so that the token is never believed longer than it lives.
    asked_at = clock.monotonic()
    granted = await _exchange(wire, provider, account, code, verifier)
    return Token(Secret(granted["access_token"]), asked_at + granted["expires_in"])


async def _begin(browser: Browser, provider: Provider, account: Account, state: str, verifier: str) -> str:
    """Asks for a login; the address of its page."""
    route = f"GET {urlsplit(provider.authorize_url).path}"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode(
        {
            "client_id": account.client_id,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": account.callback,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    answer = await browser.get(f"{provider.authorize_url}?{query}", route=route)
    location = _next(answer, provider.authorize_url, account, route)
    if location is None:
        raise _refused_page(answer, route)
    if location.partition("?")[0] == account.callback:
        _code_in(location, provider, state)  # raises what the answer says: nobody can be logged in yet
    if not _INTERACTION.match(location):
        raise not_its_own(route, "It does not lead to a login page.", CHECK_CLIENT)
    return location


async def _show_password(browser: Browser, page_url: str, account: Account) -> str:
    """Sends the form. All three fields are required, unknown ones are refused."""
    route = "POST /api/interaction/:uid/auth"
    found = _INTERACTION.match(page_url)
    base = found.group() if found else page_url
    answer = await browser.post(
        f"{base}/auth?type=CREDENTIALS",
        {"identifier": account.login, "password": account.password.reveal(), "prompt": "login"},
        route=route,
    )
    location = _next(answer, base, account, route)
    if location is None:
        raise _stopped_at_page(answer, route, account)
    return location


async def _walk_to_code(browser: Browser, provider: Provider, account: Account, url: str, state: str) -> str:
    """Follows Encvoy ID's own redirects until one leads to the callback."""
    for _ in range(MOST_HOPS):
        if url.partition("?")[0] == account.callback:
            return _code_in(url, provider, state)
        route = f"GET {_pattern(urlsplit(url).path)}"
        answer = await browser.get(url, route=route)
        location = _next(answer, url, account, route)
        if location is None:
            raise _stopped_at_page(answer, route, account)
        url = location
    raise not_its_own("GET /oidc/auth/:uid", "The login goes round in circles.", CHECK_URL)


def _next(answer: Answer, base: str, account: Account, route: str) -> str | None:
    """Where a redirect leads, None if it is no redirect. Redirected if it leaves DOMAIN."""
    if not answer.location:
        return None
    target = resolve(base, answer.location)
    if not same_origin(target, account.domain):
        raise Redirected(SYSTEM, route, status=answer.status, mend=CHECK_URL)
    return target


def _code_in(callback: str, provider: Provider, state: str) -> str:
    """The code that came back to us and to nobody else (RFC 6749 §10.12, RFC 9207 §2.4)."""
    route = "GET /code"
    query = parse_qs(urlsplit(callback).query)
    if query.get("state") != [state]:
        raise not_its_own(route, "It answers another login than ours.")
    if query.get("iss") != [provider.issuer]:
        raise not_its_own(route, "The answer names another issuer than the discovery document.")
    if "error" in query:
        raise LoginRefused(SYSTEM, route, code=safe_word(query["error"][0]), mend=CHECK_CLIENT)
    codes = query.get("code", [])
    if len(codes) != 1:
        raise not_its_own(route, "The answer holds no code.")
    return codes[0]


async def _exchange(wire: Wire, provider: Provider, account: Account, code: str, verifier: str) -> Mapping[str, Any]:
    route = f"POST {urlsplit(provider.token_url).path}"
    answer = await wire.send(
        "POST",
        provider.token_url,
        route=route,
        headers={"Accept": "application/json"},
        form={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": account.callback,
            "client_id": account.client_id,
            "code_verifier": verifier,
        },
    )
    granted = decipher_oidc(answer.status, answer.headers, answer.body, route)
    if not isinstance(granted, dict):
        raise not_its_own(route, "The answer holds no token.")
    token, seconds = granted.get("access_token"), granted.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise not_its_own(route, "The answer holds no token.")
    return granted


def _refused_page(answer: Answer, route: str) -> LoginRefused | BadAnswer:
    """The login could not even begin: a 400 page, whatever was asked for (facts/encvoy-id.md §9)."""
    if answer.status != 400:
        _raise_unless_page(answer, route)
        return not_its_own(route, "It does not lead to a login page.", CHECK_URL, status=answer.status)
    return LoginRefused(SYSTEM, route, status=400, code=error_on_page(answer.text), mend=CHECK_CLIENT)


def _stopped_at_page(answer: Answer, route: str, account: Account) -> LoginRefused:
    """The login ended on a page, which says why. Its words are shown, but nothing is decided by them."""
    _raise_unless_page(answer, route)
    page = read_page(answer.text)
    why = f"The login stopped at its page “{page.route}”."
    if page.message and defused(account.password.reveal()) not in page.message:
        why += f" It says: “{page.message}”."
    return LoginRefused(SYSTEM, route, status=answer.status, code=page.route, why=why, mend=mend_for(page.route))


def _raise_unless_page(answer: Answer, route: str) -> None:
    """An error of the backend or the proxy is no page of the login. 500 is: the filter for pages answers so."""
    if answer.status >= 400 and read_page(answer.text).route == "unknown":
        decipher_management(answer.status, answer.headers, answer.body, route)


def _pattern(path: str) -> str:
    """A path without the ids in it, for errors."""
    return re.sub(r"/(interaction|auth)/[^/]+", r"/\1/:uid", path)
