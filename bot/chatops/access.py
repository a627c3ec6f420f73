"""Who may do what, and where. Rocket.Chat is asked each time, and nothing is cached; if it cannot be asked, the answer
is no.

A person is a user id. An administrator has one of the configured roles as a *global* role: `roles` of the account, not
of a room (facts/rocketchat.md §6). An account lists roles by their ids, while people know a custom role by its name:
both may be configured, and a name counts only if it is not the id of another role.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Chat, Message, Person, Room
from bot.errors import Busy, RemoteError, UserError

BUILT_IN = frozenset({"admin", "anonymous", "app", "bot", "guest", "user"})
"""Roles of every workspace, whose names are their ids: these need no look-up."""


class Refused(UserError):
    """Only an administrator may do this."""


class NotChecked(Refused):
    """Nobody knows whether this is an administrator, so the answer is no."""


class Place(enum.Enum):
    """Where a message was written."""

    ADMIN_ROOM = "admin room"
    DIRECT = "direct"
    """A direct room with two members: the person and the bot."""
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    """Rocket.Chat did not answer who else can read this room."""


def judge(person: Person, admin_roles: frozenset[str], ids: frozenset[str] | None = None) -> Refused | None:
    """Pure: None if the account is an administrator. `ids`: the ids of the roles, if some are configured by name."""
    if person.type != "user":
        return Refused("Only people can give commands.", why=f"This account is of the type {_plain(person.type)}.")
    if not person.active:
        return Refused("Only active accounts can give commands.", why="This account is deactivated.")
    if person.roles is None:
        return NotChecked(
            "I cannot see who is an administrator, so I treat nobody as one.",
            why="Rocket.Chat does not show me people's roles.",
            fix="Give the bot's account a role with the permission `view-full-other-user-info`.",
        )
    if not person.roles & (admin_roles if ids is None else ids):
        wanted = " or ".join(f"`{role}`" for role in sorted(admin_roles))
        return Refused(
            "Only an administrator may do this.",
            why=f"Your account does not have the role {wanted}.",
            fix="Ask someone who does; `help` and `status` are for every member of the admin room.",
        )
    return None


def role_ids(configured: frozenset[str], roles: Mapping[str, str]) -> frozenset[str]:
    """Pure: the role ids that SSOBOT_ADMIN_ROLES means, among all roles (id to name). Unknown roles are left out."""
    by_name = {role_id for role_id, name in roles.items() if name in configured and name not in roles}
    return frozenset(by_name | (configured & roles.keys()))


@dataclass(frozen=True)
class Access:
    """Asks Rocket.Chat."""

    chat: Chat
    admin_roles: frozenset[str]
    admin_room_id: str

    async def administrator(self, user_id: str) -> Person:
        """The account, if it is an administrator now; `Refused` if not, or if this cannot be checked."""
        person = await self.person(user_id)
        refusal = judge(person, self.admin_roles)
        if refusal is not None and person.roles and not self.admin_roles <= BUILT_IN:
            refusal = judge(person, self.admin_roles, await self._role_ids())
        if refusal is not None:
            raise refusal
        return person

    async def may_begin(self, origin: Origin) -> None:
        """`Refused` if the origin of the operation may not change anything now, or if this cannot be checked."""
        match origin:
            case FromMessage(user_id=user_id):
                await self.administrator(user_id)
            case FromSchedule():
                pass  # It was authorised when it was set, and goes on when that person leaves.
            case never:
                assert_never(never)

    async def _role_ids(self) -> frozenset[str]:
        try:
            return role_ids(self.admin_roles, await self.chat.roles())
        except RemoteError as error:
            raise NotChecked(
                "I could not look up the roles in Rocket.Chat, so I did nothing.",
                why=error.what,
                fix="Try again in a minute, or list the roles by their ids in SSOBOT_ADMIN_ROLES.",
            ) from error

    async def person(self, user_id: str) -> Person:
        """The account, fetched now; `Refused` if Rocket.Chat does not answer."""
        try:
            return await self.chat.person(user_id)
        except RemoteError as error:
            raise (NotChecked if error.transient else Refused)(
                "I could not ask Rocket.Chat who you are, so I did nothing.",
                why=error.what,
                fix=_later(error),
            ) from error

    async def place(self, message: Message) -> tuple[Place, Room | None]:
        """Where it was written; a direct room with more members counts as elsewhere, since others read it too."""
        if message.room_id == self.admin_room_id:
            return Place.ADMIN_ROOM, None
        if message.room_type not in ("d", ""):
            return Place.ELSEWHERE, None
        try:
            room = await self.chat.room(message.room_id)
        except RemoteError:
            return Place.UNKNOWN, None
        if room is not None and room.type == "d" and 1 <= room.members <= 2:
            return Place.DIRECT, room
        return Place.ELSEWHERE, room


def _later(error: RemoteError) -> str:
    seconds = math.ceil(error.retry_after) if isinstance(error, Busy) else 60
    return "Try again in a minute." if seconds >= 60 else f"Try again in {max(seconds, 1)} seconds."


def _plain(word: str) -> str:
    return word if word.isalnum() and len(word) < 20 else "unknown"
