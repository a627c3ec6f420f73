"""Which room is the admin room. It is looked up by name once; from then on its id counts, even if it is renamed.

Another room can take the name, and anybody may invite the bot to it. So the known room stays the admin room; another
room with its name is reported, and not listened to. Another value of SSOBOT_ADMIN_ROOM is looked up again.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.chatops.notices import Announcer
from bot.chatops.ports import Chat, Notes, Room
from bot.errors import ConfigError
from bot.text import quoted


@dataclass(frozen=True)
class Found:
    """The admin room, and another room that has the configured name now."""

    room: Room
    namesake: Room | None = None


@dataclass(frozen=True)
class AdminRoom:
    """Errors: `bot.errors.RemoteError`, and `StoreUnavailable` if the id cannot be stored."""

    chat: Chat
    notes: Notes
    configured: str
    """Name or id, as the variable says."""
    variable: str = "SSOBOT_ADMIN_ROOM"

    async def find(self) -> Found:
        """Finds the room, and stores its id. ConfigError if there is no such room, the bot is not in it, or it cannot
        be read."""
        room, named = await self.look()
        if room is None and named is not None:
            raise ConfigError(
                f"I can no longer see the room that had the name in {self.variable}; another room has that name now.",
                fix=f"Invite my account to the old one, or set {self.variable} to the id of the new one, {named.id}.",
            )
        if room is None:
            raise ConfigError(
                f"{self.variable} names a room that I cannot see.",
                fix="Create it, or invite the bot's account to it.",
            )
        if room.encrypted:
            raise ConfigError(
                f"The room of {self.variable} is end-to-end encrypted, and a bot cannot read it.",
                fix="Turn off its encryption, or choose another room.",
            )
        if await self.notes.get(self._key) is None:
            await self.notes.put(self._key, room.id)
        return Found(room, named)

    async def look(self) -> tuple[Room | None, Room | None]:
        """The admin room, and another room with the configured name; None for a room that the bot cannot see."""
        known_id = await self.notes.get(self._key)
        named = await self.chat.room(self.configured)
        room = named if known_id is None else await self._by_id(known_id, named)
        return room, None if named == room else named

    async def _by_id(self, room_id: str, named: Room | None) -> Room | None:
        if named is not None and named.id == room_id:
            return named
        room = await self.chat.room(room_id)
        # Asked for an id, a server may return a room that has it as its name.
        return room if room is not None and room.id == room_id else None

    @property
    def _key(self) -> str:
        name = "admin room" if self.variable == "SSOBOT_ADMIN_ROOM" else "report room"
        return f"{name}: {self.configured}"


def room_of_reports(chat: Chat, notes: Notes, configured: str | None) -> AdminRoom | None:
    """The room for what nobody asked for, found in the same way; None: that is the admin room, and none is named."""
    return AdminRoom(chat, notes, configured, "SSOBOT_REPORT_ROOM") if configured else None


async def tell_of_namesake(*, room: Announcer, found: Found) -> None:
    """Reports that the configured name belongs to another room, if it does; once for each such room."""
    other = found.namesake
    if other is not None:
        await room.say(
            f"namesake {other.id}",
            f"Another room now has the name in SSOBOT_ADMIN_ROOM, {quoted(other.name)}. I stay in this room, which I "
            f"know by its id. To move me, set SSOBOT_ADMIN_ROOM to the id of the other room, `{other.id}`, "
            "and restart me.",
        )
