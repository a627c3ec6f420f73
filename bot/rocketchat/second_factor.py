"""Tests the second factor by a write to a setting that does not exist (facts/rocketchat.md §1.4, §2.4).

Rocket.Chat asks for the second factor before it looks the setting up, so nothing is stored. With the right factor, the
bulk route answers 200 and ignores the unknown setting, and the route for one setting answers 400. The bulk route is
used if the server has it, because it does not accept an earlier answer again.
"""

from __future__ import annotations

from bot.connection.entrance import Guarded
from bot.errors import Rejected, RouteAbsent, SecondFactorNeeded
from bot.rocketchat.rest import Rest
from bot.rocketchat.services import write_setting

NOBODYS = "Ssobot_No_Such_Setting"


async def try_guard(rest: Rest) -> Guarded:
    """Whether Rocket.Chat allows such a write, with the password if it asks for one. RemoteError if that is unknown."""
    try:
        try:
            await rest.post("settings", {"settings": [{"_id": NOBODYS, "value": ""}]})
        except RouteAbsent:
            await _one(rest)
    except SecondFactorNeeded as error:
        return Guarded(error.what, error.fix)
    return Guarded()


async def _one(rest: Rest) -> None:
    """For servers before 8.6. An unknown setting is a 400 without a code; any other refusal says nothing about the
    second factor, and is raised."""
    try:
        await write_setting(rest, NOBODYS, "")
    except Rejected as refusal:
        if (refusal.status, refusal.code) != (400, None):
            raise
