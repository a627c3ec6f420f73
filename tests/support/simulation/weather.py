"""What goes wrong between a bot and everything else, as the test wishes."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    RemoteError,
    StoreUnavailable,
    System,
    Unreachable,
    UserError,
)


class Side(enum.Enum):
    """Where a call goes."""

    ROCKETCHAT = "Rocket.Chat"
    ENCVOY = "Encvoy ID"
    CHAT = "the chat"
    STORE = "the database"


class Kind(enum.Enum):
    """How a call fails."""

    REFUSED = "nothing is sent"
    SILENT = "no answer, no effect"
    UNANSWERED = "no answer, but an effect"
    GARBLED = "an answer that cannot be read, and an effect"
    BUSY = "a rate limit"
    FORBIDDEN = "not allowed"
    TWICE = "carried out twice"


WITH_EFFECT = (Kind.UNANSWERED, Kind.GARBLED, Kind.TWICE)
TIMEOUT = 8.0
"""Seconds after which a call without an answer fails."""
_ERRORS: dict[Kind, type[RemoteError]] = {
    Kind.REFUSED: Unreachable,
    Kind.SILENT: NoAnswer,
    Kind.UNANSWERED: NoAnswer,
    Kind.GARBLED: BadAnswer,
    Kind.BUSY: Busy,
    Kind.FORBIDDEN: Forbidden,
}

WRITES = {
    Side.ROCKETCHAT: (
        "create_service",
        "write_service",
        "write_secret",
        "repeat_secret",
        "switch_service",
        "remove_service",
    ),
    Side.ENCVOY: ("create_application", "write_application", "attach_rules", "detach_rules", "delete_application"),
    Side.CHAT: ("post", "edit"),
    Side.STORE: ("accept", "note", "finish", "delivered", "save", "delete", "revert", "change", "put"),
}
READS = {
    Side.ROCKETCHAT: (
        "edition",
        "profile",
        "stored",
        "listed",
        "live",
        "other_services_live",
        "await_marker",
        "bring_bogus_code",
    ),
    Side.ENCVOY: ("provider", "application", "registered", "probe", "code"),
    Side.CHAT: ("person", "room_of"),
    Side.STORE: ("get", "unfinished", "of_schedule"),
}
CALLS = tuple((side, call) for table in (WRITES, READS) for side, calls in table.items() for call in calls)
"""Every call that is made to fail by itself."""
ALL_WRITES = frozenset(call for side in Side if side is not Side.STORE for call in WRITES[side])


def error_of(side: Side, kind: Kind) -> UserError | None:
    """What the caller gets; None: an answer as if all were well."""
    if kind is Kind.TWICE:
        return None
    if side is Side.STORE:
        return StoreUnavailable()
    system: System = "Encvoy ID" if side is Side.ENCVOY else "Rocket.Chat"
    return _ERRORS[kind](system, "POST /simulated")


@dataclass
class Fault:
    """The next calls of one name fail."""

    side: Side
    call: str
    kind: Kind
    times: int


@dataclass
class Trap:
    """The process that comes here next is killed, or stopped."""

    call: str
    moment: str
    """`before`, `sending` (the lease was seen to suffice, and nothing is sent yet) or `after`."""
    kills: bool


@dataclass
class Weather:
    """Everything that goes wrong now."""

    faults: list[Fault] = field(default_factory=list)
    outages: dict[Side, Kind] = field(default_factory=dict)
    traps: list[Trap] = field(default_factory=list)

    @property
    def calm(self) -> bool:
        """Whether nothing does."""
        return not (self.faults or self.outages or self.traps)

    def clear_up(self) -> None:
        """Nothing does any more."""
        self.faults.clear()
        self.outages.clear()
        self.traps.clear()

    def over(self, side: Side, call: str) -> Kind | None:
        """How this call fails, if it does."""
        if side in self.outages:
            return self.outages[side]
        for fault in self.faults:
            if (fault.side, fault.call) == (side, call):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault.kind
        return None

    def trap(self, call: str, moment: str) -> Trap | None:
        """One that is set here; it snaps once."""
        for trap in self.traps:
            if (trap.call, trap.moment) == (call, moment):
                self.traps.remove(trap)
                return trap
        return None
