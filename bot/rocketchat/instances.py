"""A secret, and after it its marker, on a Rocket.Chat of one or several instances.

Each instance has a cache of its own, and they hear of each other's writes only where the licence lets them
(facts/rocketchat.md §2.4). So "marker live implies secret live" holds for an instance that had the secret before the
marker. An equal value costs nothing and mends an instance whose cache is outdated; each answer says which instance it
came from.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.connection.state import Marker, ServiceName
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest, encoded_query
from bot.rocketchat.suffixes import SECRET, setting_id
from bot.secret import Secret

MOST = 10
"""Writes of one secret in all."""


@dataclass
class OrderedWrites:
    """Single writes, each noting who answered. No strictness is claimed where the answers don't say."""

    rest: Rest
    quiet: Quiet

    async def write_secret(self, name: ServiceName, secret: Secret, marker: Marker, quiet: float) -> None:
        """See the port."""
        await self.quiet.wait(quiet)
        have = await self.repeat_secret(name, secret)
        answered = await self._write(name, marker.setting, marker.spelling)
        # No run is pending, so what reaches this instance within its debounce goes live with the marker, not after it.
        for _ in range(MOST):
            if not answered or answered in have:
                return
            have |= {await self._write(name, SECRET, secret.reveal())}

    async def repeat_secret(self, name: ServiceName, secret: Secret) -> frozenset[str]:
        """See the port. Returns who has it."""
        have: frozenset[str] = frozenset()
        for _ in range(MOST):
            answered = await self._write(name, SECRET, secret.reveal())
            have |= {answered}
            if not answered or have >= self.rest.instances():
                break
        return have

    async def _write(self, name: ServiceName, suffix: str, value: str) -> str:
        setting = encoded_query(setting_id(name.key, suffix))
        try:
            return (await self.rest.call_noting(lambda api: api.settings_update(setting, value)))[1]
        finally:
            self.quiet.wrote()
