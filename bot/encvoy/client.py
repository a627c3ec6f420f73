"""Encvoy ID as the rest of the bot sees it: the port `bot.connection.ports.EncvoyId`, made of its parts."""

from __future__ import annotations

import ssl

from bot.clock import Clock
from bot.connection.entrance import KeySet
from bot.connection.ports import Probe, ProviderMetadata
from bot.connection.unknown import Unknown
from bot.encvoy.applications import Applications
from bot.encvoy.authorization import AuthorizationRequest, BotLogin, authorize
from bot.encvoy.discovery import Discovery
from bot.encvoy.probes import Probes
from bot.encvoy.responses import SYSTEM
from bot.encvoy.session import ManagementSession
from bot.encvoy.urls import why_refused_as_callback
from bot.errors import Rejected
from bot.http import TOTAL_SECONDS, BeforeWrite, HttpClient, at_once
from bot.secret import Secret

SETTINGS = "/api/v1/settings"
CHECK_APPLICATION = "`/sso test` shows what is wrong with the application."


class EncvoyIdClient(Applications):
    """One Encvoy ID, administered as one user. Use as `async with`, or call `close`.

    Every method may raise the errors of `bot.errors.RemoteError`, ConfigError where SSOBOT_ENCVOY_URL cannot be right,
    and UserError where Encvoy ID would refuse or never answer what was about to be sent.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        login: str,
        password: Secret,
        clock: Clock,
        timeout: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
        before_write: BeforeWrite = at_once,
    ) -> None:
        """`url`, `client_id` (of the main client), `login`, `password`: the variables SSOBOT_ENCVOY_…; `timeout` in
        seconds for one request; `before_write` comes before each that is no GET, logins and probes included."""
        self.url = url.rstrip("/")
        self._http = HttpClient(SYSTEM, timeout=timeout, tls=tls, before_write=before_write)
        self._discovery = Discovery(self._http, self.url, clock)
        self._account = BotLogin(self.url, login, password)
        session = ManagementSession(self._http, self._discovery, self._account, client_id, clock)
        super().__init__(session, Probes(self._http, self._discovery))

    async def __aenter__(self) -> EncvoyIdClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Forgets the token and closes every connection."""
        await self._session.close()
        await self._http.close()

    async def provider(self) -> ProviderMetadata:
        """The endpoints from discovery, cached for a minute."""
        return await self._discovery.provider()

    def forget_provider(self) -> None:
        """Discovery is read again at the next call: for the start of an operation."""
        self._discovery.forget()

    async def keys(self) -> KeySet:
        """The published key set."""
        return await self._discovery.keys()

    async def version(self) -> str:
        """As it says itself; read each time."""
        return await self._discovery.version()

    async def log_in(self) -> None:
        """Makes sure that the bot's user can log in; LoginRefused says why not."""
        await self._session.log_in()

    async def prove_login(self) -> None:
        """Makes sure that the bot's user can log in now and that the management API lets it in: for the doctor."""
        await self._session.prove_login()

    async def warm(self) -> None:
        """Before a critical moment: for the next minute `write_application` of a secret alone is one request on a
        connection that is open already."""
        await self._session.warm()

    async def only_administrators(self) -> bool | Unknown:
        """See `EncvoyId.only_administrators`."""
        settings = await self._session.public(SETTINGS)
        said = settings.get("authorize_only_admins") if isinstance(settings, dict) else None
        return said if isinstance(said, bool) else Unknown("Encvoy ID does not say whom it lets sign in.")

    def why_refused(self, url: str) -> str | None:
        """See `EncvoyId.why_refused`."""
        return why_refused_as_callback(url)

    async def code(self, client_id: str, redirect_uri: str, scope: str) -> Secret:
        """See `EncvoyId.code`. LoginRefused names the page that asks for more than a consent; Rejected: Encvoy ID
        refuses the application itself, or its redirect URI."""
        request = AuthorizationRequest(client_id, redirect_uri, scope, CHECK_APPLICATION, Rejected, consents=True)
        return await authorize(self._http, await self._discovery.provider(), self._account, request)

    async def probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        """See `EncvoyId.probe`."""
        return await self._probes.credentials(client_id, secret, redirect_uri)
