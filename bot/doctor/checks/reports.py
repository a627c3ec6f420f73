"""The room for what nobody asked for. Last, because whether people can sign in comes first."""

from __future__ import annotations

from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, failed, passed, skipped
from bot.doctor.evidence import Evidence
from bot.text import code

catalogue = Catalogue()


@catalogue.check("Report room", "facts/rocketchat.md §5.4")
def report_room(evidence: Evidence) -> Result | None:
    """The bot is in the room of SSOBOT_REPORT_ROOM. It does not apply where reports go to the admin room."""
    if evidence.report_room is None:
        return None
    if isinstance(evidence.report_room, Unknown):
        return skipped(evidence.report_room.reason)
    found, _ = evidence.report_room
    if found is None:
        return failed(
            "the bot cannot see it",
            "There is no such room, or the bot's account is not in it; until it is, the admin room gets the reports.",
            "Create the room of SSOBOT_REPORT_ROOM, or invite the bot's account to it.",
        )
    if found.encrypted:
        return failed(
            "it is end-to-end encrypted",
            "A bot cannot write into it.",
            "Turn off encryption in the room's settings, or set SSOBOT_REPORT_ROOM to another room.",
        )
    return passed(code(found.name))
