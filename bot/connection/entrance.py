"""How both systems answer before anybody is signed in, to the bot's user, and to a write that needs a second factor.
Data only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.connection.profile import Engine


@dataclass(frozen=True)
class CallbackAnswer:
    """What answered at the callback address, asked as a browser whose sign-in was refused would ask."""

    status: int
    engine: Engine | None
    """Which of Rocket.Chat's login engines ends such a sign-in like this (facts/rocketchat.md §3.3, §3.4); None:
    neither does."""


@dataclass(frozen=True)
class Begins:
    """Where the modern engine's button leads (facts/rocketchat.md §3.1)."""

    status: int
    location: str = ""
    """Empty: it leads nowhere."""


@dataclass(frozen=True)
class Guarded:
    """The result of a write that Rocket.Chat guards by a second factor, and that changes nothing."""

    barred: str = ""
    """Why it was not let through; empty if it was."""
    fix: str = ""


@dataclass(frozen=True)
class Standing:
    """What the bot's user at Encvoy ID may do there, by what its list of applications shows."""

    may_create: bool
    """It sees a client at the top of which it is owner or editor, below which new applications are made."""
    applications: int
    """How many other clients it saw."""


@dataclass(frozen=True)
class KeySet:
    """The keys with which Encvoy ID signs, as published."""

    count: int
    algorithms: frozenset[str]
    """For example {"RS256"}."""
