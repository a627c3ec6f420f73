"""The connection's port to Encvoy ID in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.connection.callbacks import has_callback
from bot.connection.ports import ApplicationFields, Probe, ProviderMetadata, Registered
from bot.connection.state import Application, NotVisible
from bot.connection.unknown import Unknown
from bot.errors import Rejected
from bot.secret import Secret, new_secret
from tests.support.scripted import Scripted


@dataclass
class MemoryEncvoyId:
    """Encvoy ID: one secret for each application, switched at once; names are not unique."""

    world: Scripted
    applications_by_id: dict[str, Application] = field(default_factory=dict)
    accepts_anything: bool = False
    hidden: set[str] = field(default_factory=set)
    """Ids of applications that the bot's role cannot see."""
    for_administrators: bool = False
    url: str = "https://id.example.org"
    _numbers: int = 0

    async def provider(self) -> ProviderMetadata:
        self.world.before("provider")
        base = f"{self.url}/oidc"
        return ProviderMetadata(
            issuer=self.url,
            authorize_url=f"{base}/auth",
            token_url=f"{base}/token",
            identity_url=f"{base}/me",
            par_url=f"{base}/request",
            jwks_url=f"{base}/jwks",
        )

    async def only_administrators(self) -> bool | Unknown:
        return self.for_administrators

    def why_refused(self, url: str) -> str | None:
        if "_" in url.split("/")[2]:
            return "it has an underscore"
        return "it has a fragment" if "#" in url else None

    async def application(self, client_id: str) -> Application | NotVisible | None:
        self.world.before("application")
        found = self.applications_by_id.get(client_id)
        return NotVisible(client_id) if found and client_id in self.hidden else found

    async def applications(self, redirect_uri: str, *, besides: str | None = None) -> tuple[Application, ...]:
        self.world.before("applications")
        unseen = {*self.hidden, besides}
        return tuple(
            a for i, a in self.applications_by_id.items() if i not in unseen and redirect_uri in a.redirect_uris
        )

    async def registered(self, redirect_uri: str) -> Registered:
        self.world.before("registered")
        seen = [a for i, a in self.applications_by_id.items() if i not in self.hidden]
        return Registered(tuple(a for a in seen if has_callback(a.redirect_uris, redirect_uri)), len(seen))

    async def create_application(self, fields: ApplicationFields) -> str:
        self.world.before("create_application")
        self._numbers += 1
        client_id = f"client{self._numbers:016d}"
        self.applications_by_id[client_id] = Application(
            client_id=client_id,
            name=fields.name or "",
            description=fields.description or "",
            domain=fields.domain or "",
            redirect_uris=fields.redirect_uris or (),
            token_endpoint_auth_method=fields.token_endpoint_auth_method or "client_secret_basic",
            secret=new_secret(),
        )
        self.world.after("create_application")
        return client_id

    async def write_application(self, client_id: str, fields: ApplicationFields) -> None:
        self.world.before("write_application")
        written: dict[str, Any] = {k: v for k, v in vars(fields).items() if v is not None}
        self.applications_by_id[client_id] = replace(self.applications_by_id[client_id], **written)
        if fields.secret is not None:
            self.world.log.append((self.world.clock.seconds, f"switched {fields.secret.reveal()}"))
        self.world.after("write_application")

    async def attach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        self.world.before("attach_rules")
        application = self.applications_by_id[client_id]
        self.applications_by_id[client_id] = replace(application, rules=application.rules | field_names)
        self.world.after("attach_rules")

    async def detach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        self.world.before("detach_rules")
        application = self.applications_by_id[client_id]
        self.applications_by_id[client_id] = replace(application, rules=application.rules - field_names)
        self.world.after("detach_rules")

    async def delete_application(self, client_id: str) -> None:
        self.world.before("delete_application")
        self.applications_by_id.pop(client_id, None)
        self.world.after("delete_application")

    async def warm(self) -> None:
        self.world.calls.append("warm")

    def takes(self, secret: Secret) -> bool:
        """Whether any application has this secret."""
        return self.accepts_anything or any(a.secret == secret for a in self.applications_by_id.values())

    async def code(self, client_id: str, redirect_uri: str, scope: str) -> Secret:
        self.world.before("code")
        application = self.applications_by_id.get(client_id)
        if application is None or redirect_uri not in application.redirect_uris:
            raise Rejected("Encvoy ID", "GET /oidc/auth")
        return new_secret()

    async def probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        self.world.before("probe")
        application = self.applications_by_id.get(client_id)
        if application is None or (application.secret != secret and not self.accepts_anything):
            return Probe.REFUSED
        return Probe.ACCEPTED if redirect_uri in application.redirect_uris else Probe.REDIRECT_REFUSED
