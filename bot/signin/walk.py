"""Signs a person in as a browser would, by HTTP: from the button on Rocket.Chat's login page to the logged-in user.

Rocket.Chat's login engines as in facts/rocketchat.md §3.3 (legacy) and §3.4 (modern: see `modern`); Encvoy ID's pages
as in facts/encvoy-id.md §6. Used by the demo, by `test --login`, and by tests. Independent of the bot's clients, so
that it tests what they set up.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from bot.addresses import same_origin
from bot.bounds import Unreadable, read_json
from bot.encvoy.login_page import defused, error_on_page, read_page, safe_word
from bot.encvoy.urls import path_of, resolve
from bot.errors import RemoteError, System
from bot.http import TOTAL_SECONDS, Browser, HttpClient, HttpResponse
from bot.secret import Secret
from bot.signin.modern import ModernBrowser
from bot.signin.modern_pages import Start
from bot.signin.outcome import SignedIn, SignInStep, WalkFailed
from bot.signin.pages import (
    Button,
    CallbackOutcome,
    MethodError,
    authorize_url,
    method_call,
    new_credential_token,
    read_button,
    read_method_answer,
    read_outcome,
    read_settings,
    state_of,
)

MOST_HOPS = 20
TOO_MANY_REQUESTS = 429
EngineName = Literal["legacy", "modern"]
"""Rocket.Chat's login engines (facts/rocketchat.md §0.3)."""
MODERN_FLOW = "Accounts_OAuth_Use_Modern_Flow"
"""The public setting that chooses the engine, if there are both."""

__all__ = ["EngineName", "SignInStep", "SignedIn", "WalkFailed", "sign_in"]

_INTERACTION = re.compile(r".*/interaction/[^/?#]+")


async def sign_in(
    rocketchat_url: str,
    service: str,
    login: str,
    password: Secret,
    *,
    profile: Mapping[str, str] | None = None,
    timeout: float = TOTAL_SECONDS,
    tls: ssl.SSLContext | None = None,
    engine: EngineName | None = None,
) -> SignedIn:
    """Signs in from start to end in a new browser, and consents when asked.

    `service` is the name in addresses (`encvoyid`); `profile` the answers for fields that Encvoy ID may ask for;
    `timeout` is in seconds, for each request; `tls` is set if more than the system's authorities are trusted; `engine`
    is set if it is known, otherwise the answers decide. WalkFailed says where it stopped and why.
    """
    base = rocketchat_url.rstrip("/")
    async with (
        HttpClient("Rocket.Chat", timeout=timeout, tls=tls) as chat_wire,
        HttpClient("Encvoy ID", timeout=timeout, tls=tls) as identity_wire,
        chat_wire.browser() as chat,
        identity_wire.browser() as identity,
    ):
        walk = _Walk(chat, identity, base, login, password, profile or {})
        try:
            return await walk.to_the_end(chat_wire, service, engine)
        except RemoteError as failure:
            failed = WalkFailed(walk.step, failure.what, code=failure.code)
        raise failed


