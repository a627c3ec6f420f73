"""What could not be seen: a value of its own, so that it is never taken for absent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unknown:
    """It could not be seen; both are sentences for people, without secrets."""

    reason: str
    fix: str = ""
    """The fix, if it is known."""
    busy: bool = False
    """Whether the reason is only a rate limit: then nothing suggests a fault."""
