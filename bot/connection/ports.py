"""The ports of the connection. Adapters: `bot.rocketchat`, `bot.encvoy`, `bot.store`, and in memory `tests/support`.
All pass the same contract tests.

Every method may raise the errors of `bot.errors.RemoteError`; none returns an incomplete answer.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.clock import Clock
from bot.connection.accounts import Accounts, People, Registration
from bot.connection.in_use import InUse
from bot.connection.moments import LiveSeen, Written
from bot.connection.profile import Edition, Profile, profile
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
)
from bot.connection.unknown import Unknown
from bot.secret import Fingerprints, Secret


@dataclass(frozen=True)
class ServerInfo:
    """What Rocket.Chat reports about itself, read once for an operation."""

    profile: Profile
    """See `bot.connection.profile`."""
    site_url: str
    """`Site_Url` as stored, without trailing slash."""


@dataclass(frozen=True)
class Listed:
    """What Rocket.Chat's list of all settings shows at one moment."""

    services: tuple[StoredService, ...]
    """Every custom service, sorted by key."""
    registration: Registration
    site_url: str
    """As `ServerInfo.site_url`."""
    modern_flow: bool
    """The setting that chooses the login engine, in versions that have both."""
    form: bool | None = None
    """Whether the login page has the form for user name and password; None: the setting is not shown."""
    user_names: str | None = None
    """`bot.connection.user_names.SETTING`; None: it is not shown."""

    def service(self, name: ServiceName) -> StoredService | None:
        """The service of that name, or None."""
        return next((service for service in self.services if service.key == name.key), None)

    def profile(self, edition: Edition) -> Profile:
        """The profile of a Rocket.Chat with this version and licence."""
        return profile(edition.version, edition.modules, modern_flow=self.modern_flow)

    def server(self, edition: Edition) -> ServerInfo:
        """Profile and address of a Rocket.Chat with this version and licence."""
        return ServerInfo(self.profile(edition), self.site_url)


Awaited = Callable[[LiveService | None], bool]
"""Whether the live record is the awaited one; None: there is no such button."""


CountTold = Callable[[int, int], None]
"""Called with the number of accounts read so far, and of all."""


WaitTold = Callable[[int, int, float], None]
"""Called when a rate limit makes the reading wait: the same numbers, and about how many seconds the rest would take."""


