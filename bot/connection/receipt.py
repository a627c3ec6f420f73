"""What an operation leaves behind: what was done, proved and measured. Without secrets; kept with the operation."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, replace
from typing import Any

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
    """Seconds from the earliest moment in which the new secret can have become live in Rocket.Chat to Encvoy ID's
    answer that it switched: the longest time during which a sign-in may have failed, as seen from here."""
    seen_by: str | None = None
    """How the moment was seen: `publication` or `poll`."""
    proof: Proof | None = None
    reason: str = ""
    """Why it was undone."""

    def with_change(self, name: str) -> Receipt:
        """The same with one more change applied."""
        outcome = Outcome.DONE if self.outcome is Outcome.UNCHANGED else self.outcome
        return replace(self, outcome=outcome, changes=(*self.changes, name))

    def as_dict(self) -> dict[str, Any]:
        """For the operation's row."""
        return asdict(self) | {"outcome": self.outcome.value}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Receipt:
        """From the operation's row."""
        proof = Proof(**row["proof"]) if row.get("proof") else None
        return cls(**(row | {"outcome": Outcome(row["outcome"]), "changes": tuple(row["changes"]), "proof": proof}))
