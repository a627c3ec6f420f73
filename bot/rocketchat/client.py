"""The port `bot.connection.ports.RocketChat`, joined from its rooms."""

from __future__ import annotations

from collections.abc import Mapping

from bot.clock import Clock
from bot.connection.accounts import Accounts
from bot.connection.ports import Awaited, LiveSeen, Server, Told
from bot.connection.state import LiveService, ServiceName, SettingValue, StoredService, Unknown
from bot.rocketchat.budget import Budget
from bot.rocketchat.people import PeopleList
from bot.rocketchat.rest import Rest
from bot.rocketchat.server import ServerFacts
from bot.rocketchat.services import Services
from bot.rocketchat.settle import ROUTE, LiveTable, Settle
from bot.secret import Secret


class RocketChatClient:
    """One for the process: it keeps the budget of the routes that need no login."""

    def __init__(self, rest: Rest, table: LiveTable, clock: Clock) -> None:
        """`table` is what the publication has shown; nothing is asked yet."""
        budget = Budget(clock)
        self.facts = ServerFacts(rest, budget)
        self._people = PeopleList(rest, clock)
        self._services = Services(rest)
        self._settle = Settle(lambda: rest.get_open(ROUTE), table, budget, clock)

    async def server(self) -> Server:
        """See the port."""
        return await self.facts.server()

    async def accounts(self, told: Told) -> Accounts | Unknown:
        """See the port."""
        return await self._people.accounts(told)

    async def stored(self, name: ServiceName) -> StoredService | None:
        """See the port."""
        return await self._services.stored(name)

    async def services(self) -> tuple[StoredService, ...]:
        """See the port."""
        return await self._services.services()

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        """See the port."""
        return await self._settle.live(name)

    async def await_live(self, name: ServiceName, awaited: Awaited, timeout: float) -> LiveSeen:
        """See the port."""
        return await self._settle.await_live(name, awaited, timeout)

    async def create_service(self, name: ServiceName) -> None:
        """See the port."""
        await self._services.create_service(name)

    async def write_service(self, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        """See the port."""
        await self._services.write_service(name, settings)

    async def remove_service(self, name: ServiceName) -> None:
        """See the port."""
        await self._services.remove_service(name)
