"""What the modern login engine itself sends people to Encvoy ID with (facts/rocketchat.md §3.1, §3.1b; pre-release).

The redirect behind the button comes from the very object that holds the secret, so a marker that is visible there says
which secret is live in the instance that answered. Its record may be a few milliseconds ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from bot.clock import Clock
from bot.connection.marker import parameter_of
from bot.connection.state import Marker, ServiceName
from bot.doctor.evidence import Begins
from bot.errors import RemoteError
from bot.rocketchat.budget import Budget
from bot.rocketchat.decipher import refuse_busy
from bot.wire import Wire

LOOKS = 5
"""How often it is asked for one marker; the limit is ten a minute for everybody behind one address (§3.4)."""
PAUSE = 0.01
"""Seconds before the second look; doubled each time."""
WITHIN = 0.5
"""Seconds for all looks: the record shows the marker already, so the new secret is live in some instance at least, and
whoever waits for this waits with the switch."""

_ROUTE = "GET /oauth/:service"


@dataclass
class Strategy:
    """One Rocket.Chat; `url` is where the bot reaches it."""

    wire: Wire
    url: str
    clock: Clock

    def __post_init__(self) -> None:
        self._budget = Budget(self.clock)

    async def begins(self, name: ServiceName) -> Begins:
        """What pressing the button does. Busy where it may not be asked, without a request if that is known before;
        RemoteError."""
        if not self._budget.take(_ROUTE):
            raise self._budget.busy(_ROUTE)
        answer = await self.wire.send("GET", f"{self.url}/oauth/{name.service}", route=_ROUTE)
        refuse_busy(answer.status, answer.headers, _ROUTE)
        return Begins(answer.status, answer.location)

    async def shows(self, name: ServiceName, marker: Marker) -> bool:
        """Whether the strategy carries the marker, looked for a few times; False too where it cannot be asked."""
        with contextlib.suppress(TimeoutError, RemoteError):
            async with asyncio.timeout(WITHIN):
                for look in range(LOOKS):
                    if look:
                        await self.clock.sleep(PAUSE * 2.0 ** (look - 1))
                    begins = await self.begins(name)
                    if begins.location and parameter_of(begins.location) == parameter_of(marker.spelling):
                        return True
        return False
