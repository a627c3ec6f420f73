"""A write that Rocket.Chat guards by a second factor, of a setting that is not there (facts/rocketchat.md §1.4, §2.4).

The guard asks before anything is looked up, and there is nothing to be stored: with the right answer the route for many
settings says 200 and stores nothing of what it does not know, the one for a single setting 400. The first is taken
where the server has it, because there an answer given a while ago does not count again.
"""

from __future__ import annotations

from bot.connection.entrance import Guarded
from bot.errors import Rejected, RouteAbsent, SecondFactorNeeded
from bot.rocketchat.rest import Rest
from bot.rocketchat.services import write_setting

NOBODYS = "Ssobot_No_Such_Setting"


async def try_guard(rest: Rest) -> Guarded:
    """Whether it lets the bot through, with the password where it asks for one. RemoteError where that is not told."""
    try:
        try:
            await rest.post("settings", {"settings": [{"_id": NOBODYS, "value": ""}]})
        except RouteAbsent:
            await _one(rest)
    except SecondFactorNeeded as error:
        return Guarded(error.what, error.fix)
    return Guarded()


async def _one(rest: Rest) -> None:
    """Before 8.6. An unknown setting is a failure without any code; every other refusal says nothing of the guard."""
    try:
        await write_setting(rest, NOBODYS, "")
    except Rejected as refusal:
        if (refusal.status, refusal.code) != (400, None):
            raise
