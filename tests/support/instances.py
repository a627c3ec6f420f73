"""A settings store with instances behind it, on a clock that only the test moves."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sandbox.ledger import Ledger
from sandbox.rocketchat.instance import Instance, Timing
from sandbox.rocketchat.instances import Deployment, Instances, Sticky
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.oauth_settings import key, service_settings
from sandbox.rocketchat.settings import Settings
from tests.support.clocks import SteppedClock

KEY = key("Encvoyid")
PLAIN = Timing(2.5, jitter=(0.0, 0.0), unawaited=(0.0, 0.0))


@dataclass
class Rig:
    """Instances with a service, its switch off, and what the table told."""

    count: int = 1
    modules: set[str] = field(default_factory=set)
    timing: Timing = PLAIN
    sticky: Sticky = Sticky.NOTHING
    broadcasts: bool = True
    remembers_removals: bool = True
    gated: bool = False
    seed: int = 1
    clock: SteppedClock = field(default_factory=SteppedClock)
    ledger: Ledger = field(default_factory=Ledger)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def licensed(modules: Collection[str]) -> bool:
            return self.modules.issuperset(modules)

        self.ledger.now = self.clock.monotonic
        self.settings = Settings(self.ledger, licensed)
        self.table = LoginServices(self.ledger)
        deployment = Deployment(self.timing, self.count, self.sticky, self.broadcasts, self.remembers_removals)
        chance = random.Random(self.seed)
        self.instances = Instances(self.settings, self.table, self.clock, deployment, chance)
        for setting in service_settings("Encvoyid", gated=self.gated):
            self.settings.insert(setting)
        for instance in self.instances.each:
            instance.load()
        self.table.listen(lambda kind, id_, fields, by: self.heard.append((kind, fields)))

    @property
    def one(self) -> Instance:
        """The first instance."""
        return self.instances.each[0]

    @property
    def two(self) -> Instance:
        """The second."""
        return self.instances.each[1]

    def stored(self, suffix: str = "") -> Any:
        """What is stored of the service."""
        setting = self.settings.find(KEY + suffix)
        return None if setting is None else setting.value

    def names(self) -> list[str]:
        """What is live."""
        return [service.service for service in self.table.all()]

    def live(self, name: str = "encvoyid") -> dict[str, Any]:
        """The fields of a live service."""
        service = self.table.get(name)
        assert service is not None
        return service.fields

    async def settled(self) -> None:
        """Waits until everything written is live."""
        await self.clock.advance(3.0)

    async def switched_on(self) -> Rig:
        """Switches the service on, waits until it is live, and clears the recorded events."""
        self.one.save(KEY, True)
        await self.settled()
        self.heard.clear()
        return self
