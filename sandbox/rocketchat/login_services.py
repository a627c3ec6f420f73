"""The live login services: the one table for all instances, and what a run of an instance makes of its settings
(facts/rocketchat.md §2.5, §2.6, §3.1).

A switch that is `true` puts its service in, `false` takes it out, and *a switch that is gone or is no boolean is
skipped*: a service removed while it was on stays live as a zombie. When a run comes is `instances`' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.ledger import Ledger
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.oauth_settings import PREFIX, InstanceSettings, live_fields

_SWITCH = re.compile(r"^(Accounts_OAuth_|Accounts_OAuth_Custom-)[a-z0-9_]+$", re.IGNORECASE)
_NOT_A_SERVICE = frozenset({"Accounts_OAuth_Use_Modern_Flow"})

Listener = Callable[[str, str, dict[str, Any], str], None]
"""(kind, id, fields, by): kind `added` for a new record, `changed` for a rewritten one, `removed`, or `emptied` for one
that a refresh removed silently. All public fields, never the secret. `by` is the id of the instance that wrote, empty
for all of them at once."""


@dataclass
class LoginService:
    """One live record of `meteor_accounts_loginServiceConfiguration`."""

    id: str
    service: str
    """Lower-case name: of the URL, of `services.<x>` in people."""
    fields: Document = field(default_factory=dict)
    """Everything but `_id`, the secret included."""

    @property
    def public(self) -> Document:
        """The fields that leave the server: without the secret, and without empty ones."""
        return {name: value for name, value in self.fields.items() if name != "secret" and value is not None}


Build = tuple[str, Document | None]
"""A service's lower-case name, and its fields; None: it is off."""


def built(values: InstanceSettings) -> Iterator[Build]:
    """The services that a run builds from an instance's current settings."""
    for setting_id in values:
        value = values.get(setting_id)
        if not _SWITCH.match(setting_id) or setting_id in _NOT_A_SERVICE or not isinstance(value, bool):
            continue
        name = setting_id.removeprefix(PREFIX).removeprefix("Accounts_OAuth_")
        yield name.lower(), _fields(values, setting_id, name) if value else None


class LoginServices:
    """The live table."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._services: dict[str, LoginService] = {}
        self._listeners: list[Listener] = []
        self._rewriters: list[Callable[[], None]] = []

    def listen(self, callback: Listener) -> None:
        """`callback` is called at each change of the table, at once."""
        self._listeners.append(callback)

    def all(self) -> list[LoginService]:
        """The live services, in the order in which they came."""
        return list(self._services.values())

    def get(self, service: str) -> LoginService | None:
        """By lower-case name."""
        return self._services.get(service)

    def rewrite(self) -> None:
        """Without waiting: every instance reads what is stored and runs at once."""
        for rewriter in self._rewriters:
            rewriter()

    def on_rewrite(self, rewriter: Callable[[], None]) -> None:
        """`rewriter` does what `rewrite` promises."""
        self._rewriters.append(rewriter)

    def write(self, builds: Iterable[Build], by: str = "") -> None:
        """Carries out a run of the instance `by`."""
        for service, fields in builds:
            if fields is None:
                self.drop(service, by)
            else:
                self._put(service, fields, by)

    def drop(self, service: str, by: str = "") -> None:
        """Removes one record and tells of it; harmless if it is gone."""
        if service in self._services:
            self._gone("removed", self._services.pop(service), by)

    def empty(self, by: str = "") -> None:
        """Removes every record, as a refresh does: no client gets an event (facts/rocketchat.md §2.6)."""
        gone, self._services = self.all(), {}
        for record in gone:
            self._gone("emptied", record, by)

    def _gone(self, kind: str, record: LoginService, by: str) -> None:
        self._ledger.add("gone", body={"service": record.service, "instance": by})
        self._tell(kind, record, by)

    def _put(self, service: str, fields: Document, by: str) -> None:
        """A record keeps its id, and every field that the instance has no value for (MongoDB's `$set`)."""
        before = self._services.get(service)
        kept = before.fields if before else {}
        whole = {name: kept.get(name) if value is None else value for name, value in fields.items()}
        record = LoginService(before.id if before else random_id(), service, {**kept, **whole})
        self._services[service] = record
        body = {"service": service, "client_id": record.fields.get("clientId"), "secret": record.fields.get("secret")}
        self._ledger.add("live", body={**body, "fields": record.fields, "instance": by})
        self._tell("changed" if before else "added", record, by)

    def _tell(self, kind: str, record: LoginService, by: str) -> None:
        fields = record.public if kind in {"added", "changed"} else {}
        for listener in self._listeners:
            listener(kind, record.id, fields, by)


def _fields(values: InstanceSettings, setting_id: str, name: str) -> Document:
    if setting_id.startswith(PREFIX):
        return {"service": name.lower(), "custom": True, **live_fields(values, name)}
    client_id, secret = (values.get(f"{setting_id}_{suffix}", "") for suffix in ("id", "secret"))
    return {"service": name.lower(), "custom": False, "clientId": client_id, "secret": secret}
