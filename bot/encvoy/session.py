"""Calls to the management API: with a token that is fetched when needed, and one call at a time for each route.

Source: facts/encvoy-id.md §5 (hangs, the race between requests), §6 (the token).
"""

from __future__ import annotations

import asyncio
from typing import Any

from bot.bounds import Intake
from bot.clock import Clock
from bot.encvoy.authorization import BotLogin
from bot.encvoy.discovery import Discovery
from bot.encvoy.login import ManagementToken, log_in
from bot.encvoy.responses import interpret_management
from bot.errors import Unauthenticated
from bot.http import HttpClient

SPARE_SECONDS = 60.0
"""Seconds before its end at which a token is no longer used."""
WARM_SECONDS = 60.0
"""Seconds after `warm` in which no call needs a login."""
CLIENTS = "/api/v1/clients"


class ManagementSession:
    """The bot's user at the management API."""

    def __init__(self, http: HttpClient, discovery: Discovery, account: BotLogin, client_id: str, clock: Clock) -> None:
        """`client_id` of the main client, to which the management API's tokens are issued."""
        self._http = http
        self._discovery = discovery
        self._account = account
        self._client_id = client_id
        self._clock = clock
        self._token: ManagementToken | None = None
        self._login: asyncio.Task[ManagementToken] | None = None
        # Encvoy ID's guard keeps the acting user in the route's handler, which requests at the same time share.
        self._turns: dict[str, asyncio.Lock] = {}

    async def call(
        self,
        method: str,
        pattern: str,
        *,
        path: str | None = None,
        query: str = "",
        json: Any = None,
        intake: Intake | None = None,
    ) -> Any:
        """One authenticated call. `pattern` is the route with placeholders, `path` the same with real ids, `query`
        already percent-encoded, `intake` counts the answer as one piece. After a 401 it logs in again and repeats the
        call once: nothing was done."""
        route = f"{method} {pattern}"
        async with self._turn(route):
            token = await self._valid_token(SPARE_SECONDS)
            try:
                return await self._send(route, method, path or pattern, query, json, token, intake)
            except Unauthenticated:
                if self._token is token:
                    self._token = None
            token = await self._valid_token(SPARE_SECONDS)
            return await self._send(route, method, path or pattern, query, json, token, intake)

    async def public(self, pattern: str, *, path: str | None = None) -> Any:
        """A GET that needs no login, made without one; `pattern` and `path` as for `call`."""
        route = f"GET {pattern}"
        async with self._turn(route):
            return await self._send(route, "GET", path or pattern, "", None, None)

    async def warm(self) -> None:
        """Makes sure that for the next minute a call is one request on an open connection, and nothing before it."""
        await self._valid_token(SPARE_SECONDS + WARM_SECONDS)
        await self.public("/api/v1/settings")

    async def log_in(self) -> None:
        """Makes sure that the bot's user can log in: fetches a token if there is no valid one."""
        await self._valid_token(SPARE_SECONDS)

    async def prove_login(self) -> None:
        """Logs in again, even with a valid token, and makes a call that needs a role. A cached token proves neither:
        since then, the password may have been changed or the user blocked."""
        # Where none is kept, whoever needs one at the same time waits for this login, too.
        fresh = await (self._new_token() if self._lives_for(SPARE_SECONDS) else self._valid_token(SPARE_SECONDS))
        await self._send(f"GET {CLIENTS}", "GET", CLIENTS, "limit=0", None, fresh)
        self._token = fresh

    async def close(self) -> None:
        """Cancels a login that is under way, and forgets the token."""
        task, self._login, self._token = self._login, None, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _turn(self, route: str) -> asyncio.Lock:
        return self._turns.setdefault(route, asyncio.Lock())

    async def _valid_token(self, spare: float) -> ManagementToken:
        """The token if it lives for `spare` more seconds, else a new one. Callers that come during a login wait for it,
        and share its failure."""
        if self._token is not None and self._lives_for(spare):
            return self._token
        if self._login is None:
            self._login = asyncio.create_task(self._fetch())
            self._login.add_done_callback(self._login_done)
        # Shielded: a cancelled caller does not cancel the login for the others.
        return await asyncio.shield(self._login)

    def _lives_for(self, seconds: float) -> bool:
        """Whether a token is kept that lives for so much longer."""
        return self._token is not None and self._token.expires_at - self._clock.monotonic() > seconds

    async def _fetch(self) -> ManagementToken:
        self._token = await self._new_token()
        return self._token

    async def _new_token(self) -> ManagementToken:
        provider = await self._discovery.provider()
        return await log_in(self._http, provider, self._account, self._client_id, self._clock)

    def _login_done(self, task: asyncio.Task[ManagementToken]) -> None:
        if self._login is task:
            self._login = None
        if not task.cancelled():
            task.exception()  # retrieved, even if nobody waits any more

    async def _send(
        self,
        route: str,
        method: str,
        path: str,
        query: str,
        json: Any,
        token: ManagementToken | None,
        intake: Intake | None = None,
    ) -> Any:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.access.reveal()}"
        url = f"{self._account.domain}{path}{'?' + query if query else ''}"
        answer = await self._http.send(method, url, route=route, headers=headers, json=json, intake=intake)
        return interpret_management(answer.status, answer.headers, answer.body, route)