class RocketChat(Protocol):
    """The system that people sign in to."""

    async def edition(self) -> Edition:
        """Version and licence, read once for an operation. The rest of `ServerInfo` is in the list of all settings."""
        ...

    async def server(self) -> ServerInfo:
        """Version, engine, licence and address, for an account that may not read the list of all settings."""
        ...

    async def profile(self) -> Profile:
        """Version, engine and licence, for callers that need no other setting."""
        ...

    async def site(self, site_url: str) -> Site | Unknown:
        """Who answers at its own address; Unknown if that cannot be seen from here."""
        ...

    async def accounts(self, told: CountTold) -> Accounts | Unknown:
        """Reads all accounts, with one request for each hundred. Never fails: the value says what could not be read."""
        ...

    async def people(self, told: CountTold, waits: WaitTold) -> People | Unknown:
        """Reads the same for people who wait for it, so it waits longer for a rate limit. Never fails, either."""
        ...

    async def stored(self, name: ServiceName) -> StoredService | None:
        """The service as stored, or None."""
        ...

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        """The service's settings that the environment of the server forces, by suffix, the secret included; Unknown if
        this server does not show them (facts/rocketchat.md §8 no. 1)."""
        ...

    async def listed(self) -> Listed:
        """Reads the list of all settings once."""
        ...

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        """The live record, by one budgeted poll."""
        ...

    async def other_services_live(self, name: ServiceName) -> frozenset[str] | Unknown:
        """Names of the login services, besides this one, that have a button on the login page, by one budgeted poll."""
        ...

    async def await_live(self, name: ServiceName, awaited: Awaited, expected: float | None, timeout: float) -> LiveSeen:
        """Returns as soon as `awaited` is true; to be called right after the write. `expected`: the seconds that it
        took the last time. NoAnswer after `timeout` seconds."""
        ...

    async def await_marker(self, name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        """The same for a marker, as soon as the live record shows it. On the modern engine, the strategy that holds the
        secret must show it too: NoAnswer while it shows another one."""
        ...

    async def carries(self, name: ServiceName, marker: Marker) -> bool | None:
        """On the modern engine, whether every instance that answers sends people to Encvoy ID with this marker
        (facts/rocketchat.md §3.1b). None: unknown."""
        ...

    async def create_service(self, name: ServiceName) -> None:
        """Ensures that the service's settings exist, switched off if it is new."""
        ...

    async def write_service(self, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        """Writes settings by suffix, in one request if the server supports it, in any order; suffix `""` is the
        switch."""
        ...

    async def switch_service(self, name: ServiceName, on: bool) -> None:
        """Switches it on or off on every known instance, after each has received the stored settings; at most ten
        writes of each setting (facts/rocketchat.md §2.4)."""
        ...

    async def write_secret(self, name: ServiceName, secret: Secret, marker: Marker, quiet: float) -> Written:
        """Waits until no login setting was changed for `quiet` seconds; then writes the secret, and the marker after
        it: if the marker is live, so is the secret (facts/rocketchat.md §2.4, §2.5)."""
        ...

    async def repeat_secret(self, name: ServiceName, secret: Secret) -> None:
        """Writes the stored secret again until every known instance has answered; at most ten times. An equal value
        restarts no timer, and updates an instance whose cache is outdated (facts/rocketchat.md §2.4)."""
        ...

    async def bring_bogus_code(self, name: ServiceName, token_url: str) -> InUse:
        """Makes Rocket.Chat itself ask Encvoy ID, without anybody signing in (facts/rocketchat.md §3.1b). Legacy engine
        only. SILENT if it does not say why it failed; UNKNOWN if it asked another address than `token_url`, as an
        instance with an outdated cache does."""
        ...

    async def bring_code(self, name: ServiceName, code: Secret) -> InUse:
        """The same with a real authorization code, which can be used once. Nobody is signed in, because nobody fetches
        the credential that Rocket.Chat keeps. Never OTHER: a failure has no reason here."""
        ...

    async def remove_service(self, name: ServiceName) -> None:
        """Removes the service's settings; the caller has switched it off and awaited that."""
        ...


class Probe(enum.Enum):
    """How the OIDC side answers to credentials, without anybody signing in (facts/encvoy-id.md §9)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Wrong secret, or no such client: the same answer."""
    REDIRECT_REFUSED = "redirect refused"
    """The secret is right; the redirect URI is not registered."""
    BROKEN = "broken"
    """The application's record is invalid at the OIDC side, or does not allow what Rocket.Chat asks for."""


@dataclass(frozen=True)
class ProviderMetadata:
    """Encvoy ID's endpoints from its discovery document. All have the same scheme, host and port."""

    issuer: str
    authorize_url: str
    token_url: str
    identity_url: str
    par_url: str | None
    jwks_url: str


@dataclass(frozen=True)
class ApplicationFields:
    """What to write to an application; a field that is None is not changed."""

    name: str | None = None
    description: str | None = None
    domain: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    token_endpoint_auth_method: str | None = None
    secret: Secret | None = None
    grant_types: tuple[str, ...] | None = None
    response_types: tuple[str, ...] | None = None
    id_token_signed_response_alg: str | None = None
    application_type: str | None = None
    subject_type: str | None = None
    access_token_ttl: int | None = None
    """Seconds."""


@dataclass(frozen=True)
class Registered:
    """Applications with one callback address."""

    applications: tuple[Application, ...]
    looked_at: int = 0
    """How many were read, the newest first, because no list shows callback addresses."""
    unread: int = 0
    """How many were not read: of these, only those with exactly this spelling are found."""


class EncvoyId(Protocol):
    """The identity provider."""

    async def provider(self) -> ProviderMetadata:
        """Reads discovery; the paths tried are in facts/encvoy-id.md §1."""
        ...

    async def only_administrators(self) -> bool | Unknown:
        """The public setting `authorize_only_admins`: whether nobody else may sign in, to any application."""
        ...

    def why_refused(self, url: str) -> str | None:
        """Why Encvoy ID would refuse a callback address, or why it would break the application, as a sentence; None if
        it is fine (facts/encvoy-id.md §4)."""
        ...

    async def application(self, client_id: str) -> Application | NotVisible | None:
        """One application in full; None only if it was proved to be gone."""
        ...

    async def applications(self, redirect_uri: str, *, besides: str | None = None) -> tuple[Application, ...]:
        """All visible applications with this redirect URI in exactly this spelling, `besides` the one with this id."""
        ...

    async def registered(self, redirect_uri: str) -> Registered:
        """Those with this redirect URI in any spelling; each application is read for that."""
        ...

    async def create_application(self, fields: ApplicationFields) -> str:
        """Sends one request, and never repeats it; returns the client_id. NoAnswer: it may exist."""
        ...

    async def write_application(self, client_id: str, fields: ApplicationFields) -> None:
        """A partial update of an application that was read just before: a write to a missing one is never answered
        (facts/encvoy-id.md §5). Empty fields: a documented no-op that shows whether the bot may write."""
        ...

    async def attach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """Ensures that the rules of these fields are attached."""
        ...

    async def detach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """Ensures that the rules of these fields are not attached."""
        ...

    async def delete_application(self, client_id: str) -> None:
        """Ensures that the application is gone."""
        ...

    async def warm(self) -> None:
        """Makes sure that a write within the next minute needs no new token and no new connection."""
        ...

    async def code(self, client_id: str, redirect_uri: str, scope: str) -> Secret:
        """An authorization code for an application, for the bot's own user, who gives consent if asked."""
        ...

    async def probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        """Sends credentials to the OIDC side by PAR, which leaves only a record that lives for 60 s."""
        ...


class Connections(Protocol):
    """Where the desired state is kept."""

    async def get(self, service: str | None = None) -> Connection | None:
        """The connection of that service, or the only one. `bot.connection.lost_key.LostKey` if its secrets cannot be
        decrypted."""
        ...

    async def save(
        self,
        connection: Connection,
        *,
        operation_id: str | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        """Commits it before it returns, secrets encrypted. `operation_id`: the operation that asked for it. A receipt
        is written to that operation's row in the same transaction, so that a crash cannot make it run twice."""
        ...

    async def delete(
        self, connection_id: str, *, operation_id: str | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        """Forgets it; harmless if unknown. `operation_id` and `receipt`: as for `save`."""
        ...


@dataclass(frozen=True)
class Context:
    """Everything the connection works with; built once, in `bot.app`."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    connections: Connections
    clock: Clock
    fingerprints: Fingerprints
    """For receipts and answers."""
