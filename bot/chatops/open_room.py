"""An admin room that is not as it should be, but in which the bot works: said once."""

from __future__ import annotations

from bot.chatops.once import Once
from bot.chatops.ports import Room

NOTICE = "the admin room is public"
PUBLIC = (
    "This room is public: everyone in the workspace can join it, read what I answer, and ask me for `help` and "
    "`status`. Commands that change something still require an administrator.\n"
    "Better: make it private under Room information → Edit, or set SSOBOT_ADMIN_ROOM to a private room."
)
ENCRYPTED = (
    "This room is end-to-end encrypted now, so I cannot read what you type here. Turn off its encryption, or send me "
    "a direct message."
)


async def warn(*, room: Once, found: Room) -> None:
    """Says what is wrong with the room, if anything is."""
    if found.type == "c":
        await room.say(NOTICE, PUBLIC)
