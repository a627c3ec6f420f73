"""When something was written, and when it was seen to be live."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveSeen:
    """When the awaited state was seen to be live."""

    at: float
    """`Clock.monotonic()` at its arrival."""
    by: str
    """`publication` or `poll`."""
    since: float
    """The earliest moment at which it can have become live: the last time that Rocket.Chat was seen without it."""
    after: float
    """Seconds from the last write to `at`."""
    instances: int = 1
    """How many instances of Rocket.Chat are known. Each switches on its own; these times are those of the first one."""
    certain: bool = True
    """False: it was published, but not seen in the strategy that signs people in."""
    settle: float | None = None
    """Seconds that this Rocket.Chat needs from a write to live. None: not measured, because the previous state was not
    seen, or because somebody else's change may have made the wait shorter or longer."""


@dataclass(frozen=True)
class Written:
    """When a secret and its marker were written, in `Clock.monotonic()`."""

    began: float
    """Just before the first request with the secret: it was not in use yet."""
    ended: float
    """When the last of the two requests was answered."""
