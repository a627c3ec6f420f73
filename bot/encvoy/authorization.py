"""From an authorization request to its code, as the bot's own user: Encvoy ID's pages, step by step.

Source: facts/encvoy-id.md §6. Each request has a cookie jar of its own, because a second one in the same jar revokes
the tokens of the first. The target of each redirect is checked before it is followed. The last one is never followed:
its target receives the code.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.addresses import same_origin
from bot.connection.ports import ProviderMetadata
from bot.encvoy.login_page import UNKNOWN_ROUTE, defused, error_on_page, fix_for, read_page, safe_word
from bot.encvoy.responses import CHECK_URL, SYSTEM, interpret_management, not_its_own
from bot.encvoy.urls import leads_back, resolve
from bot.errors import BadAnswer, LoginRefused, Redirected, Rejected
from bot.http import Browser, HttpClient, HttpResponse
from bot.secret import Secret

MOST_HOPS = 10
"""Requests after the password. Five are seen with publicity and consent (facts/encvoy-id.md §6)."""

CONSENTS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {"publicity": ("steps", {"public_profile_consent": "true"}), "access": ("confirm", {})}
)
"""Route of a page that asks the user to consent -> where the answer is posted, and the answer."""

_INTERACTION = re.compile(r"[^?#]*/interaction/[^/?#]+")


@dataclass(frozen=True)
class BotLogin:
    """The bot's user at Encvoy ID, and the address of Encvoy ID."""

    domain: str
    """SSOBOT_ENCVOY_URL without trailing slash."""
    login: str
    password: Secret


