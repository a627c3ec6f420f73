"""Whether setting up a connection was finished, or its removal; shown only if it was not. What `setup` has not created
yet, and `remove` has taken away already, is then no failure of its own."""

from __future__ import annotations

from bot.doctor.checks import Catalogue, Result, failed, unfinished
from bot.doctor.evidence import Evidence

catalogue = Catalogue()


@catalogue.check("Setting up", "bot/connection/state.py")
def finished(evidence: Evidence) -> Result | None:
    """Both sides were seen to hold one secret, and no removal was begun."""
    if evidence.connection is None or not unfinished(evidence):
        return None
    if evidence.connection.absent:
        return failed(
            "the connection is being removed, and that is not finished",
            "It stopped before the end, or is running right now.",
            "`/sso setup` brings it back; `/sso remove` takes away what is left of it.",
        )
    return failed(
        "the connection is not fully set up",
        "It stopped before the end, or is running right now.",
        "`/sso setup` finishes it.",
    )
