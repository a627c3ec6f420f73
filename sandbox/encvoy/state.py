"""Everything that the stand-in remembers, in one place that a test may change while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.encvoy.clients import Clients, Record
from sandbox.encvoy.grants import GrantStore
from sandbox.encvoy.people import PROFILE_FIELDS, PUBLISHED_BY_DEFAULT, People, Person
from sandbox.ledger import Ledger

DISCOVERY = "/.well-known/openid-configuration"
PUBLIC_SETTINGS = (
    "data_processing_agreement",
    "prohibit_identifier_binding",
    "authorize_only_admins",
    "registration_policy",
    "default_public_profile_claims_gravatar",
    "default_public_profile_claims_oauth",
    "allowed_login_fields",
)


@dataclass
class Settings:
    """Settings of the installation (facts/encvoy-id.md §10)."""

    default_language: str = "en-US"
    data_processing_agreement: bool = False
    prohibit_identifier_binding: bool = False
    authorize_only_admins: bool = False
    registration_policy: str = "disabled"
    default_public_profile_claims_gravatar: bool = False
    default_public_profile_claims_oauth: str = PUBLISHED_BY_DEFAULT
    allowed_login_fields: str = "login phone_number"
    two_factor_authentication: bool = False
    controlled_methods: tuple[str, ...] = ("login",)
    """For which actions the second factor is wanted, if it is switched on."""
    ignore_required_fields_for_clients: bool = False
    sentry: dict[str, Any] = field(default_factory=dict)
    catalog: bool = False

    def public(self) -> dict[str, Any]:
        """What everybody may read."""
        shown = {name: getattr(self, name) for name in PUBLIC_SETTINGS}
        return {"i18n": {"default_language": self.default_language}} | shown

    def privileged(self) -> dict[str, Any]:
        """What OWNER and EDITOR read."""
        return self.public() | {
            "two_factor_authentication": {
                "enabled": self.two_factor_authentication,
                "controlled_methods": list(self.controlled_methods),
            },
            "ignore_required_fields_for_clients": self.ignore_required_fields_for_clients,
            "sentry": self.sentry,
            "catalog": self.catalog,
        }


@dataclass
class Rule:
    """A profile field that can be asked for: of everybody (`required` and `active`) or by an application."""

    id: int
    field_name: str
    required: bool = False
    active: bool = True

    def answered(self) -> dict[str, Any]:
        """As in `GET /api/v1/settings/rules`."""
        unique = self.field_name in ("login", "email", "phone_number")
        return asdict(self) | {"title": self.field_name, "editable": True, "unique": unique}


@dataclass
class Switches:
    """How this installation was set up, and what is broken in it."""

    node_env: str = "production"
    """`development` lets `Basic login:password` into the management API."""
    hang_seconds: float = 60.0
    """How long the proxy waits for the backend before it answers 504."""
    race: bool = False
    """The acting user of a create is shared by concurrent requests (facts/encvoy-id.md §5)."""
    race_window: float = 0.02
    """Seconds between the guard and the insert in which another request may replace the acting user."""
    oidc_prefix: str = "/oidc"
    """Where the provider is mounted; `/api/oidc` for an installation that is as the vendor's pages say."""
    discovery_at: tuple[str, ...] = (DISCOVERY, "/oidc" + DISCOVERY)
    """Every path that answers with the discovery document."""
    introspection_status: int = 200
    """What the backend's own call to the introspection gets; other than 200 turns every token into a 500."""
    password_login: bool = True
    """Whether the provider Login/Password is attached."""
    login_route: str = ""
    """The page that a right password leads to instead of a redirect: `identifiers`, `bind` …; empty for none."""


@dataclass
class State:
    """What the parts of the stand-in share."""

    people: People
    clients: Clients
    vault: GrantStore
    ledger: Ledger
    now: Callable[[], float]
    """Seconds since the epoch."""
    settings: Settings
    switches: Switches
    rules: dict[int, Rule] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    consents: set[tuple[str, int]] = field(default_factory=set)
    """(client_id, user id) of every access that somebody allowed."""
    domain: str = ""
    """DOMAIN: the public base URL, which is also the issuer."""

    @property
    def main_id(self) -> str:
        """Id of the main client."""
        return self.clients.main_id

    def iso(self) -> str:
        """Now, as JavaScript writes it."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def rule(self, field_name: str) -> Rule:
        """The rule for a profile field; KeyError if there is none."""
        return {rule.field_name: rule for rule in self.rules.values()}[field_name]

    def seed_rules(self, first_id: int) -> None:
        """One rule for each profile field. Ids differ by installation."""
        for number, name in enumerate(PROFILE_FIELDS, first_id):
            self.rules[number] = Rule(number, name)

    def attached(self, client_id: str) -> list[Rule]:
        """The rules attached to a client."""
        return [self.rules[number] for number in self.clients.rules.get(client_id, []) if number in self.rules]

    def update_client(self, row: Record, columns: Record) -> None:
        """Changes a row at once; a new secret is accepted from now on, and the ledger records when."""
        changed = "client_secret" in columns and columns["client_secret"] != row["client_secret"]
        row.update(columns)
        if changed:
            self.ledger.add("switched", body={"client_id": row["client_id"], "secret": row["client_secret"]})

    def log(self, event: str, person: Person, client_id: str, request: web.Request) -> None:
        """Writes one line of the installation's own log (facts/encvoy-id.md §10)."""
        self.logs.append(
            {
                "id": str(len(self.logs) + 1),
                "date": self.iso(),
                "ip_address": request.remote,
                "user_id": str(person.id),
                "client_id": client_id,
                "device": request.headers.get("User-Agent", ""),
                "event": event,
                "description": None,
                "details": json.dumps({"login": person.login}),
            }
        )
