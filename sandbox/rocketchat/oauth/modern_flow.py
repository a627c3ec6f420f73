"""The modern login engine: passport's way from the button to somebody who is logged in (facts/rocketchat.md §3.4).

The browser is told the same of every failure. The reason is in the ledger, as it is in the real server's log.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth import claims, modern_exchange
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.exchange import ExchangeFailed
from sandbox.rocketchat.oauth.hooks import Hooks
from sandbox.rocketchat.oauth.modern_completion import Completion
from sandbox.rocketchat.oauth.modern_sessions import Session, Started
from sandbox.rocketchat.oauth.modern_strategies import Strategy
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.workspace import Workspace

HANDLE_BYTES = 18
"""24 characters, as passport's handles have."""
LOGIN_CLIENTS = frozenset({"desktop", "mobile"})


@dataclass(frozen=True)
class Redirect:
    """The browser goes on there."""

    location: str = field(repr=False)


@dataclass(frozen=True)
class Popup:
    """The window tells the one that opened it, and closes."""

    message: Document = field(repr=False)


class Broken(Exception):
    """Something failed; the browser is not told what."""


TO_LOGIN = Redirect("/login")
"""Where passport redirects after a refusal, or if it knows no such person. It gives no reason."""


class ModernFlow:
    """Sign-ins of one workspace."""

    def __init__(
        self, workspace: Workspace, completion: Completion, client: Callable[[], aiohttp.ClientSession]
    ) -> None:
        self._workspace = workspace
        self._completion = completion
        self._client = client

    def begin(self, strategy: Strategy, session: Session, login_client: str = "") -> Redirect:
        """To the provider, with a handle and a challenge that only this browser's session can answer."""
        started = Started(
            secrets.token_urlsafe(HANDLE_BYTES),
            secrets.token_urlsafe(32),
            login_client if login_client in LOGIN_CLIENTS else "",
        )
        session.started[strategy.provider] = started
        digest = hashlib.sha256(started.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return Redirect(strategy.authorize_url(started.handle, challenge))

    async def finish(self, strategy: Strategy, session: Session | None, query: Mapping[str, str]) -> Redirect | Popup:
        """The browser comes back with a code or an error. Broken for every failure."""
        if query.get("error") == "access_denied":
            return TO_LOGIN
        if query.get("error"):
            self._note(strategy, f"The provider answered {query['error']}")
            raise Broken
        started = session.started.pop(strategy.provider, None) if session else None
        if started is None or started.handle != query.get("state"):
            return TO_LOGIN
        try:
            user = await self._user(strategy, query["code"], started.verifier)
        except (ExchangeFailed, claims.IdentityFailed, MeteorError, PlainError) as error:
            self._note(strategy, str(error))
            raise Broken from None
        return self._arrived(strategy, user, started)

    async def _user(self, strategy: Strategy, code: str, verifier: str) -> User:
        client = self._client()
        token = await modern_exchange.access_token(client, strategy, code, verifier)
        given = await modern_exchange.identity(client, strategy, token)
        identity = claims.identity_of(given, strategy.fields, Engine.MODERN)
        hooks = Hooks.after(Engine.MODERN, strategy.hooks)
        accounts = AccountResolver(self._workspace.people, self._workspace.settings, hooks)
        return resolve(identity, strategy.fields, accounts)

    def _arrived(self, strategy: Strategy, user: User, started: Started) -> Redirect | Popup:
        """A second factor first, where one is asked for."""
        self._note(strategy, "", user.id)
        method = self._completion.second_factor(user)
        if method is not None:
            path = f"/2fa/{method}/{self._completion.challenge(user, method)}"
            return Popup({"oauthPopupCommand": "redirect", "path": path}) if strategy.popup else Redirect(path)
        if strategy.popup:
            token = self._completion.login_token(user)
            return Popup({"oauthPopupCommand": "oauth-login-with-token", "token": token})
        query = {"loginCode": self._completion.login_code(user)}
        if started.login_client:
            query["loginClient"] = started.login_client
        site = str(self._workspace.settings.get("Site_Url", "")).rstrip("/")
        return Redirect(f"{site}/home?{urlencode(query)}")

    def _note(self, strategy: Strategy, problem: str, user_id: str | None = None) -> None:
        """An entry of kind `sign-in`, as the legacy engine writes them."""
        body = {"service": strategy.service, "problem": problem}
        self._workspace.ledger.add("sign-in", who=user_id, body=body)
