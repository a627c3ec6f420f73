"""The Custom OAuth services as Rocket.Chat stores them (facts/rocketchat.md §2).

*Reading* takes one request: the list of all settings with `count=0`. Thirty single ones would be ten a minute without
the right to pass the limiter, and a filter on the server is not to be had since 7.0 (§2.3). Where the server caps the
count, the pages are walked.

*Writing* takes one request from 8.6 on, and one for each setting before that; which of the two is found by asking, each
time. Written at once, settings are stored in any order (§2.4). Where the order matters, a secret and its marker, they
go one by one (`bot.rocketchat.instances`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.connection.defaults import DEFAULTS
from bot.connection.ports import Listed
from bot.connection.profile import MODERN_FLOW
from bot.connection.state import ServiceName, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer, Forbidden, Rejected, RouteAbsent
from bot.rocketchat.names import (
    ABSENT_MEANS,
    SECRET,
    SERVICES,
    SITE_URL,
    SWITCH,
    forced_settings,
    registration,
    setting_id,
    site_url,
    stored_service,
    stored_services,
)
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.responses import SYSTEM, not_its_own
from bot.rocketchat.rest import Rest, encoded_query
from bot.secret import Secret

MOST_PAGES = 100
"""A server has about 1,500 settings, and some give 25 at once."""
MOST_SERVICES = 300
"""Each has about thirty settings."""
AGAIN = (0.1, 0.5, 0.0)
"""Seconds after each try to make a service, where a setting of it is not there."""
_MADE = DEFAULTS.keys() - ABSENT_MEANS.keys()
PAGE = 100
"""The most that a server with default settings gives at once."""

ServiceValues = Mapping[str, SettingValue | Secret]


@dataclass
class Services:
    """Stored services; the part of the port `bot.connection.ports.RocketChat` that writes."""

    rest: Rest
    quiet: Quiet

    async def stored(self, name: ServiceName) -> StoredService | None:
        """The service as stored, or None."""
        return stored_service(await self._settings(), name)

    async def listed(self) -> Listed:
        """What the list of all settings shows. BadAnswer beyond the services that anybody has: each is looked at."""
        documents = await self._settings()
        services = stored_services(documents)
        if len(services) > MOST_SERVICES:
            raise _too_many()
        values = {str(document.get("_id")): document.get("value") for document in documents}
        address, modern_flow = site_url(values.get(SITE_URL)), values.get(MODERN_FLOW) is True
        return Listed(services, registration(documents), address, modern_flow)

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        """What the environment forces (facts/rocketchat.md §8 no. 1). Only the method of the administration's pages
        shows whole documents; it is on its way out, so a server without it says nothing."""
        try:
            documents = await self.rest.method("private-settings/get")
        except (Rejected, RouteAbsent, Forbidden):
            return Unknown("Rocket.Chat does not show which settings its environment forces.")
        if not isinstance(documents, list):
            return Unknown("Rocket.Chat does not show which settings its environment forces.")
        return forced_settings((d for d in documents if isinstance(d, Mapping)), name)

    async def create_service(self, name: ServiceName) -> None:
        """Ensures that the settings exist, each with a value; what is stored already is kept (§2.1). One that was
        removed since the server's start comes back without any (§2.6), and then gets the server's own default. One
        that was removed this moment is in its cache still, and isn't made: that is asked for again."""
        for pause in AGAIN:
            await self.rest.post("settings.addCustomOAuth", {"name": name.key})
            documents = await self._settings()
            if {setting_id(name.key, suffix) for suffix in _MADE} <= {str(d.get("_id")) for d in documents}:
                break
            await self.quiet.clock.sleep(pause)
        made = stored_service(documents, name)
        empty = made.without_value if made else frozenset()
        if empty:
            await self.write_service(name, {suffix: v for suffix, v in DEFAULTS.items() if suffix in empty})

    async def write_service(self, name: ServiceName, settings: ServiceValues) -> None:
        """Writes by suffix. What an older server lacks and would mean the same is left out: written by itself it is
        refused, and in a bulk write passed over (§2.4)."""
        try:
            await self._write(name, settings)
        except Rejected:
            known = await self._without_what_is_absent(name, settings)
            if len(known) == len(settings):
                raise
            if known:
                await self._write(name, known)
        finally:
            self.quiet.wrote()

    async def remove_service(self, name: ServiceName) -> None:
        """Ensures that the settings are gone. The caller has switched the service off and seen that live, or a dead
        button would stay behind (§2.6)."""
        try:
            try:
                await self.rest.post("settings.removeCustomOAuth", {"name": name.key})
            except RouteAbsent:
                await self.rest.method("removeOAuthService", name.key)
        except Rejected:
            if await self.stored(name) is not None:
                raise

    async def _write(self, name: ServiceName, settings: ServiceValues) -> None:
        plain = {suffix: v.reveal() if isinstance(v, Secret) else v for suffix, v in settings.items()}
        if len(plain) > 1:
            with contextlib.suppress(RouteAbsent):
                await self.rest.post("settings", {"settings": [_item(name, *pair) for pair in plain.items()]})
                await self._refuse_what_was_passed_over(name, plain)
                return
        for suffix, value in plain.items():
            await write_setting(self.rest, setting_id(name.key, suffix), value)

    async def _refuse_what_was_passed_over(self, name: ServiceName, written: Mapping[str, SettingValue]) -> None:
        """A bulk write says nothing of a setting that this server lacks (§2.4): where its absence means something else
        than was written, that is refused here."""
        doubtful = [s for s, value in written.items() if s in ABSENT_MEANS and value != ABSENT_MEANS[s]]
        if not doubtful:
            return
        there = await self._setting_ids()
        lacking = [suffix for suffix in doubtful if setting_id(name.key, suffix) not in there]
        if lacking:
            why = f"This version of Rocket.Chat has no setting {', '.join(lacking)}."
            raise Rejected(SYSTEM, "POST /api/v1/settings", status=200, why=why)

    async def _without_what_is_absent(self, name: ServiceName, settings: ServiceValues) -> ServiceValues:
        """The settings without those that this server lacks and whose absence means what was to be written."""
        there = await self._setting_ids()
        return {
            suffix: value
            for suffix, value in settings.items()
            if setting_id(name.key, suffix) in there or ABSENT_MEANS.get(suffix) != value
        }

    async def _setting_ids(self) -> frozenset[str]:
        return frozenset(str(document.get("_id")) for document in await self._settings())

    async def _settings(self) -> list[Mapping[str, Any]]:
        """All setting documents. The library's own pages end at the first short one, which a capped server gives at
        once; so they are walked by `total`."""
        found: dict[str, Mapping[str, Any]] = {}
        count, offset, walk = 0, 0, self.rest.walk()
        for _ in range(MOST_PAGES):
            page = await walk.get("settings", count=count, offset=offset)
            documents, total = page.get("settings"), page.get("total")
            if not isinstance(documents, list) or type(total) is not int or total < len(documents):
                raise not_its_own("GET /api/v1/settings")
            known = len(found)
            found |= {str(d.get("_id")): d for d in documents if isinstance(d, Mapping)}
            offset += len(documents)
            if not documents or offset >= total:
                break
            if len(found) == known:
                raise _endless()
            count = PAGE
        else:
            raise _endless()
        if not any(setting.startswith(SERVICES) and setting.endswith(SECRET) for setting in found):
            await self._prove_sight()
        return list(found.values())

    async def _prove_sight(self) -> None:
        """Whoever may not see private settings gets a list without them, which must not be taken for absence, and of
        each only id and value, which do not tell (§2.3). A single one is refused outright, or is not there. Where a
        service's secret is in the list, the sight is proved."""
        with contextlib.suppress(Rejected):
            await read_setting(self.rest, setting_id("Ssobot", SWITCH))


def _endless() -> BadAnswer:
    """Half a list must not be taken for the whole: what is missing there would count as absent."""
    return BadAnswer(SYSTEM, "GET /api/v1/settings", status=200, why="Its list of settings is endless.")


def _too_many() -> BadAnswer:
    why = "It lists an implausible number of Custom OAuth services."
    return BadAnswer(SYSTEM, "GET /api/v1/settings", status=200, why=why)


async def read_setting(rest: Rest, setting: str) -> Any:
    """The stored value of one setting. Rejected if it does not exist or is hidden (§2.3)."""
    return (await rest.call(lambda api: api.settings_get(encoded_query(setting)))).get("value")


async def write_setting(rest: Rest, setting: str, value: SettingValue) -> None:
    """Stores one setting, as JSON text or boolean: single writes are not checked for their type (§2.4)."""
    await rest.write(lambda api: api.settings_update(encoded_query(setting), value))


def _item(name: ServiceName, suffix: str, value: SettingValue) -> dict[str, SettingValue]:
    return {"_id": setting_id(name.key, suffix), "value": value}
