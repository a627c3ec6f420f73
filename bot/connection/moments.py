"""When something was written, and when it was seen to be live."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveSeen:
    """The moment in which the awaited state was seen live."""

    at: float
    """`Clock.monotonic()` at its arrival."""
    by: str
    """`publication` or `poll`."""
    since: float
    """The earliest moment in which it can have become live: it was not, when Rocket.Chat was last asked before."""
    after: float
    """Seconds from the last write to `at`."""
    instances: int = 1
    """How many of Rocket.Chat change over each by itself, as far as is known: this is about the first one."""
    certain: bool = True
    """False: it was published, and what signs people in was not seen to have it."""
    settle: float | None = None
    """Seconds that this Rocket.Chat needs from a write to live. None: this wait does not tell, because nothing was seen
    before, or because somebody else's change may have made it shorter or longer."""


@dataclass(frozen=True)
class Written:
    """A secret and its marker, in `Clock.monotonic()`."""

    began: float
    """Just before the first request that carried the secret: nobody used it yet."""
    ended: float
    """When the last request of the two was answered."""
