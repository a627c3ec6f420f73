"""What is good to know; shown only if there is something to say. These checks never fail."""

from __future__ import annotations

from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, noted, skipped
from bot.doctor.evidence import Evidence
from bot.text import code

catalogue = Catalogue()


@catalogue.check("Message fields", "facts/rocketchat.md §5.4")
def fields(evidence: Evidence) -> Result | None:
    """The bot knows all fields of the messages that hold commands."""
    if isinstance(evidence.strange_fields, Unknown):
        return skipped(evidence.strange_fields.reason)
    if not evidence.strange_fields:
        return None
    names = ", ".join(map(code, evidence.strange_fields))
    return noted(
        f"I do not know what {names} means in a message; I still run commands",
        "Check for a newer ssobot: it may mean that somebody else wrote it.",
    )
