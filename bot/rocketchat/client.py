"""The port `bot.connection.ports.RocketChat`, joined from its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.clock import Clock
from bot.connection.accounts import Accounts, People
from bot.connection.in_use import InUse
from bot.connection.marker import engine_of, shows
from bot.connection.moments import LiveSeen, Written
from bot.connection.ports import Awaited, CountTold, Listed, ServerInfo, WaitTold
from bot.connection.profile import Edition, Engine, Profile
from bot.connection.reachable import Site
from bot.connection.state import LiveService, Marker, ServiceName, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.errors import StillBefore
from bot.http import HttpClient
from bot.rocketchat.callback import Callback
from bot.rocketchat.instances import OrderedWrites
from bot.rocketchat.open_routes import OpenRoutes
from bot.rocketchat.people import PeopleList
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rate_budget import RateBudget
from bot.rocketchat.responses import SYSTEM
from bot.rocketchat.rest import Rest
from bot.rocketchat.server import ServerFacts
from bot.rocketchat.services import Services
from bot.rocketchat.settle import LiveRecords, Settle
from bot.rocketchat.site import who_answers
from bot.rocketchat.strategy import StrategyReader
from bot.secret import Secret


class RocketChatClient:
    """One for the process: it keeps the budget of the routes that need no login."""

    def __init__(
        self, rest: Rest, table: LiveRecords, clock: Clock, *, quiet: Quiet, http: HttpClient, patient: HttpClient
    ) -> None:
        """`table` is what the publication has shown, `quiet` hears of changed settings; `patient` waits as long as
        Rocket.Chat does for Encvoy ID. Nothing is asked yet."""
        budget = RateBudget(clock)
        self._rest = rest
        self.facts = ServerFacts(rest, budget)
        self._http, self._url = http, rest.url.rstrip("/")
        self._people = PeopleList(rest, clock)
        self._services = Services(rest, quiet)
        self._ordered = OrderedWrites(rest, quiet)
        self._settle = Settle(OpenRoutes(http, rest, budget, clock), table, clock)
        self.strategy = StrategyReader(http, rest.url, clock)
        self._callback = Callback(patient, rest.url, clock)

    async def edition(self) -> Edition:
        """See the port."""
        return await self.facts.edition()

    async def server(self) -> ServerInfo:
        """See the port."""
        return await self.facts.server()

    async def profile(self) -> Profile:
        """See the port."""
        return await self.facts.profile()

    async def site(self, site_url: str) -> Site | Unknown:
        """See the port. At the address at which the bot itself reaches it, it was asked a moment ago."""
        if site_url == self._url:
            return Site.OURS
        return await who_answers(site_url, self._http, self.facts)

    async def accounts(self, told: CountTold) -> Accounts | Unknown:
        """See the port."""
        return await self._people.accounts(told)

    async def people(self, told: CountTold, waits: WaitTold) -> People | Unknown:
        """See the port."""
        return await self._people.people(told, waits)

    async def stored(self, name: ServiceName) -> StoredService | None:
        """See the port."""
        return await self._services.stored(name)

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        """See the port."""
        return await self._services.forced(name)

    async def listed(self) -> Listed:
        """See the port."""
        return await self._services.listed()

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        """See the port."""
        return await self._settle.live(name)

    async def other_services_live(self, name: ServiceName) -> frozenset[str] | Unknown:
        """See the port."""
        return await self._settle.others(name)

    async def await_live(self, name: ServiceName, awaited: Awaited, expected: float | None, timeout: float) -> LiveSeen:
        """See the port."""
        return await self._settle.await_live(name, awaited, expected, timeout)

    async def await_marker(self, name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        """See the port."""

        def awaited(live: LiveService | None) -> bool:
            return live is not None and shows(marker, live.settings)

        seen = await self._settle.await_live(name, awaited, expected, timeout, pushed=True)
        if engine_of(marker) is not Engine.MODERN:
            return seen
        shown = await self.strategy.shows(name, marker)
        if shown is False:
            raise StillBefore(SYSTEM, "GET /oauth/:service", why="It sends people to Encvoy ID with that.")
        # There is one record for all, but each instance builds its own strategy from its cache.
        return replace(seen, instances=self._instances, certain=shown is True)

    async def carries(self, name: ServiceName, marker: Marker) -> bool | None:
        """See the port."""
        return await self.strategy.all_show(name, marker, self._instances)

    @property
    def _instances(self) -> int:
        return max(1, len(self._rest.instances()))

    async def create_service(self, name: ServiceName) -> None:
        """See the port."""
        self._settle.wrote()
        await self._services.create_service(name)

    async def write_service(self, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        """See the port."""
        self._settle.wrote()
        await self._services.write_service(name, settings)

    async def switch_service(self, name: ServiceName, on: bool) -> None:
        """See the port."""
        self._settle.wrote()
        await self._rest.meet_instances()
        stored = await self._services.stored(name) if on and self._instances > 1 else None
        await self._ordered.switch(name, on, stored)

    async def write_secret(self, name: ServiceName, secret: Secret, marker: Marker, quiet: float) -> Written:
        """See the port."""
        self._settle.wrote()
        await self._rest.meet_instances()
        return await self._ordered.write_secret(name, secret, marker, quiet)

    async def repeat_secret(self, name: ServiceName, secret: Secret) -> None:
        """See the port."""
        await self._ordered.repeat_secret(name, secret)

    async def bring_bogus_code(self, name: ServiceName, token_url: str) -> InUse:
        """See the port."""
        return await self._callback.bring_bogus_code(name, token_url)

    async def bring_code(self, name: ServiceName, code: Secret) -> InUse:
        """See the port."""
        return await self._callback.bring_code(name, code)

    async def remove_service(self, name: ServiceName) -> None:
        """See the port."""
        self._settle.wrote()
        await self._services.remove_service(name)
