"""The Custom OAuth services as Rocket.Chat stores them (facts/rocketchat.md §2).

*Reading* takes one request: the list of all settings with `count=0`. Thirty single requests would take three minutes
under the rate limit, and since 7.0 the server cannot filter (§2.3). If the server caps the count, all pages are read.

*Writing* takes one request from 8.6 on, and one for each setting before that. Each write tries the bulk
route first. It stores the settings in any order (§2.4). If the order matters, as for a secret and its marker, they are
written one by one (`bot.rocketchat.instances`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.connection import user_names
from bot.connection.defaults import DEFAULTS
from bot.connection.ports import Listed
from bot.connection.profile import MODERN_FLOW
from bot.connection.state import ServiceName, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer, Forbidden, Rejected, RouteAbsent
from bot.rocketchat.names import (
    ABSENT_MEANS,
    FORM,
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
from bot.rocketchat.rest import Rest, Walk, encoded_query
from bot.secret import Secret

MOST_PAGES = 100
"""A server has about 1,500 settings, and some servers return 25 per page."""
MOST_SERVICES = 300
"""Services in one list; each has about thirty settings."""
AGAIN = (0.1, 0.5, 0.0)
"""Seconds to wait after each try to create a service, if one of its settings is missing."""
_MADE = DEFAULTS.keys() - ABSENT_MEANS.keys()
PAGE = 100
"""The largest page of a server with default settings."""

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
        """What the list of all settings shows. BadAnswer if there are implausibly many services, because each is
        checked."""
        documents = await self._settings()
        services = stored_services(documents)
        if len(services) > MOST_SERVICES:
            raise _too_many()
        values = {str(document.get("_id")): document.get("value") for document in documents}
        address, modern_flow = site_url(values.get(SITE_URL)), values.get(MODERN_FLOW) is True
        form, names = values.get(FORM), values.get(user_names.SETTING)
        return Listed(
            services,
            registration(documents),
            address,
            modern_flow,
            form=form if isinstance(form, bool) else None,
            user_names=names if isinstance(names, str) else None,
        )

    async def forced(self, name: ServiceName) -> Mapping[str, SettingValue] | Unknown:
        """What the environment forces (facts/rocketchat.md §8 no. 1). Only the method behind the administration pages
        returns whole documents. It is deprecated: Unknown if the server does not have it."""
        try:
            documents = await self.rest.method("private-settings/get")
        except (Rejected, RouteAbsent, Forbidden):
            return Unknown("Rocket.Chat does not show which settings its environment forces.")
        if not isinstance(documents, list):
            return Unknown("Rocket.Chat does not show which settings its environment forces.")
        return forced_settings((d for d in documents if isinstance(d, Mapping)), name)

    async def create_service(self, name: ServiceName) -> None:
        """Ensures that the settings exist, each with a value; stored values are kept (§2.1). A setting that was removed
        since the server's start comes back without a value (§2.6) and gets the server's own default. One that was just
        removed is still in the server's cache and is not created, so the request is repeated."""
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
        """Writes by suffix. A setting that an older server lacks is left out if its absence means the same: a single
        write of it is refused, and a bulk write ignores it (§2.4)."""
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
        """Ensures that the settings are gone. The caller has switched the service off and waited until that was live;
        otherwise a dead button would remain (§2.6)."""
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
        """A bulk write silently ignores a setting that this server lacks (§2.4). Rejected if its absence means
        something else than what was written."""
        doubtful = [s for s, value in written.items() if s in ABSENT_MEANS and value != ABSENT_MEANS[s]]
        if not doubtful:
            return
        there = await self._setting_ids()
        lacking = [suffix for suffix in doubtful if setting_id(name.key, suffix) not in there]
        if lacking:
            why = f"This version of Rocket.Chat has no setting {', '.join(lacking)}."
            raise Rejected(SYSTEM, "POST /api/v1/settings", status=200, why=why)

    async def _without_what_is_absent(self, name: ServiceName, settings: ServiceValues) -> ServiceValues:
        """The settings without those that this server lacks and whose absence means the same."""
        there = await self._setting_ids()
        return {
            suffix: value
            for suffix, value in settings.items()
            if setting_id(name.key, suffix) in there or ABSENT_MEANS.get(suffix) != value
        }

    async def _setting_ids(self) -> frozenset[str]:
        return frozenset(str(document.get("_id")) for document in await self._settings())

    async def _settings(self) -> list[Mapping[str, Any]]:
        """All setting documents, page by page up to `total`. The library's own iterator stops at the first short page,
        which a server with a cap returns at once."""
        found: dict[str, Mapping[str, Any]] = {}
        count, offset, walk = 0, 0, Walk(self.rest)
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
        """Forbidden if the bot may not see private settings: then the list silently leaves them out, which must not
        count as absence (§2.3). A request for a single private setting says so. Not needed if the list holds a
        service's secret."""
        with contextlib.suppress(Rejected):
            await read_setting(self.rest, setting_id("Ssobot", SWITCH))


def _endless() -> BadAnswer:
    """A list that was not read to its end is an error: whatever is missing in it would count as absent."""
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
