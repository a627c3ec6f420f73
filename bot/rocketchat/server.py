"""What Rocket.Chat reports about itself, and what the bot's account may do (facts/rocketchat.md §1.6, §2.7, §3.1)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from bot.chatops.ports import SLASH_SETTING
from bot.connection.asking import or_unknown
from bot.connection.ports import ServerInfo
from bot.connection.profile import MODERN_FLOW, Edition, Profile, Version, has_choice, profile
from bot.connection.state import SettingValue
from bot.errors import Busy, Forbidden, Rejected, RemoteError, Unauthenticated
from bot.rocketchat.names import SITE_URL, site_url, value_from
from bot.rocketchat.rate_budget import RateBudget
from bot.rocketchat.responses import not_its_own
from bot.rocketchat.rest import Rest
from bot.rocketchat.services import read_setting, write_setting

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:[.\-+].*)?\Z")
ZONE_KIND, ZONE_NAME = "Default_Timezone_For_Reporting", "Default_Custom_Timezone"
KNOWN = 300.0
"""Seconds for which a known version is used if a rate limit forbids the request; an upgrade takes longer."""


@dataclass(frozen=True)
class Me:
    """The bot's own account."""

    id: str
    username: str
    roles: frozenset[str]


@dataclass
class ServerFacts:
    """Version, address, licence, single settings. Errors: `bot.errors.RemoteError`."""

    rest: Rest
    budget: RateBudget
    _version: Version | None = field(default=None, init=False)
    _asked_at: float = field(default=0.0, init=False)

    async def server(self) -> ServerInfo:
        """Profile and address, read as single settings."""
        return ServerInfo(*await asyncio.gather(self.profile(), self._site_url()))

    async def edition(self) -> Edition:
        """Version and licence, read each time: an upgrade may have changed them."""
        return Edition(*await asyncio.gather(self.version(), or_unknown(self.modules())))

    async def profile(self) -> Profile:
        """Version, engine and licence, read each time: an upgrade or a setting may have changed them."""
        edition = await self.edition()
        modern_flow = has_choice(edition.version) and await self._modern_flow()
        return profile(edition.version, edition.modules, modern_flow=modern_flow)

    async def _modern_flow(self) -> bool:
        """Whether the modern engine is chosen. The setting is public; a missing one counts as no."""
        try:
            return await self.setting(MODERN_FLOW) is True
        except Rejected:
            return False
        except (Forbidden, Unauthenticated):
            return (await self.public_settings(MODERN_FLOW)).get(MODERN_FLOW) is True

    async def version(self) -> Version:
        """(8, 8), by `GET /api/info`; the last answer if a rate limit forbids the request (§1.6)."""
        if not self.budget.take("info"):
            return self._version_known(self.budget.busy("info"))
        try:
            answer = await self.rest.call(lambda api: api.info(), patient=False)
        except Busy as busy:
            self.budget.close("info", busy.retry_after)
            return self._version_known(busy)
        self._version = version_from(answer)
        self._asked_at = self.budget.now()
        return self._version

    def _version_known(self, busy: Busy) -> Version:
        """The last answer; raises `busy` if it is too old."""
        if self._version is None or self.budget.now() - self._asked_at > KNOWN:
            raise busy
        return self._version

    async def modules(self) -> frozenset[str]:
        """Active modules of the licence (§2.8)."""
        answer = await self.rest.call(lambda api: api.licenses_info())
        licence = answer.get("license")
        modules = licence.get("activeModules") if isinstance(licence, Mapping) else None
        if not isinstance(modules, list):
            raise not_its_own("GET /api/v1/licenses.info")
        return frozenset(str(module) for module in modules)

    async def setting(self, setting: str) -> SettingValue:
        """The stored value of any setting, numbers as text; needs `view-privileged-setting`."""
        return value_from(await read_setting(self.rest, setting))

    async def _site_url(self) -> str:
        """The setting is public: it can be read without permissions and with a wrong token."""
        try:
            return site_url(await self.setting(SITE_URL))
        except (Forbidden, Unauthenticated):
            return site_url((await self.public_settings(SITE_URL)).get(SITE_URL))

    async def public_settings(self, *settings: str) -> Mapping[str, SettingValue]:
        """Public settings, which need no permission from 7.0 on (§3.1); others are left out. Busy if the budget is
        used up."""
        if not self.budget.take("settings.public"):
            raise self.budget.busy("settings.public")
        answer = await self.rest.get_open("settings.public", _id=",".join(settings))
        documents = answer.get("settings")
        if not isinstance(documents, list):
            raise not_its_own("GET /api/v1/settings.public")
        wanted = {str(d.get("_id")): value_from(d.get("value")) for d in documents if isinstance(d, Mapping)}
        return {name: value for name, value in wanted.items() if name in settings}

    async def time_zone(self) -> str | None:
        """The time zone of the workspace, an IANA name (facts/rocketchat.md §17). None: it names none, names one that
        is not known here, or cannot be asked."""
        try:
            if await self.setting(ZONE_KIND) != "custom":
                return None
            zone = await self.setting(ZONE_NAME)
        except RemoteError:
            return None
        return zone if isinstance(zone, str) and zone in available_timezones() else None

    async def allowed(self) -> bool:
        """Whether the web client sends unknown slash commands (§4.1)."""
        return await self.setting(SLASH_SETTING) is True

    async def allow(self, on: bool) -> None:
        """Changes this for every user of the server."""
        await write_setting(self.rest, SLASH_SETTING, on)

    async def me(self) -> Me:
        """The account that the token belongs to."""
        answer = await self.rest.call(lambda api: api.me())
        roles = answer.get("roles")
        if not isinstance(answer.get("_id"), str) or not isinstance(roles, list):
            raise not_its_own("GET /api/v1/me")
        return Me(answer["_id"], str(answer.get("username", "")), frozenset(map(str, roles)))

    async def permissions(self) -> frozenset[str]:
        """The permissions that the bot's roles have (§2.7)."""
        me, answer = await asyncio.gather(self.me(), self.rest.call(lambda api: api.permissions_list_all()))
        documents = answer.get("update")
        if not isinstance(documents, list):
            raise not_its_own("GET /api/v1/permissions.listAll")
        return frozenset(str(d["_id"]) for d in documents if _held(d, me.roles))


def version_from(answer: Mapping[str, Any]) -> Version:
    """Major and minor in an answer of `/api/info`: `version`, or `info.version` for accounts that see more (§3.1)."""
    info = answer.get("info")
    for text in (answer.get("version"), info.get("version") if isinstance(info, Mapping) else None):
        match = _VERSION.match(text) if isinstance(text, str) else None
        if match:
            return int(match[1]), int(match[2])
    raise not_its_own("GET /api/info")


def _held(permission: object, roles: frozenset[str]) -> bool:
    if not isinstance(permission, Mapping) or "_id" not in permission:
        return False
    granted = permission.get("roles")
    return isinstance(granted, list) and not roles.isdisjoint(map(str, granted))
