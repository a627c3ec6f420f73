"""The gap of each exchange of a secret, measured independently of the bot: from the ledgers of both stand-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.ledger import Ledger


@dataclass(frozen=True)
class Gap:
    """One exchange. Times in seconds of `bot.clock.steady`."""

    live: float
    """When people began to sign in by the new secret (Rocket.Chat's `live`, or `strategy` on its modern engine)."""
    switched: float
    """When Encvoy ID began to accept it, and to refuse the previous one (`switched`)."""

    @property
    def seconds(self) -> float:
        """How long sign-ins failed, whichever side was first."""
        return abs(self.live - self.switched)


def gaps(rocketchat: Ledger, encvoy: Ledger, by: Literal["live", "strategy"] = "live") -> tuple[Gap, ...]:
    """One for each secret that both sides came to use, in the order in which Encvoy ID switched. `by` is the kind of
    entry that tells since when Rocket.Chat uses one: `strategy` where people sign in by its modern engine.

    The first secret of an application counts too: leave it out to measure rotations only.
    """
    live: dict[str, float] = {}
    for entry in rocketchat.of(by):
        live.setdefault(entry.body["secret"], entry.at)
    return tuple(
        Gap(live[entry.body["secret"]], entry.at) for entry in encvoy.of("switched") if entry.body["secret"] in live
    )