@dataclass
class _Walk:
    """One sign-in of one person."""

    chat: Browser
    identity: Browser
    base: str
    login: str
    password: Secret = field(repr=False)
    profile: Mapping[str, str]
    step: SignInStep = SignInStep.BUTTON
    pages: list[str] = field(default_factory=list)

    async def to_the_end(self, chat_wire: HttpClient, service: str, engine: EngineName | None) -> SignedIn:
        button, settings = await self._look(service)
        site_url = settings.get("Site_Url")
        site_url = site_url.rstrip("/") if isinstance(site_url, str) and site_url else self.base
        modern = ModernBrowser(self.chat, chat_wire, self.base, site_url)
        start = await self._press(modern, service, engine, settings.get(MODERN_FLOW))
        if start is not None:
            return await self._by_modern(modern, start)
        return await self._by_legacy(chat_wire, button, site_url)

    async def _look(self, service: str) -> tuple[Button, Mapping[str, Any]]:
        """What the login page knows: the button, and Rocket.Chat's public settings."""
        settings = read_settings(await self._asked(f"/api/v1/settings.public?_id=Site_Url,{MODERN_FLOW}"))
        button = read_button(await self._asked("/api/v1/settings.oauth"), service)
        if button is None:
            raise WalkFailed(
                self.step, "Rocket.Chat's login page has no such button.", fix="`/sso status` shows what is missing."
            )
        return button, settings

    async def _press(
        self, modern: ModernBrowser, service: str, engine: EngineName | None, chosen: object
    ) -> Start | None:
        """Where the modern engine sends the browser; None for the legacy engine, whose button links to Encvoy ID
        directly. `chosen` is the setting that chooses the engine; without it, the engine that answers is used."""
        if engine == "legacy" or (engine is None and chosen is False):
            return None
        start = await modern.press(service)
        if start is None and (engine == "modern" or chosen is True):
            raise WalkFailed(
                self.step,
                "Rocket.Chat starts no sign-in from the button, and shows its own page instead.",
                fix="`/sso status` shows what is missing.",
            )
        return start

    async def _by_modern(self, modern: ModernBrowser, start: Start) -> SignedIn:
        self.step = SignInStep.AUTHORIZE
        callback = await self._through_encvoy_id(start.location, start.redirect_uri)
        self.step = SignInStep.CALLBACK
        end = await modern.come_back(callback)
        self.step = SignInStep.LOGIN
        user_id, token = await modern.log_in(end)
        return SignedIn(user_id, token, tuple(self.pages))

    async def _by_legacy(self, chat_wire: HttpClient, button: Button, site_url: str) -> SignedIn:
        redirect_uri = f"{site_url}/_oauth/{button.service}{'?close' if button.old_callback else ''}"
        token = new_credential_token()
        self.step = SignInStep.AUTHORIZE
        start = authorize_url(button, redirect_uri, state_of(button, token, f"{site_url}/home"))
        callback = await self._through_encvoy_id(start, redirect_uri)
        self.step = SignInStep.CALLBACK
        outcome = await self._come_back(callback, token)
        self.step = SignInStep.LOGIN
        return await self._log_in(chat_wire, outcome, token)

    async def _asked(self, path: str) -> Any:
        route = f"GET {path.partition('?')[0]}"
        answer = await self.chat.get(self.base + path, route=route, headers={"Accept": "application/json"})
        if answer.status == 200:
            try:
                return read_json(answer.body)
            except Unreadable:
                pass
        self._heed(answer, "Rocket.Chat")
        raise WalkFailed(self.step, f"Rocket.Chat sent an unexpected response: {route} ({answer.status}).")

    def _heed(self, answer: HttpResponse, system: System) -> None:
        """A rate limit is an answer of the system itself."""
        if answer.status == TOO_MANY_REQUESTS:
            raise WalkFailed(self.step, f"{system} asks to slow down.", code="429", fix="Try again in a minute.")

    async def _through_encvoy_id(self, start: str, redirect_uri: str) -> str:
        """From the button to the callback's address with its code, page by page."""
        url, interaction = start, ""
        answer = await self._get(url)
        for _ in range(MOST_HOPS):
            if answer.location:
                url = resolve(url, answer.location)
                if url.partition("?")[0] == redirect_uri.partition("?")[0]:
                    return url
                if not same_origin(url, start):
                    raise WalkFailed(
                        self.step, "Encvoy ID sends people to an address that is neither its own nor ours."
                    )
                answer = await self._get(url)
                continue
            found = _INTERACTION.match(url)
            interaction = found.group() if found else interaction
            url, answer = await self._answer_page(interaction, answer)
        raise WalkFailed(self.step, "The sign-in at Encvoy ID is stuck in a redirect loop.")

    async def _get(self, url: str) -> HttpResponse:
        return await self.identity.get(url, route=f"GET {_pattern(url)}")

    async def _answer_page(self, interaction: str, answer: HttpResponse) -> tuple[str, HttpResponse]:
        """Does what a page asks for; returns where the answer was sent, and the response."""
        self._heed(answer, "Encvoy ID")
        page = read_page(answer.text)
        if not interaction or page.route == "unknown":
            raise self._no_page(answer)
        said = f"Encvoy ID's page “{page.route}” came{f', saying “{page.message}”' if page.message else ''}."
        if page.route == "login" and self.step is SignInStep.AUTHORIZE:
            self.step = SignInStep.PASSWORD
            form = {"identifier": self.login, "password": self.password.reveal(), "prompt": "login"}
            return await self._post(f"{interaction}/auth?type=CREDENTIALS", form)
        if self.step not in (SignInStep.PASSWORD, SignInStep.CONSENT) or page.route in self.pages[-1:]:
            raise WalkFailed(self.step, said, code=page.route)
        form_of = {
            "steps": ("steps", dict(self.profile)),
            "publicity": ("steps", {"public_profile_consent": "true"}),
            "access": ("confirm", {}),
        }
        if page.route not in form_of or (page.route == "steps" and not self.profile):
            raise WalkFailed(self.step, said, code=page.route)
        self.step = SignInStep.CONSENT
        self.pages.append(page.route)
        action, form = form_of[page.route]
        return await self._post(f"{interaction}/{action}", form)

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[str, HttpResponse]:
        return url, await self.identity.post(url, form, route=f"POST {_pattern(url)}")

    def _no_page(self, answer: HttpResponse) -> WalkFailed:
        """With a 400 page Encvoy ID refuses the application or its callback (facts/encvoy-id.md §9)."""
        why = f"Encvoy ID sent an unexpected response instead of a login page ({answer.status})."
        code = error_on_page(answer.text) if answer.status == 400 else None
        if code is None:
            return WalkFailed(self.step, why)
        return WalkFailed(self.step, f"Encvoy ID refuses the application: {code}.", code=code, fix="`/sso test`")

    async def _come_back(self, callback: str, token: str) -> CallbackOutcome:
        answer = await self.chat.get(callback, route="GET /_oauth/:service")
        self._heed(answer, "Rocket.Chat")
        outcome = read_outcome(answer.text) if answer.status == 200 else None
        if outcome is None:
            raise WalkFailed(self.step, f"Rocket.Chat's callback sent an unexpected response ({answer.status}).")
        if not outcome.succeeded:
            raise WalkFailed(
                self.step,
                "Rocket.Chat could not turn Encvoy ID's code into a signed-in user, and does not say why.",
                fix="`/sso test`",
            )
        if outcome.credential_token != token:
            raise WalkFailed(self.step, "Rocket.Chat's callback responds to another sign-in.")
        return outcome

    async def _log_in(self, http: HttpClient, outcome: CallbackOutcome, token: str) -> SignedIn:
        body = method_call(
            "login", {"oauth": {"credentialToken": token, "credentialSecret": outcome.credential_secret}}
        )
        route = "POST /api/v1/method.callAnon/login"
        answer = await http.send("POST", f"{self.base}/api/v1/method.callAnon/login", route=route, json=body)
        self._heed(answer, "Rocket.Chat")
        try:
            result = read_method_answer(read_json(answer.body))
        except Unreadable:
            result = None
        if isinstance(result, MethodError):
            raise _refused(result)
        if result is None or not isinstance(result.get("id"), str) or not isinstance(result.get("token"), str):
            raise WalkFailed(self.step, f"Rocket.Chat sent an unexpected response: {route} ({answer.status}).")
        return SignedIn(result["id"], Secret(result["token"]), tuple(self.pages))


def _refused(refusal: MethodError) -> WalkFailed:
    """Quotes an error that tells the reason; otherwise gives no reason."""
    code = safe_word(refusal.code)
    if refusal.tells:
        return WalkFailed(SignInStep.LOGIN, f"Rocket.Chat says: “{defused(refusal.reason, 160)}”.", code=code)
    return WalkFailed(
        SignInStep.LOGIN,
        "Rocket.Chat does not let the person in, and gives the same response for every reason.",
        code=code,
        fix="Check whether their user name or e-mail address belongs to an account already, and whether Rocket.Chat "
        "lets new people register by a login service.",
    )


def _pattern(url: str) -> str:
    """An address as a route: the path only, without ids."""
    return quote(re.sub(r"/(interaction|auth)/[^/]+", r"/\1/:uid", path_of(url)), safe="/:")
