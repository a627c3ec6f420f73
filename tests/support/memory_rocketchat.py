"""The connection's port to Rocket.Chat in memory, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.connection.accounts import Account, Accounts, People, Registration
from bot.connection.in_use import InUse, Use
from bot.connection.moments import LiveSeen, Written
from bot.connection.ports import Awaited, CountTold, Listed, ServerInfo, WaitTold
from bot.connection.profile import Edition, Profile, profile
from bot.connection.reachable import Site
from bot.connection.state import LiveService, Marker, ServiceName, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.connection.user_names import USUAL
from bot.errors import NotLive
from bot.secret import Secret
from sandbox.rocketchat.instance import Timing
from tests.support.scripted import Scripted

KEY, RUN = Timing().key, Timing().run
LAST_LOOK = 0.02
"""Seconds before a change goes live in which it was seen not to be live."""
ACCOUNTS = Accounts(total=3, read=3, with_address=2, administrators=("anna",))
PEOPLE = People(
    (
        Account("anna", active=True, addresses=("anna@people.example",), is_administrator=True),
        Account("marc", active=True, addresses=("marc@people.example",), is_administrator=False),
        Account("rocket.cat", active=True, addresses=None, is_administrator=False),
    ),
    total=3,
)
"""The same, one by one."""
OPEN = Registration(by_services=True, approval=False, domains="")


def _anything(secret: Secret) -> bool:
    return True


@dataclass
class MemoryRocketChat:
    """Rocket.Chat of one instance (facts/rocketchat.md §2.5, §5.5): each key that changes settles by itself, then the
    run waits anew; a value that is there already starts nothing, and the run takes what is stored as it fires."""

    world: Scripted
    version: tuple[int, int] = (8, 8)
    site_url: str = "https://chat.example.org"
    modern_flow: bool = False
    modules: frozenset[str] = frozenset()
    settings: dict[str, dict[str, SettingValue]] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    live_records: dict[str, tuple[LiveService, Secret]] = field(default_factory=dict)
    settling: dict[str, float] = field(default_factory=dict)
    """Keys that changed, and when each of them is settled."""
    due: float | None = None
    """When the run comes, as far as it is known."""
    publication: bool = False
    """Whether it tells of a service that was enabled after the subscription."""
    asked_too_often: bool = False
    """Whether reading the live services is refused."""
    accepts: Callable[[Secret], bool] = _anything
    """Whether Encvoy ID takes a secret that Rocket.Chat shows it."""
    uses: list[InUse] = field(default_factory=list)
    """Its first answers, in order, to an invalid code."""
    carried: list[bool | None] = field(default_factory=list)
    """What its modern engine shows first, one by one; the marker afterwards."""
    quiets: list[float] = field(default_factory=list)
    people_counted: Accounts | Unknown = ACCOUNTS
    people_listed: People | Unknown = PEOPLE
    limited: tuple[int, int, float] | None = None
    """What is told of a rate limit while people are read."""
    registration: Registration = OPEN
    form: bool | None = True
    """Whether the login page has the form for passwords."""
    others: frozenset[str] | Unknown = frozenset()
    """Live login services besides ours."""
    user_names: str | None = USUAL
    at_site_url: Site | Unknown = Site.OURS
    environment: dict[str, SettingValue] = field(default_factory=dict)
    """What is forced from outside, by suffix."""
    without_value: set[str] = field(default_factory=set)
    """Suffixes of the settings that hold nothing, of whatever service."""

    def tick(self) -> None:
        """Runs everything that is due, each at its time."""
        while (moment := self._next()) is not None and moment <= self.world.clock.seconds:
            if moment == self.due:
                self.due = None
                self._run(moment)
            else:
                self.settling = {key: at for key, at in self.settling.items() if at > moment}
                self.due = moment + RUN

    def _next(self) -> float | None:
        return min((*self.settling.values(), *(() if self.due is None else (self.due,))), default=None)

    def _run(self, at: float) -> None:
        """Rewrites the live services. What is no longer there stays."""
        for key, on in self.switches.items():
            if on:
                service = LiveService(key.lower(), dict(self.settings[key]))
                self.live_records[key] = (service, self.secrets[key])
                self.world.log.append((at, f"live {self.secrets[key].reveal()}"))
            else:
                self.live_records.pop(key, None)

    def touched(self, key: str = "any") -> None:
        """A key changed."""
        self.settling[key] = self.world.clock.seconds + KEY

    async def edition(self) -> Edition:
        self.world.before("edition")
        return Edition(self.version, self.modules)

    async def server(self) -> ServerInfo:
        self.world.before("server")
        return ServerInfo(profile=self._profile(), site_url=self.site_url)

    async def site(self, site_url: str) -> Site | Unknown:
        self.world.before("site")
        return self.at_site_url

    async def accounts(self, told: CountTold) -> Accounts | Unknown:
        self.world.before("accounts")
        return self.people_counted

    async def people(self, told: CountTold, waits: WaitTold) -> People | Unknown:
        self.world.before("people")
        told(1, 3)
        if self.limited is not None:
            waits(*self.limited)
        return self.people_listed

    async def profile(self) -> Profile:
        self.world.before("profile")
        return self._profile()

    def _profile(self) -> Profile:
        return profile(self.version, self.modules, modern_flow=self.modern_flow)

    async def stored(self, name: ServiceName) -> StoredService | None:
        self.world.before("stored")
        self.tick()
        return self.service(name.key)

    def service(self, key: str) -> StoredService | None:
        if key not in self.settings:
            return None
        settings, empty = dict(self.settings[key]), frozenset(self.without_value)
        return StoredService(key, self.switches[key], settings, self.secrets[key], empty)

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        self.world.before("forced")
        return dict(self.environment)

    async def listed(self) -> Listed:
        self.world.before("listed")
        self.tick()
        services = tuple(s for key in self.settings if (s := self.service(key)) is not None)
        return Listed(
            services, self.registration, self.site_url, self.modern_flow, form=self.form, user_names=self.user_names
        )

    async def live(self, name: ServiceName) -> LiveService | Unknown | None:
        self.world.before("live")
        self.tick()
        if self.asked_too_often:
            return Unknown("it may not be asked so often")
        record = self.live_records.get(name.key)
        return record[0] if record else None

    async def other_services_live(self, name: ServiceName) -> frozenset[str] | Unknown:
        self.world.before("other_services_live")
        return self.others

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
            moment = self._next()
            if moment is None or moment > end:
                self.world.clock.seconds = end
                raise NotLive("Rocket.Chat", "live")
            since = moment - LAST_LOOK
            self.world.clock.seconds = moment

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
            self.touched(name.key)
        self.world.after("create_service")

    async def write_service(self, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        await self._write("write_service", name, settings)

    async def _write(self, call: str, name: ServiceName, settings: Mapping[str, SettingValue | Secret]) -> None:
        self.world.before(call)
        self._put(name.key, settings)
        self.world.after(call)

    def _put(self, key: str, settings: Mapping[str, SettingValue | Secret]) -> None:
        """Stores them; an unchanged value starts nothing."""
        self.tick()
        for suffix, value in settings.items():
            if self._holds(key, suffix, value):
                continue
            self.without_value.discard(suffix)
            if isinstance(value, Secret):
                self.secrets[key] = value
            elif suffix == "":
                self.switches[key] = value is True
            else:
                self.settings[key][suffix] = value
            self.touched(f"{key}-{suffix}")

    def _holds(self, key: str, suffix: str, value: SettingValue | Secret) -> bool:
        if suffix in self.without_value:
            return False
        if isinstance(value, Secret):
            return self.secrets[key] == value
        return (self.switches[key] if suffix == "" else self.settings[key].get(suffix)) == value

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
        self._put(name.key, {"secret": secret})

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
        """Encvoy ID's answer to the live secret."""
        record = self.live_records.get(name.key)
        if record is None:
            return InUse(Use.SILENT, "there is no such service")
        return InUse(Use.PROVED) if self.accepts(record[1]) else InUse(Use.OTHER, "it says: Unauthorized")

    async def remove_service(self, name: ServiceName) -> None:
        self.world.before("remove_service")
        for table in (self.settings, self.secrets, self.switches):
            table.pop(name.key, None)
        self.touched(name.key)
        self.world.after("remove_service")
