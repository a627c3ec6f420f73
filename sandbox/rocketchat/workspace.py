"""What a workspace consists of: the parts that routes, methods and pages use."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

from bot.clock import Clock
from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.ddp.sockets import Sockets
from sandbox.rocketchat.instances import Deployment, Instances
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.people import People
from sandbox.rocketchat.second_factor import SecondFactor
from sandbox.rocketchat.settings import Settings
from sandbox.rocketchat.version import Version


@dataclass(frozen=True)
class Workspace:
    """The state of one workspace, without anything that serves it. The parts change at run time, the set of parts
    doesn't."""

    version: Version
    modules: set[str]
    """Licence modules; may be changed while it runs."""
    clock: Clock
    ledger: Ledger
    people: People
    settings: Settings
    login_services: LoginServices
    instances: Instances
    second_factor: SecondFactor
    chat: Chat
    sockets: Sockets

    @property
    def modern_login(self) -> bool:
        """Whether people sign in by the modern login engine: always in 9.x, by a setting in 8.7–8.9, never before
        (facts/rocketchat.md §0.3)."""
        if self.version.major >= 9:
            return True
        return self.version >= (8, 7) and self.settings.get("Accounts_OAuth_Use_Modern_Flow", False) is True

    @classmethod
    def empty(
        cls,
        version: Version,
        modules: Collection[str],
        clock: Clock,
        deployment: Deployment,
        chance: random.Random,
    ) -> Workspace:
        """A workspace without people and settings. `chance` decides jitter, and the order of what happens at once."""
        ledger, licensed = Ledger(), set(modules)
        people = People(clock.now)
        settings = Settings(ledger, licensed.issuperset)
        services = LoginServices(ledger)
        return cls(
            version=version,
            modules=licensed,
            clock=clock,
            ledger=ledger,
            people=people,
            settings=settings,
            login_services=services,
            instances=Instances(settings, services, clock, deployment, chance),
            second_factor=SecondFactor(settings, clock.now, ledger),
            chat=Chat(people, settings, clock, ledger),
            sockets=Sockets(clock.monotonic),
        )
