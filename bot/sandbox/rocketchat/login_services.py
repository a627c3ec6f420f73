"""From stored settings to live login services: the trailing debounce, the table, and who is told
(facts/rocketchat.md §2.5, §2.6, §3.1, §5.5).

Any write to `Accounts_OAuth_…` starts the wait anew; after it the table is rewritten from what the settings hold then.
A switch that is `true` puts its service in, `false` takes it out, and *a switch that is gone or is no boolean is
skipped*: a service removed while it was on stays live as a zombie.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.sandbox.ledger import Ledger
from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.ids import random_id
from bot.sandbox.rocketchat.oauth_settings import PREFIX, live_fields
from bot.sandbox.rocketchat.settings import Settings

_ANY = re.compile(r"^Accounts_OAuth_.+")
_SWITCH = re.compile(r"^(Accounts_OAuth_|Accounts_OAuth_Custom-)[a-z0-9_]+$", re.IGNORECASE)
_NOT_A_SERVICE = frozenset({"Accounts_OAuth_Use_Modern_Flow"})

Listener = Callable[[str, str, dict[str, Any]], None]
"""(kind, id, fields): kind `added`, `changed` (only what changed, None for a field that is gone) or `removed`. Never
the secret."""
Rebuilt = Callable[[Mapping[str, Document]], None]
"""What a run found switched on: service -> fields, the secret included."""


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
        """The fields that leave the server."""
        return {name: value for name, value in self.fields.items() if name != "secret"}


class LoginServices:
    """The live table. `settle` is the debounce in seconds; up to a tenth of it comes on top, as `chance` decides."""

    def __init__(
        self, settings: Settings, clock: Clock, ledger: Ledger, *, settle: float, chance: random.Random
    ) -> None:
        self.settle = settle
        self.chance = chance
        self._settings = settings
        self._clock = clock
        self._ledger = ledger
        self._services: dict[str, LoginService] = {}
        self._listeners: list[Listener] = []
        self._rebuilders: list[Rebuilt] = []
        self._waiting: asyncio.Task[None] | None = None
        self._due = False
        settings.listen(self._on_setting)

    def listen(self, callback: Listener) -> None:
        """`callback` is called at each change of the table, at once."""
        self._listeners.append(callback)

    def on_rebuilt(self, callback: Rebuilt) -> None:
        """`callback` is called after each run, which rebuilds what the process itself holds of the services
        (facts/rocketchat.md §5.5)."""
        self._rebuilders.append(callback)

    def all(self) -> list[LoginService]:
        """The live services, in the order in which they came."""
        return list(self._services.values())

    def get(self, service: str) -> LoginService | None:
        """By lower-case name."""
        return self._services.get(service)

    def public(self) -> dict[str, Document]:
        """Document id -> fields without the secret."""
        return {service.id: service.public for service in self.all()}

    def rewrite(self) -> None:
        """Makes the table what the settings say now, without waiting."""
        self._due = False
        for name, fields in self._switches().items():
            if fields is None:
                self._drop(name)
            else:
                self._put(name, fields)
        self._tell_rebuilt()

    def refresh(self) -> None:
        """Deletes every record and lets the debounce bring back what is on: all buttons blink
        (facts/rocketchat.md §2.6)."""
        for service in list(self._services):
            self._drop(service)
        self.schedule()

    def schedule(self) -> None:
        """Starts the wait anew. Before there is an event loop it is only noted, for `resume`."""
        self._due = True
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._waiting = loop.create_task(self._later(self.settle + self.chance.uniform(0.0, self.settle / 10)))

    def resume(self) -> None:
        """The server starts: what is due is done at once, as at the real one's start."""
        self.suspend()
        if self._due:
            self.rewrite()
        else:
            self._tell_rebuilt()

    def suspend(self) -> None:
        """The server stops: a wait under way is lost, and made good by `resume`."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def _later(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._waiting = None
        self.rewrite()

    def _on_setting(self, setting_id: str) -> None:
        if _ANY.match(setting_id):
            self.schedule()

    def _switches(self) -> dict[str, Document | None]:
        """Every service whose switch is there and a boolean: its fields as the settings hold them, None where it is
        off."""
        found: dict[str, Document | None] = {}
        for setting in self._settings:
            value = self._settings.effective(setting)
            if not _SWITCH.match(setting.id) or setting.id in _NOT_A_SERVICE or not isinstance(value, bool):
                continue
            name = setting.id.removeprefix(PREFIX).removeprefix("Accounts_OAuth_")
            found[name.lower()] = self._fields(setting.id, name) if value else None
        return found

    def _tell_rebuilt(self) -> None:
        on = {name: fields for name, fields in self._switches().items() if fields is not None}
        for rebuilt in self._rebuilders:
            rebuilt(on)

    def _fields(self, setting_id: str, name: str) -> Document:
        if setting_id.startswith(PREFIX):
            return {"service": name.lower(), "custom": True, **live_fields(self._settings, name)}
        client_id, secret = (self._settings.get(f"{setting_id}_{suffix}", "") for suffix in ("id", "secret"))
        return {"service": name.lower(), "custom": False, "clientId": client_id, "secret": secret}

    def _put(self, service: str, fields: Document) -> None:
        before = self._services.get(service)
        record = LoginService(before.id if before else random_id(), service, fields)
        self._services[service] = record
        body = {"service": service, "client_id": fields["clientId"], "secret": fields["secret"], "fields": fields}
        self._ledger.add("live", body=body)
        if before is None:
            self._tell("added", record.id, record.public)
            return
        changed = {name: value for name, value in record.public.items() if before.public.get(name) != value}
        if changed:
            self._tell("changed", record.id, changed)

    def _drop(self, service: str) -> None:
        record = self._services.pop(service, None)
        if record is not None:
            self._ledger.add("gone", body={"service": service})
            self._tell("removed", record.id, {})

    def _tell(self, kind: str, service_id: str, fields: Document) -> None:
        for listener in self._listeners:
            listener(kind, service_id, fields)
