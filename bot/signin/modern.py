"""Rocket.Chat's half of a sign-in by its modern login engine (facts/rocketchat.md §3.4).

The engine does not say what went wrong, so this module reports what was seen and guesses no reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.addresses import same_origin
from bot.bounds import Unreadable, read_json
from bot.encvoy.login_page import safe_word
from bot.http import Browser, HttpClient, HttpResponse
from bot.secret import Secret
from bot.signin.modern_pages import (
    COOKIE,
    BackAtLogin,
    FactorPage,
    LoginCode,
    LoginToken,
    Start,
    read_end,
    read_start,
)
from bot.signin.outcome import SignInStep, WalkFailed

TOO_MANY = 429
_SLOW_DOWN = "Rocket.Chat asks to slow down (429)."
_HTTPS = (
    "This login engine requires https: check that Site_Url begins with https://, and that the proxy in front of "
    "Rocket.Chat sends X-Forwarded-Proto: https."
)


@dataclass
class ModernBrowser:
    """One browser at Rocket.Chat, as far as the engine needs one."""

    chat: Browser
    http: HttpClient
    base: str
    """Address for REST calls."""
    site_url: str
    """Address that people use; the cookie belongs to it."""
    has_cookie: bool = False

    async def press(self, service: str) -> Start | None:
        """Presses the button. None if no sign-in begins, because the engine is not in use or does not know the
        service."""
        url = f"{self.site_url}/oauth/{service}"
        answer = await self.chat.get(url, route="GET /oauth/:service")
        if answer.status == TOO_MANY:
            raise WalkFailed(SignInStep.BUTTON, _SLOW_DOWN, code="too-many-requests", fix="Try again in a minute.")
        start = read_start(answer.location)
        if start is not None and not same_origin(start.redirect_uri, url):
            raise WalkFailed(
                SignInStep.BUTTON,
                "Rocket.Chat has people sent back to an address that is not its Site_Url.",
                fix="Save the service once more after Site_Url was changed.",
            )
        self.has_cookie = _gives_cookie(answer)
        return start

    async def come_back(self, callback: str) -> LoginCode | LoginToken:
        """Opens the callback with what Encvoy ID gave the browser."""
        error = parse_qs(urlsplit(callback).query).get("error")
        if error:
            code = safe_word(error[0])
            raise WalkFailed(SignInStep.CALLBACK, f"Encvoy ID sent the browser back with an error: {code}.", code=code)
        answer = await self.chat.get(callback, route="GET /_oauth/:service")
        if answer.status >= 500:
            raise WalkFailed(
                SignInStep.CALLBACK,
                f"Rocket.Chat answered with an error page ({answer.status}) and does not say why.",
                code=str(answer.status),
                fix="Rocket.Chat's own log says why; `/sso test` looks at what can be seen from outside.",
            )
        end = read_end(answer.location, answer.text if answer.status == 200 else "")
        if isinstance(end, LoginCode | LoginToken):
            return end
        raise self._stopped(answer, end)

    async def log_in(self, end: LoginCode | LoginToken) -> tuple[str, Secret]:
        """The user who signed in, and a login token that Rocket.Chat accepts."""
        if isinstance(end, LoginToken):
            return await self._resume(end.token), end.token
        route = "POST /api/v1/loginCode.redeem"
        given = await self._asked(route, "the login code", {"code": end.code.reveal()})
        user_id, token = given.get("userId"), given.get("loginToken")
        if not isinstance(user_id, str) or not isinstance(token, str):
            raise WalkFailed(SignInStep.LOGIN, f"Rocket.Chat sent an unexpected response: {route} (200).")
        if await self._resume(Secret(token)) != user_id:
            raise WalkFailed(
                SignInStep.LOGIN, "Rocket.Chat's login token belongs to somebody else than its login code."
            )
        return user_id, Secret(token)

    async def _resume(self, token: Secret) -> str:
        route = "POST /api/v1/login"
        data = (await self._asked(route, "the login token", {"resume": token.reveal()})).get("data")
        user_id = data.get("userId") if isinstance(data, Mapping) else None
        if not isinstance(user_id, str):
            raise WalkFailed(SignInStep.LOGIN, f"Rocket.Chat sent an unexpected response: {route} (200).")
        return user_id

    async def _asked(self, route: str, what: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        path = route.partition(" ")[2]
        answer = await self.http.send("POST", self.base + path, route=route, json=dict(body))
        try:
            given = read_json(answer.body)
        except Unreadable:
            given = None
        if not isinstance(given, Mapping):
            raise WalkFailed(SignInStep.LOGIN, f"Rocket.Chat sent an unexpected response: {route} ({answer.status}).")
        if answer.status == TOO_MANY:
            raise WalkFailed(SignInStep.LOGIN, _SLOW_DOWN, code="too-many-requests", fix="Try again in a minute.")
        if answer.status != 200:
            code = safe_word(given.get("errorType") or given.get("error"))
            why = f"Rocket.Chat does not accept {what} that it issued just before ({answer.status})."
            raise WalkFailed(SignInStep.LOGIN, why, code=code)
        return given

    def _stopped(self, answer: HttpResponse, end: FactorPage | BackAtLogin | None) -> WalkFailed:
        if isinstance(end, FactorPage):
            why = f"Rocket.Chat asks for a second factor ({end.method}), which a test sign-in does not have."
            return WalkFailed(SignInStep.LOGIN, why, code="totp-required")
        if isinstance(end, BackAtLogin):
            why = "Rocket.Chat sent the browser back to its login page without an explanation."
            if self.has_cookie:
                return WalkFailed(SignInStep.CALLBACK, why, code="login")
            why += " It had given it no session cookie at the start."
            return WalkFailed(SignInStep.CALLBACK, why, code="no-cookie", fix=_HTTPS)
        return WalkFailed(SignInStep.CALLBACK, f"Rocket.Chat's callback sent an unexpected response ({answer.status}).")


def _gives_cookie(answer: HttpResponse) -> bool:
    given = (value for name, value in answer.headers.items() if name.lower() == "set-cookie")
    return any(value.startswith(f"{COOKIE}=") for value in given)
