"""The record of an operation: what was done, proved and measured. Without secrets; stored with the operation."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bot.connection.in_use import InUse, Use
from bot.connection.proof import Proof


class Outcome(enum.Enum):
    """How the loop ended."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """Nothing had to be done."""
    UNDONE = "undone"
    """The secret could not be exchanged; both sides hold the old one again."""


@dataclass(frozen=True)
class Receipt:
    """The result of one run of the loop."""

    outcome: Outcome = Outcome.UNCHANGED
    changes: tuple[str, ...] = ()
    """Names of the changes that were applied, in order."""
    gap: float | None = None
    """Seconds from the last moment in which Rocket.Chat is known to have used the old secret to the first answer in
    which Encvoy ID accepted the new one: no sign-in failed for longer at the first instance that changed over, whatever
    held this process up meanwhile. None: nobody knows one of the two."""
    seen_by: str | None = None
    """How it was seen that the secret is live: `publication`, `poll`, or by what Rocket.Chat uses, `proof`."""
    instances: int = 1
    """How many instances of Rocket.Chat switched independently: the gap is that of the first one."""
    proof: Proof | None = None
    in_use: InUse | None = None
    """Whether Rocket.Chat itself used the new secret, right after the switch; None: not asked."""
    in_use_later: InUse | None = None
    """The same a settle time later."""
    reason: str = ""
    """Why it was undone."""
    fingerprint_before: str | None = None
    """Of the secret that both sides held until a new one was committed; after the way back, of the one that both hold
    again. None: there was none, or nothing was committed, or the receipt is of a version that kept no fingerprints."""
    fingerprint_after: str | None = None
    """Of the secret that was committed. None: nothing was, or the receipt is of such a version."""
    left: tuple[str, ...] = ()
    """What a removal has left, as sentences."""

    def with_change(self, name: str) -> Receipt:
        """The same with one more change applied."""
        outcome = Outcome.DONE if self.outcome is Outcome.UNCHANGED else self.outcome
        return replace(self, outcome=outcome, changes=(*self.changes, name))

    def as_dict(self) -> dict[str, Any]:
        """For the operation's row."""
        uses = {"in_use": _use_as_dict(self.in_use), "in_use_later": _use_as_dict(self.in_use_later)}
        return asdict(self) | uses | {"outcome": self.outcome.value}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Receipt:
        """From the operation's row."""
        proof = Proof(**row["proof"]) if row.get("proof") else None
        uses = {"in_use": _use_from(row.get("in_use")), "in_use_later": _use_from(row.get("in_use_later"))}
        lists = {"changes": tuple(row["changes"]), "left": tuple(row.get("left", ()))}
        return cls(**(row | lists | {"outcome": Outcome(row["outcome"]), "proof": proof, **uses}))


@dataclass(frozen=True)
class LastRotation:
    """The last rotation that succeeded."""

    at: datetime
    """When it ended; aware, in UTC."""
    gap: float | None
    """See `Receipt.gap`."""


def _use_as_dict(found: InUse | None) -> dict[str, str] | None:
    return None if found is None else {"use": found.use.value, "words": found.words}


def _use_from(row: dict[str, str] | None) -> InUse | None:
    return None if row is None else InUse(Use(row["use"]), row["words"])