@dataclass(frozen=True)
class AuthorizationRequest:
    """One authorization request, and its client."""

    client_id: str
    redirect_uri: str
    """Never opened."""
    scope: str
    fix: str
    """The fix if Encvoy ID refuses the client."""
    refused: type[LoginRefused | Rejected] = LoginRefused
    """The error for that. For another client than the bot's own login, it says nothing about that login."""
    verifier: Secret | None = None
    """For PKCE (RFC 7636), if the code is exchanged here."""
    consents: bool = False
    """Whether the user consents when asked; each page is answered once."""

    def query(self, state: str) -> str:
        """The parameters of the request."""
        parameters = {
            "client_id": self.client_id,
            "response_type": "code",
            "scope": self.scope,
            "redirect_uri": self.redirect_uri,
            "state": state,
        }
        if self.verifier is not None:
            digest = hashlib.sha256(self.verifier.reveal().encode()).digest()
            parameters["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            parameters["code_challenge_method"] = "S256"
        return urlencode(parameters)


async def authorize(
    http: HttpClient, provider: ProviderMetadata, account: BotLogin, request: AuthorizationRequest
) -> Secret:
    """The code. LoginRefused names the page that it ended with, the request's own error what is said of the client;
    Redirected, an address that is neither
    DOMAIN's nor the redirect URI; BadAnswer, an answer that is not to this request."""
    async with http.browser() as browser:
        return await _Walk(browser, provider, account, request).to_the_code()


@dataclass(frozen=True)
class _Came:
    """How an authorization request ended."""

    url: str
    route: str
    answer: HttpResponse


@dataclass
class _Walk:
    """One authorization request while it runs."""

    browser: Browser
    provider: ProviderMetadata
    account: BotLogin
    request: AuthorizationRequest
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    interaction: str = ""
    """Address of the current interaction, to which pages are answered."""
    answered: set[str] = field(default_factory=set)
    """Routes of pages."""

    async def to_the_code(self) -> Secret:
        """Runs it from start to end."""
        await self._begin()
        came = await self._show_password()
        for _ in range(MOST_HOPS):
            target = self._target(came)
            if target is None:
                came = await self._consent(came)
            elif leads_back(target, self.request.redirect_uri):
                return self._code_in(target, came.route)
            else:
                came = await self._get(target, f"GET {_pattern(target)}")
        raise not_its_own(came.route, "The login is stuck in a redirect loop.", CHECK_URL)

    async def _begin(self) -> None:
        """Sends the authorization request, which creates an interaction."""
        url = self.provider.authorize_url
        came = await self._get(f"{url}?{self.request.query(self.state)}", f"GET {urlsplit(url).path}")
        target = self._target(came)
        if target is None:
            raise self._refused_page(came)
        if leads_back(target, self.request.redirect_uri):
            self._code_in(target, came.route)  # raises the error of the answer: nobody can be logged in yet
        elif self._enter(target):
            return
        raise not_its_own(came.route, "It does not lead to a login page.", CHECK_URL)

    async def _show_password(self) -> _Came:
        """Sends the form. All three fields are required, unknown ones are refused."""
        form = {"identifier": self.account.login, "password": self.account.password.reveal(), "prompt": "login"}
        return await self._post("auth?type=CREDENTIALS", form)

    async def _consent(self, came: _Came) -> _Came:
        """Answers the page if it may be answered and was not answered yet."""
        self._raise_unless_page(came)
        route = read_page(came.answer.text).route
        if not self.request.consents or route not in CONSENTS or route in self.answered:
            raise self._stopped_at_page(came)
        self.answered.add(route)
        self._enter(came.url)
        return await self._post(*CONSENTS[route])

    async def _get(self, url: str, route: str) -> _Came:
        return _Came(url, route, await self.browser.get(url, route=route))

    async def _post(self, action: str, form: Mapping[str, str]) -> _Came:
        url = f"{self.interaction}/{action}"
        route = f"POST {_pattern(url)}"
        return _Came(url, route, await self.browser.post(url, form, route=route))

    def _enter(self, url: str) -> bool:
        """Notes the interaction of this address; returns whether there is one."""
        found = _INTERACTION.match(url)
        if found is not None:
            self.interaction = found.group()
        return found is not None

    def _target(self, came: _Came) -> str | None:
        """The target of a redirect; None if it is no redirect. Redirected if the target is not expected."""
        if not came.answer.location:
            return None
        target = resolve(came.url, came.answer.location)
        if same_origin(target, self.account.domain) or leads_back(target, self.request.redirect_uri):
            return target
        raise Redirected(SYSTEM, came.route, status=came.answer.status, fix=CHECK_URL)

    def _code_in(self, callback: str, route: str) -> Secret:
        """The code, if the response is meant for us (RFC 6749 §10.12, RFC 9207 §2.4)."""
        query = parse_qs(urlsplit(callback).query)
        if query.get("state") != [self.state]:
            raise not_its_own(route, "The response belongs to another login.")
        if query.get("iss") != [self.provider.issuer]:
            raise not_its_own(route, "The response names a different issuer than the discovery document.")
        if "error" in query:
            raise self.request.refused(SYSTEM, route, code=safe_word(query["error"][0]), fix=self.request.fix)
        codes = query.get("code", [])
        if len(codes) != 1:
            raise not_its_own(route, "The response contains no code.")
        return Secret(codes[0])

    def _refused_page(self, came: _Came) -> LoginRefused | Rejected | BadAnswer:
        """The login could not begin: always a 400 page (facts/encvoy-id.md §9)."""
        status = came.answer.status
        if status != 400:
            self._raise_unless_page(came)
            return not_its_own(came.route, "It does not lead to a login page.", CHECK_URL, status=status)
        code = error_on_page(came.answer.text)
        why = "It refuses the client or its callback address, before anybody has logged in."
        return self.request.refused(SYSTEM, came.route, status=400, code=code, why=why, fix=self.request.fix)

    def _stopped_at_page(self, came: _Came) -> LoginRefused:
        """It ended on a page, which says why. Its text is shown, but nothing is decided by it."""
        page = read_page(came.answer.text)
        why = f"The login stopped at its page “{page.route}”."
        if page.message and defused(self.account.password.reveal()) not in page.message:
            why += f" It says: “{page.message}”."
        fix = UNKNOWN_ROUTE if page.route in self.answered else fix_for(page.route)
        return LoginRefused(SYSTEM, came.route, status=came.answer.status, code=page.route, why=why, fix=fix)

    def _raise_unless_page(self, came: _Came) -> None:
        """An error of the backend or the proxy is not a page of the login. A 500 may be one: the filter for pages
        answers so."""
        answer = came.answer
        if answer.status >= 400 and read_page(answer.text).route == "unknown":
            interpret_management(answer.status, answer.headers, answer.body, came.route)


def _pattern(url: str) -> str:
    """The path of an address without the ids in it, for errors."""
    return re.sub(r"/(interaction|auth)/[^/]+", r"/\1/:uid", urlsplit(url).path)
