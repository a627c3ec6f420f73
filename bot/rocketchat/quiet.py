"""How long ago login settings were changed.

Rocket.Chat restarts its timers with every change by anybody (facts/rocketchat.md §2.5). To know when a write becomes
live, write when nothing is pending.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.clock import Clock

PREFIX = "Accounts_OAuth_"
"""Every setting that restarts the timers, built-in login services included."""
AT_MOST = 15.0
"""Seconds of waiting in all: repeated changes by somebody must not delay a secret forever."""


@dataclass
class Quiet:
    """One for the process. Moments are of `Clock.monotonic()`."""

    clock: Clock
    _last: float = field(default=float("-inf"), init=False)

    def wrote(self) -> None:
        """A write of the bot was answered, and may have changed something."""
        self._last = self.clock.monotonic()

    def heard(self, setting: str) -> None:
        """A setting was changed; an event without its id counts too."""
        if not setting or setting.startswith(PREFIX):
            self._last = self.clock.monotonic()

    async def wait(self, seconds: float) -> None:
        """Returns once nothing was changed for so long, or after `AT_MOST`."""
        until = self.clock.monotonic() + AT_MOST
        while (left := min(self._last + seconds, until) - self.clock.monotonic()) > 0:
            await self.clock.sleep(left)
