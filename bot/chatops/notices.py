"""Notices that the bot posts by itself, once for each room, over all starts.

Slash commands are off by default in Rocket.Chat: with `Message_AllowUnrecognizedSlashCommand` off, the web client
swallows `/sso` and nothing reaches the server (facts/rocketchat.md §4.1). The bot says so, and never changes it
unasked. It also says what is wrong with an admin room in which it can still work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.chatops.delivery import Recipient
from bot.chatops.ports import SLASH_SETTING, Notes, Room, SlashSetting
from bot.chatops.posting import new_message_id
from bot.chatops.reply import Outbox, Reply
from bot.errors import RemoteError

SAID = "said"
"""The value that is stored under the key of a notice."""
Announcement = Callable[["Announcer"], Awaitable[bool]]
"""Posts something with `Announcer.tell`, if there is a reason to; False: try again later."""
SLASH_OFF = "slash commands are off"
PUBLIC = "the admin room is public"
"""What each notice is kept as."""
PUBLIC_ROOM = (
    "This room is public: everyone in the workspace can join it, read what I answer, and ask me for `help` and "
    "`status`. Commands that change something still require an administrator.\n"
    "Better: make it private under Room information → Edit, or set SSOBOT_ADMIN_ROOM to a private room."
)
ENCRYPTED_ROOM = (
    "This room is end-to-end encrypted now, so I cannot read what you type here. Turn off its encryption, or send me "
    "a direct message."
)

_log = structlog.get_logger()


async def _always() -> bool:
    return True


class _NoNotes:
    """See `bot.chatops.ports.Notes`."""

    async def get(self, key: str) -> str | None:
        return None

    async def put(self, key: str, value: str) -> None: ...


NO_NOTES: Notes = _NoNotes()
"""No notes: for a bot that has never run, or whose database cannot be read."""


@dataclass(frozen=True)
class Announcer:
    """Posts notices in one room, each of them once; `notes` stores which were posted."""

    outbox: Outbox
    notes: Notes
    room_id: str

    async def say(self, what: str, text: str, *, if_: Callable[[], Awaitable[bool]] = _always) -> None:
        """Posts `text` unless `what` was posted here before; `if_` is called only then."""
        key = f"{what}: {self.room_id}"

        async def compose() -> str | None:
            begun = await self.notes.get(key) is not None
            return text if begun or await if_() else None

        await self.tell(key, compose)

    async def tell(self, key: str, compose: Callable[[], Awaitable[str | None]]) -> bool:
        """Says what `compose` returns (None: nothing this time) unless something was said under `key` before, in
        whichever room. False if it could not be delivered."""
        state = await self.notes.get(key)
        if state == SAID:
            return True
        text = await compose()
        if text is None:
            return True
        # The id is kept before the message is sent, so that a crash in between does not say it twice.
        message_id = state or new_message_id()
        await self.notes.put(key, message_id)
        if not await Reply(self.outbox, message_id, Recipient(self.room_id)).finish(text):
            return False
        await self.notes.put(key, SAID)
        return True


def slash_explanation(bot_username: str) -> str:
    """What is off, what works meanwhile, what turns it on, and what else that changes."""
    return "\n".join(
        (
            "Hello. I connect Rocket.Chat to Encvoy ID; type `!sso help` to see how.",
            f"`/sso` does not work here yet: the setting `{SLASH_SETTING}` is off, so Rocket.Chat's web client answers "
            "unknown slash commands itself (“No such command”) and I never see them.",
            f"What works now: `!sso …`, `@{bot_username} sso …`, or a direct message to me.",
            "`!sso slash on` turns the setting on. It applies to everyone: every unknown slash command that anyone "
            "types, including a mistyped one, is then sent as a normal message. I never turn it on unless asked.",
        )
    )


async def tell_of_slash(*, room: Announcer, setting: SlashSetting, bot_username: str) -> None:
    """Posts it if the setting is off and it was not posted in this room before. If this cannot be found out, nothing is
    posted: the next start asks again."""

    async def is_off() -> bool:
        return not await setting.allowed()

    try:
        await room.say(SLASH_OFF, slash_explanation(bot_username), if_=is_off)
    except RemoteError as error:
        _log.warning("slash setting not read", error=error.what)


async def warn_of_public_room(*, room: Announcer, found: Room) -> None:
    """Posts what is wrong with the room, if anything is."""
    if found.type == "c":
        await room.say(PUBLIC, PUBLIC_ROOM)
