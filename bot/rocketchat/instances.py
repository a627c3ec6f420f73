"""A secret and after it its marker, settings and after them the switch, on a Rocket.Chat of one or several instances.

Each instance has its own cache, and they receive each other's writes only with a licence (facts/rocketchat.md §2.4). So
"marker live implies secret live" holds only for an instance that had the secret before the marker. An instance that is
switched on without knowing the settings shows a button that leads nowhere. Writing an equal value costs nothing and
fixes an instance whose cache is outdated; each answer says which instance it came from.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from bot.connection.moments import Written
from bot.connection.state import Marker, ServiceName, SettingValue, StoredService
from bot.errors import RemoteError
from bot.rocketchat.names import SECRET, SWITCH, setting_id
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest, encoded_query
from bot.secret import Secret

MOST = 10
"""Writes of one setting in all."""


@dataclass
class OrderedWrites:
    """Single writes that note which instance answered. Nothing is guaranteed if the answers do not say."""

    rest: Rest
    quiet: Quiet

    async def write_secret(self, name: ServiceName, secret: Secret, marker: Marker, quiet: float) -> Written:
        """See the port."""
        await self.quiet.wait(quiet)
        began = self.quiet.clock.monotonic()
        await self._write_both(name, secret, marker)
        return Written(began, self.quiet.clock.monotonic())

    async def _write_both(self, name: ServiceName, secret: Secret, marker: Marker) -> None:
        have = await self.repeat_secret(name, secret)
        answered = await self._write(name, marker.setting, marker.spelling)
        # No run is pending, so what reaches this instance within its debounce goes live with the marker, not after it.
        took = {answered}
        for _ in range(MOST):
            if not answered:
                return
            if not took <= have:
                have |= {await self._write(name, SECRET, secret.reveal())}
            elif not took >= self.rest.instances():
                # Else the run of one that has the secret alone, if it comes last, takes the marker out of sight.
                took.add(await self._write(name, marker.setting, marker.spelling))
            else:
                return

    async def repeat_secret(self, name: ServiceName, secret: Secret) -> frozenset[str]:
        """See the port. Returns who has it."""
        return await self._everywhere(name, SECRET, secret.reveal())

    async def switch(self, name: ServiceName, on: bool, stored: StoredService | None) -> None:
        """Switches every instance seen; on, after all that is stored has reached them. Where that is refused, or is too
        much for a limit, it is switched all the same: what is live is looked at afterwards."""
        if on and stored is not None and len(self.rest.instances()) > 1:
            values: dict[str, SettingValue] = {**stored.settings, SECRET: stored.secret.reveal()}
            with contextlib.suppress(RemoteError):
                for suffix in sorted(values.keys() - stored.without_value):
                    await self._everywhere(name, suffix, values[suffix])
        await self._everywhere(name, SWITCH, on)

    async def _everywhere(self, name: ServiceName, suffix: str, value: SettingValue) -> frozenset[str]:
        """Writes one setting until every known instance has answered."""
        have: frozenset[str] = frozenset()
        for _ in range(MOST):
            answered = await self._write(name, suffix, value)
            have |= {answered}
            if not answered or have >= self.rest.instances():
                break
        return have

    async def _write(self, name: ServiceName, suffix: str, value: SettingValue) -> str:
        setting = encoded_query(setting_id(name.key, suffix))
        try:
            return (await self.rest.write(lambda api: api.settings_update(setting, value)))[1]
        finally:
            self.quiet.wrote()
