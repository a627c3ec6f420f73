"""Which secret Rocket.Chat itself uses, as far as this can be found out. Data only (facts/rocketchat.md §3.1b)."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Use(enum.Enum):
    """The result of an exchange that Rocket.Chat made at Encvoy ID."""

    PROVED = "proved"
    """Encvoy ID accepted the client: the live secret is the right one."""
    OTHER = "another secret"
    """Encvoy ID refused the client: another secret is live."""
    FAILED = "failed"
    """Rocket.Chat could not ask Encvoy ID at all, and says why."""
    SILENT = "says nothing"
    """It tried, and does not say why it failed: with a bogus code this proves nothing."""
    UNKNOWN = "not proved"
    """It does not say, or cannot be asked."""


@dataclass(frozen=True)
class InUse:
    """One answer and, if it is not PROVED, the reason: a part of a sentence, harmless in a chat."""

    use: Use
    words: str = ""


BECAUSE_OFF = InUse(Use.UNKNOWN, "it is off")
BECAUSE_MODERN = InUse(Use.UNKNOWN, "with this login engine, only the sign-in of a test user can verify it")
OUTDATED = InUse(Use.OTHER, "One of its instances still sends people to Encvoy ID with its previous settings")
