"""What is good to know, and is said only while there is something to say: no check of these ever fails."""

from __future__ import annotations

from bot.chatops.text import defuse
from bot.connection.needs import foreign_callbacks, kept_out
from bot.connection.state import Application, Unknown
from bot.doctor.checks import Catalogue, Result, noted, skipped
from bot.doctor.evidence import Evidence

catalogue = Catalogue()
_SHOWN = 3


@catalogue.check("Fields of messages", "facts/rocketchat.md §5.4")
def fields(evidence: Evidence) -> Result | None:
    """Commands come in messages all of whose fields the bot knows."""
    if isinstance(evidence.strange_fields, Unknown):
        return skipped(evidence.strange_fields.reason)
    if not evidence.strange_fields:
        return None
    names = ", ".join(f"`{name}`" for name in evidence.strange_fields)
    return noted(
        f"I do not know what {names} says of a message; commands are carried out all the same",
        "Look for a newer ssobot: it may mean that somebody else wrote it.",
    )


@catalogue.check("People turned away", "facts/encvoy-id.md §3")
def turned_away(evidence: Evidence) -> Result | None:
    """Encvoy ID lets in whomever it knows."""
    if evidence.connection is None or not isinstance(evidence.application, Application):
        return None
    found = kept_out(evidence.application)
    if not found:
        return None
    return noted(" ".join(found), "If that is not meant, change it in the application's settings; I leave it as it is.")


@catalogue.check("Other callback addresses", "facts/encvoy-id.md §7, end")
def other_callbacks(evidence: Evidence) -> Result | None:
    """Encvoy ID sends people back to Rocket.Chat only."""
    if evidence.connection is None or not isinstance(evidence.application, Application):
        return None
    others = foreign_callbacks(evidence.connection, evidence.application)
    if not others:
        return None
    shown = ", ".join(defuse(uri) for uri in others[:_SHOWN]) + (" …" if len(others) > _SHOWN else "")
    return noted(
        f"Encvoy ID sends people with a code to {shown} as well",
        "If nobody here registered that, take it off the application at Encvoy ID; I leave it as it is.",
    )
