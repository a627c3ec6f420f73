"""In-memory adapters of the connection's ports: two systems and a store that behave as the facts say, on a clock of
their own. Faults are given by a script: each call of a port asks it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.connection.accounts import Accounts
from bot.connection.in_use import InUse, Use
from bot.connection.ports import ApplicationFields, Awaited, LiveSeen, Probe, Provider, Server, Told, Written
from bot.connection.profile import Profile, profile
from bot.connection.reachable import Site
from bot.connection.state import (
    Application,
    Connection,
    LiveService,
    Marker,
    NotVisible,
    ServiceName,
    SettingValue,
    StoredService,
    Unknown,
)
from bot.connection.wishes import Before
from bot.errors import LoginRefused, NoAnswer
from bot.secret import Secret, new_secret
from tests.support.clocks import ManualClock

SETTLE = 2.5
LAST_LOOK = 0.02
"""Seconds before a change goes live in which it was seen not to be live."""
ACCOUNTS = Accounts(total=3, read=3, with_address=2, administrators=("anna",))
Script = Callable[[str], "Exception | None"]
"""Given the name of a call (`write_service before`, `write_service after`), an error to raise, or None."""


def _no_faults(call: str) -> Exception | None:
    return None


def _anything(secret: Secret) -> bool:
    return True


@dataclass
class Scripted:
    """Asks the script around each call, and keeps the order of all calls."""

    clock: ManualClock
    script: Script = _no_faults
    calls: list[str] = field(default_factory=list)
    log: list[tuple[float, str]] = field(default_factory=list)
    """Moments at which a secret became live or was switched: `live <secret>`, `switched <secret>`."""

    def before(self, call: str) -> None:
        self.calls.append(call)
        self.clock.seconds += 0.01
        self._ask(f"{call} before")

    def after(self, call: str) -> None:
        self._ask(f"{call} after")

    def _ask(self, moment: str) -> None:
        error = self.script(moment)
        if isinstance(error, NoAnswer):
            self.clock.seconds += 8.0
        if error is not None:
            raise error


@dataclass
class MemoryRocketChat:
    """Rocket.Chat with the trailing debounce: what is stored becomes live two seconds after the last write."""

    world: Scripted
    version: tuple[int, int] = (8, 8)
    site_url: str = "https://chat.example.org"
    modules: frozenset[str] = frozenset()
    settings: dict[str, dict[str, SettingValue]] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    live_records: dict[str, tuple[LiveService, Secret]] = field(default_factory=dict)
    due: float | None = None
    publication: bool = True
    accepts: Callable[[Secret], bool] = _anything
    """Whether Encvoy ID takes a secret that Rocket.Chat shows it."""
    uses: list[InUse] = field(default_factory=list)
    """What it says first, one by one, when a bogus code is brought."""
    carried: list[bool | None] = field(default_factory=list)
    """What its modern engine shows first, one by one; the marker afterwards."""
    quiets: list[float] = field(default_factory=list)
    people: Accounts | Unknown = ACCOUNTS
    at_site_url: Site | Unknown = Site.OURS
    environment: dict[str, SettingValue] = field(default_factory=dict)
    """What is forced from outside, by suffix."""
    without_value: set[str] = field(default_factory=set)
    """Suffixes of the settings that hold nothing, of whatever service."""

    def tick(self) -> None:
        """Rewrites the live services if the debounce has passed."""
        if self.due is None or self.world.clock.seconds < self.due:
            return
        at, self.due = self.due, None
        for key, on in self.switches.items():
            if on:
                service = LiveService(key.lower(), dict(self.settings[key]))
                self.live_records[key] = (service, self.secrets[key])
                self.world.log.append((at, f"live {self.secrets[key].reveal()}"))
            else:
                self.live_records.pop(key, None)

    def touched(self) -> None:
        self.due = self.world.clock.seconds + SETTLE

    async def server(self) -> Server:
        self.world.before("server")
        return Server(profile=profile(self.version, self.modules), site_url=self.site_url)

    async def site(self, site_url: str) -> Site | Unknown:
        self.world.before("site")
        return self.at_site_url

    async def accounts(self, told: Told) -> Accounts | Unknown:
        self.world.before("accounts")
        return self.people

    async def profile(self) -> Profile:
        self.world.before("profile")
        return profile(self.version, self.modules)

    async def stored(self, name: ServiceName) -> StoredService | None:
        self.world.before("stored")
        self.tick()
        return self._stored(name.key)

    def _stored(self, key: str) -> StoredService | None:
        if key not in self.settings:
            return None
        settings, empty = dict(self.settings[key]), frozenset(self.without_value)
        return StoredService(key, self.switches[key], settings, self.secrets[key], empty)

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        self.world.before("forced")
        return dict(self.environment)

    async def services(self) -> tuple[StoredService, ...]:
        self.world.before("services")
        return tuple(s for key in self.settings if (s := self._stored(key)) is not None)

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        self.world.before("live")
        self.tick()
        if not self.publication:
            return Unknown("the publication is silent")
        record = self.live_records.get(name.key)
        return record[0] if record else None

    async def await_live(self, name: ServiceName, awaited: Awaited, expected: float | None, timeout: float) -> LiveSeen:
        self.world.before("await_live")
        began = since = self.world.clock.seconds
        end = began + timeout
        while True:
            self.tick()
            record = self.live_records.get(name.key)
            if awaited(record[0] if record else None):
                self.world.after("await_live")
                now = self.world.clock.seconds
                by, after = "publication" if self.publication else "poll", now - began
                return LiveSeen(now, by, since=since, after=after, settle=after)
            if self.due is None or self.due > end:
                self.world.clock.seconds = end
                raise NoAnswer("Rocket.Chat", "live")
            since = self.due - LAST_LOOK
            self.world.clock.seconds = self.due

    async def await_marker(self, name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        def awaited(live: LiveService | None) -> bool:
            return live is not None and live.settings.get(marker.setting) == marker.spelling

        return await self.await_live(name, awaited, expected, timeout)

    async def create_service(self, name: ServiceName) -> None:
        self.world.before("create_service")
        if name.key not in self.settings:
            self.settings[name.key] = {"button_label_color": "#FFFFFF", "button_color": "#1d74f5", "scope": "openid"}
            self.secrets[name.key] = Secret("")
            self.switches[name.key] = False
            self.touched()
        self.world.after("create_service")

    async def write_service(self, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        await self._write("write_service", name, settings)

    async def _write(self, call: str, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        self.world.before(call)
        self.tick()
        for suffix, value in settings.items():
            self.without_value.discard(suffix)
            if isinstance(value, Secret):
                self.secrets[name.key] = value
            elif suffix == "":
                self.switches[name.key] = value is True
            else:
                self.settings[name.key][suffix] = value
        self.touched()
        self.world.after(call)

    async def switch_service(self, name: ServiceName, on: bool) -> None:
        await self.write_service(name, {"": on})

    async def write_secret(self, name: ServiceName, secret: Secret, marker: Marker, quiet: float) -> Written:
        self.quiets.append(quiet)
        began = self.world.clock.seconds
        await self.write_service(name, {"secret": secret})
        await self._write("write_marker", name, {marker.setting: marker.spelling})
        return Written(began, self.world.clock.seconds)

    async def carries(self, name: ServiceName, marker: Marker) -> bool | None:
        self.world.before("carries")
        return self.carried.pop(0) if self.carried else True

    async def repeat_secret(self, name: ServiceName, secret: Secret) -> None:
        self.world.before("repeat_secret")
        self.secrets[name.key] = secret

    async def bring_bogus_code(self, name: ServiceName, token_url: str) -> InUse:
        self.world.before("bring_bogus_code")
        self.tick()
        return self.uses.pop(0) if self.uses else self._used(name)

    async def bring_code(self, name: ServiceName, code: Secret) -> InUse:
        self.world.before("bring_code")
        self.tick()
        found = self._used(name)
        return found if found.use is Use.PROVED else InUse(Use.UNKNOWN, "it doesn't say why")

    def _used(self, name: ServiceName) -> InUse:
        """What Encvoy ID says to the secret that is live."""
        record = self.live_records.get(name.key)
        if record is None:
            return InUse(Use.SILENT, "there is no such service")
        return InUse(Use.PROVED) if self.accepts(record[1]) else InUse(Use.OTHER, "it says: Unauthorized")

    async def remove_service(self, name: ServiceName) -> None:
        self.world.before("remove_service")
        for table in (self.settings, self.secrets, self.switches):
            table.pop(name.key, None)
        self.touched()
        self.world.after("remove_service")


@dataclass
class MemoryEncvoyId:
    """Encvoy ID: one secret for each application, switched at once; names are not unique."""

    world: Scripted
    applications_by_id: dict[str, Application] = field(default_factory=dict)
    accepts_anything: bool = False
    hidden: set[str] = field(default_factory=set)
    """Ids of applications that the bot's role does not reach."""
    for_administrators: bool = False
    url: str = "https://id.example.org"
    _numbers: int = 0

    async def provider(self) -> Provider:
        self.world.before("provider")
        base = f"{self.url}/oidc"
        return Provider(
            issuer=self.url,
            discovery_url=f"{self.url}/.well-known/openid-configuration",
            authorize_url=f"{base}/auth",
            token_url=f"{base}/token",
            identity_url=f"{base}/me",
            par_url=f"{base}/request",
            jwks_url=f"{base}/jwks",
        )

    async def registration_policy(self) -> str | Unknown:
        return "disabled"

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

    async def applications(self, redirect_uri: str) -> tuple[Application, ...]:
        self.world.before("applications")
        return tuple(
            a for i, a in self.applications_by_id.items() if i not in self.hidden and redirect_uri in a.redirect_uris
        )

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
            raise LoginRefused("Encvoy ID", "GET /oidc/auth")
        return new_secret()

    async def probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        self.world.before("probe")
        application = self.applications_by_id.get(client_id)
        if application is None or (application.secret != secret and not self.accepts_anything):
            return Probe.REFUSED
        return Probe.ACCEPTED if redirect_uri in application.redirect_uris else Probe.REDIRECT_REFUSED


@dataclass
class MemoryConnections:
    """The store: what was saved last, and the receipts."""

    world: Scripted
    row: Connection | None = None
    receipts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    befores: dict[str, Before] = field(default_factory=dict)

    async def before(self, operation_id: str) -> Before | None:
        return self.befores.get(operation_id)

    async def take_back(self, operation_id: str) -> None:
        if before := self.befores.pop(operation_id, None):
            self.row = before.connection

    async def get(self, service: str | None = None) -> Connection | None:
        return self.row

    async def save(
        self,
        connection: Connection,
        *,
        operation_id: str | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        self.world.before("save")
        if operation_id is not None:
            self.befores.setdefault(operation_id, Before(self.row))
        self.row = connection
        if operation_id is not None and receipt is not None:
            self.receipts[operation_id] = receipt
        self.world.after("save")

    async def delete(self, connection_id: str) -> None:
        self.row = None
