"""Gathers what the bot itself needs: each piece independently, as `bot.doctor.gather` does for the two systems."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.chatops.access import judge, role_ids
from bot.chatops.grammar import is_addressed
from bot.chatops.ports import Chat, Message, Person, Room
from bot.connection.asking import or_unknown, succeeds
from bot.connection.entrance import Guarded, Standing
from bot.connection.unknown import Unknown
from bot.doctor.own import Administrators, Own, TypedByBot
from bot.errors import Forbidden, Rejected

MOST_ASKED = 10
"""How many holders of a role are looked up: each takes a request."""


@dataclass(frozen=True)
class OwnLooks:
    """Requests about the bot itself that only the doctor makes. Errors: `bot.errors.RemoteError`."""

    standing: Callable[[], Awaitable[Standing]]
    """What the bot's user at Encvoy ID may do there; it has just logged in."""
    holders: Callable[[str, str], Awaitable[tuple[str, ...]]]
    """User ids of the holders of a role in Rocket.Chat, by the role's id and name."""
    latest: Callable[[Room], Awaitable[tuple[Message, ...]]]
    """The newest messages of a room."""
    websocket: Callable[[], Awaitable[None]]
    """Whether messages would be pushed; an error says at which step it failed."""
    guarded: Callable[[], Awaitable[Guarded]]
    """The result of a write that is guarded by a second factor and changes nothing."""


@dataclass(frozen=True)
class OwnGatherer:
    """The ports, and what the configuration says of the bot itself."""

    chat: Chat
    looks: OwnLooks
    user_id: str
    admin_roles: frozenset[str]

    async def gather(
        self,
        account: Awaitable[Person | Unknown],
        room: Awaitable[Room | Unknown | None],
        login: Awaitable[bool | Unknown],
        *,
        terminal: bool,
    ) -> Own:
        """Gathers once. Requests that must fail are left out: without an account, or after a failed login. The second
        factor is tested from the terminal only: in the chat, the doctor sends nothing that looks like a write."""
        own, standing = await asyncio.gather(self._with_account(account, room, terminal), self._standing(login))
        return replace(own, standing=standing)

    async def _with_account(
        self, asked: Awaitable[Person | Unknown], room: Awaitable[Room | Unknown | None], terminal: bool
    ) -> Own:
        account, seen = await asyncio.gather(asked, room)
        if isinstance(account, Unknown):
            return Own()
        administrators, websocket, guarded, typed = await asyncio.gather(
            or_unknown(self._administrators()),
            or_unknown(succeeds(self.looks.websocket())),
            self._guarded(terminal),
            self._typed(account, seen),
        )
        return Own(None, administrators, websocket, guarded, typed)

    async def _standing(self, login: Awaitable[bool | Unknown]) -> Standing | Unknown | None:
        return None if isinstance(await login, Unknown) else await or_unknown(self.looks.standing())

    async def _guarded(self, terminal: bool) -> Guarded | Unknown | None:
        return await or_unknown(self.looks.guarded()) if terminal else None

    async def _typed(self, account: Person, room: Room | Unknown | None) -> TypedByBot | Unknown | None:
        if room is None or isinstance(room, Unknown) or room.encrypted:
            return None
        return await or_unknown(self._commands_of(account, room))

    async def _commands_of(self, account: Person, room: Room) -> TypedByBot:
        messages = await self.looks.latest(room)
        commands = [m.ts for m in messages if is_typed_command(m, account)]
        return TypedByBot(len(messages), len(commands), max(commands, default=None))

    async def _administrators(self) -> Administrators:
        roles = await self.chat.roles()
        ids = role_ids(self.admin_roles, roles)
        held = {role_id: await self._holders(role_id, roles) for role_id in sorted(ids)}
        people = list(dict.fromkeys(user_id for holders in held.values() for user_id in holders))
        found = Administrators(
            absent=frozenset(word for word in self.admin_roles if not role_ids(frozenset({word}), roles)),
            unheld=frozenset(roles[role_id] for role_id, holders in held.items() if not holders),
        )
        unfit = 0
        for user_id in people[:MOST_ASKED]:
            person = await self._person(user_id)
            if person is not None and person.roles is None:
                raise Forbidden("Rocket.Chat", "GET /api/v1/users.info", why="It does not show people's roles.")
            if person is not None and judge(person, self.admin_roles, ids) is None:
                return Administrators(found.absent, found.unheld, person.username, unfit)
            unfit += 1
        return Administrators(found.absent, found.unheld, None, unfit, more=len(people) > MOST_ASKED)

    async def _holders(self, role_id: str, roles: Mapping[str, str]) -> tuple[str, ...]:
        holders = await self.looks.holders(role_id, roles[role_id])
        return tuple(user_id for user_id in holders if user_id != self.user_id)

    async def _person(self, user_id: str) -> Person | None:
        """None if the account was deleted since the list was read."""
        try:
            return await self.chat.person(user_id)
        except Rejected:
            return None


def is_typed_command(message: Message, account: Person) -> bool:
    """Pure: whether this account wrote it, and it begins as a command does."""
    by_hand = message.system_type is None and not message.from_integration and message.alias is None
    mine = message.user_id == account.id
    return mine and by_hand and is_addressed(message.text, bot_username=account.username)
