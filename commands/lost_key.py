"""A start without the key of the client secret is told in the admin room, at most once a day: nothing that the bot does
by itself works then, and whoever restarted it may not look at its log."""

from __future__ import annotations

from bot.chatops.answer import everywhere
from bot.chatops.notices import Announcement, Announcer
from bot.connection.lost_key import Locked, LostKey
from commands.context import CommandContext


def lost_key(context: CommandContext) -> Announcement:
    """Checked at each start."""

    async def compose() -> str | None:
        found = await context.kept()
        return everywhere(f"✗ {LostKey(found).text}") if isinstance(found, Locked) else None

    async def announce(room: Announcer) -> bool:
        return await room.tell(f"lost key {context.clock.now():%Y-%m-%d}", compose)

    return announce
