"""The open websockets of the stand-in, and the switches with which a test breaks them.

standin.sockets.cut()          every connection is gone at once, without a close frame
standin.sockets.freeze()       connections stay open, nothing is read or sent any more; `thaw` ends it
standin.sockets.refuse(10)     for ten seconds a new websocket is answered 503; `accept` ends it
standin.sockets.login_services = Publication.PUSHED | REFUSED | SILENT | …
standin.sockets.duplicate = True    every stream event comes twice
"""

from __future__ import annotations

import asyncio
import enum
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rate_limit import Limit, RateLimiter

_CONNECTION, _CONNECTION_BY_METHOD, _USER_BY_METHOD = Limit(600, 60.0), Limit(10, 10.0), Limit(20, 10.0)


class Publication(enum.Enum):
    """How the publication of the login services behaves (facts/rocketchat.md §5.5)."""

    NORMAL = "normal"
    """Since 7.7: a record is sent with the subscription, then its changes and its removal; one that is made later is
    never sent, nor is a refresh."""
    PUSHED = "pushed"
    """Before 7.7: every event is sent."""
    STREAMER = "streamer"
    """The microservice `ddp-streamer`: a record that is made later is sent as `changed`."""
    STALE = "stale"
    """Each subscription is answered with what was there at the first one, and nothing follows."""
    REFUSED = "refused"
    """`nosub`, and nothing follows the records that were sent before."""
    SILENT = "silent"
    """`ready`, and never a record."""


class Cuttable(Protocol):
    """An open connection."""

    def cut(self) -> None:
        """Ends it without a close frame."""
        ...


@dataclass
class Sockets:
    """Switches for all websockets of one stand-in. Times are seconds of `now`."""

    now: Callable[[], float]
    heartbeat: float = 15.0
    """Silence before the server pings."""
    patience: float = 15.0
    """Silence after a ping before the server closes."""
    duplicate: bool = False
    login_services: Publication = Publication.NORMAL
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - order of frames, no secret
    """Decides the order of `result`, `updated` and `added`, which DDP leaves open. Reseed for another order."""
    open: set[Cuttable] = field(default_factory=set)
    opened: int = 0
    """How many connections there have been."""
    _refused_until: float = -math.inf
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """Ends every connection abruptly."""
        for connection in list(self.open):
            connection.cut()

    def freeze(self) -> None:
        """Nothing is read or sent until `thaw`; the connections stay open."""
        self._flowing.clear()

    def thaw(self) -> None:
        """What was held back is sent."""
        self._flowing.set()

    async def flowing(self) -> None:
        """Returns when the connections aren't frozen."""
        await self._flowing.wait()

    def refuse(self, seconds: float = math.inf) -> None:
        """New websockets are answered 503 for that long."""
        self._refused_until = self.now() + seconds

    def accept(self) -> None:
        """New websockets are accepted again."""
        self._refused_until = -math.inf

    @property
    def refusing(self) -> bool:
        """Whether a new websocket is refused now."""
        return self.now() < self._refused_until


@dataclass
class Limiter:
    """DDP's own rate limits (facts/rocketchat.md §1.6), for one connection at a time.

    Names beginning with `stream-` may be called four times as often. None switches a limit off.
    """

    connection: Limit | None = _CONNECTION
    connection_by_method: Limit | None = _CONNECTION_BY_METHOD
    user_by_method: Limit | None = _USER_BY_METHOD
    _counted: RateLimiter = field(default_factory=RateLimiter)

    def check(self, now: float, connection: str, user: str | None, kind: str, name: str) -> None:
        """Counts one call; `too-many-requests` with `details.timeToReset` in ms when it is one too many."""
        factor = 4 if name.startswith("stream-") else 1
        self._count(now, self.connection, 1, ("connection", connection))
        self._count(now, self.connection_by_method, factor, ("connection", connection, kind, name))
        if user is not None:
            self._count(now, self.user_by_method, factor, ("user", user, kind, name))

    def _count(self, now: float, limit: Limit | None, factor: int, key: tuple[str, ...]) -> None:
        if limit is None:
            return
        verdict = self._counted.count(Limit(limit.calls * factor, limit.seconds), key, now)
        if not verdict.allowed:
            wait = math.ceil(verdict.wait * 1000)
            raise MeteorError("too-many-requests", verdict.refusal("again"), {"timeToReset": wait})
