"""Encvoy ID as the rest of the bot sees it: the port `bot.connection.ports.EncvoyId`, made of its parts."""

from __future__ import annotations

import ssl

from bot.clock import Clock
from bot.connection.entrance import KeySet, Standing
from bot.connection.ports import ApplicationFields, Probe, ProviderMetadata, Registered
from bot.connection.state import Application, NotVisible
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


class EncvoyIdClient:
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
        self._session = ManagementSession(self._http, self._discovery, self._account, client_id, clock)
        self._probes = Probes(self._http, self._discovery)
        self._applications = Applications(self._session, self._probes)

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

    async def log_in(self) -> None:
        """Makes sure that the bot's user can log in; LoginRefused says why not."""
        await self._session.log_in()

    async def prove_login(self) -> None:
        """Makes sure that the bot's user can log in now and that the management API lets it in: for the doctor."""
        await self._session.prove_login()

    async def standing(self) -> Standing:
        """What the bot's user may do, judged by what it can see."""
        return await self._applications.standing()

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

    async def application(self, client_id: str) -> Application | NotVisible | None:
        """See `EncvoyId.application`."""
        return await self._applications.read(client_id)

    async def applications(self, redirect_uri: str) -> tuple[Application, ...]:
        """See `EncvoyId.applications`."""
        return await self._applications.with_redirect_uri(redirect_uri)

    async def registered(self, redirect_uri: str) -> Registered:
        """See `EncvoyId.registered`."""
        return await self._applications.registered(redirect_uri)

    async def create_application(self, fields: ApplicationFields) -> str:
        """See `EncvoyId.create_application`."""
        return await self._applications.create(fields)

    async def write_application(self, client_id: str, fields: ApplicationFields) -> None:
        """See `EncvoyId.write_application`."""
        await self._applications.write(client_id, fields)

    async def attach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """See `EncvoyId.attach_rules`."""
        await self._applications.attach_rules(client_id, field_names)

    async def detach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """See `EncvoyId.detach_rules`."""
        await self._applications.detach_rules(client_id, field_names)

    async def delete_application(self, client_id: str) -> None:
        """See `EncvoyId.delete_application`."""
        await self._applications.delete(client_id)

    async def code(self, client_id: str, redirect_uri: str, scope: str) -> Secret:
        """See `EncvoyId.code`. LoginRefused names the page that asks for more than a consent; Rejected: Encvoy ID
        refuses the application itself, or its redirect URI."""
        request = AuthorizationRequest(client_id, redirect_uri, scope, CHECK_APPLICATION, Rejected, consents=True)
        return await authorize(self._http, await self._discovery.provider(), self._account, request)

    async def probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        """See `EncvoyId.probe`."""
        return await self._probes.credentials(client_id, secret, redirect_uri)
