"""The routes of the modern login engine, `/oauth/<service>` and `/_oauth/<service>` (facts/rocketchat.md §3.4)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.rocketchat.oauth.modern_flow import Broken, ModernFlow, Popup, Redirect
from sandbox.rocketchat.oauth.modern_sessions import Sessions
from sandbox.rocketchat.oauth.modern_strategies import Strategies, Strategy
from sandbox.rocketchat.oauth.pages import FOLDER, templates

PageHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ERROR_PAGE = (FOLDER / "express_error.html").read_text(encoding="utf-8")
_TOO_MANY = {"success": False, "error": "Too many requests. Please try again later."}


class ModernPages:
    """Serves them. `allowed`: whether an IP may begin one more sign-in. Where no strategy is in use, `shell` answers at
    the button's address and `callback` at the other."""

    def __init__(
        self,
        flow: ModernFlow,
        strategies: Callable[[web.Request], Strategies],
        sessions: Sessions,
        *,
        allowed: Callable[[str], bool],
        origin: Callable[[], str],
        shell: PageHandler,
        callback: PageHandler,
    ) -> None:
        """`strategies` are those of the instance that answers; `origin` is whom the window of a popup tells: scheme and
        host of the workspace."""
        self._flow = flow
        self._strategies = strategies
        self._sessions = sessions
        self._allowed = allowed
        self._origin = origin
        self._shell = shell
        self._otherwise = callback

    def serve(self, app: web.Application) -> None:
        """Adds them to `app`."""
        app.router.add_get("/oauth/{service}", self._button)
        app.router.add_get("/_oauth/{service}", self._callback)

    async def _button(self, request: web.Request) -> web.StreamResponse:
        strategy = self._strategies(request).get(request.match_info["service"])
        if strategy is None:
            return await self._shell(request)
        if not self._allowed(request.remote or ""):
            return web.json_response(_TOO_MANY, status=429)
        return self._begin(strategy, request)

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        strategy = self._strategies(request).get(request.match_info["service"])
        if strategy is None:
            return await self._otherwise(request)
        if not request.query.get("code") and not request.query.get("error"):
            return self._begin(strategy, request)
        try:
            end = await self._flow.finish(strategy, self._sessions.of(request), dict(request.query))
        except Broken:
            return _error_page()
        return _redirect(end) if isinstance(end, Redirect) else self._popup(end)

    def _begin(self, strategy: Strategy, request: web.Request) -> web.Response:
        session = self._sessions.begin(request)
        response = _redirect(self._flow.begin(strategy, session, request.query.get("loginClient", "")))
        self._sessions.hand_over(session, request, response)
        return response

    def _popup(self, end: Popup) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        message, origin = (json.dumps(value).replace("<", "\\u003c") for value in (end.message, self._origin()))
        page = templates.get_template("end_of_modern_popup.html").render(nonce=nonce, message=message, origin=origin)
        policy = f"default-src 'none'; script-src 'nonce-{nonce}'"
        return _page(page, 200, {"Content-Security-Policy": policy, "Cache-Control": "no-store"})


def _redirect(end: Redirect) -> web.Response:
    return web.Response(status=302, headers={"Location": end.location})


def _error_page() -> web.Response:
    """What express answers with in production for every error."""
    return _page(_ERROR_PAGE, 500, {"Content-Security-Policy": "default-src 'none'"})


def _page(html: str, status: int, headers: dict[str, str]) -> web.Response:
    headers = {**headers, "X-Content-Type-Options": "nosniff"}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)
