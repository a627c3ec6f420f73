"""Whether setting up a connection was finished; shown only if it was not. What `setup` has not created yet is then no
failure of its own."""

from __future__ import annotations

from bot.doctor.checks import Catalogue, Result, failed, unfinished
from bot.doctor.evidence import Evidence

catalogue = Catalogue()


@catalogue.check("Setting up", "bot/connection/state.py")
def finished(evidence: Evidence) -> Result | None:
    """Both sides were seen to hold one secret."""
    if not unfinished(evidence):
        return None
    return failed(
        "the connection is not fully set up",
        "It stopped before the end, or is running right now.",
        "`/sso setup` finishes it.",
    )
