"""Chatops as one part: what `app` builds and runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import stamina
import structlog

from bot.chatops import open_room
from bot.chatops.access import Access
from bot.chatops.once import Once
from bot.chatops.ports import Chat, Listener, Notices, Operations, Room, SlashSetting
from bot.chatops.reception import Identity, Reception
from bot.chatops.registry import Registry
from bot.chatops.reply import LONGEST_WAIT, Outbox, worth_waiting
from bot.chatops.runner import Runner
from bot.chatops.slash import introduce
from bot.chatops.unfamiliar import Unfamiliar
from bot.clock import Clock
from bot.errors import ConfigError

_log = structlog.get_logger()


async def _no_skew() -> timedelta:
    return timedelta(0)


class Chatops:
    """Listens until it is cancelled."""

    def __init__(
        self,
        *,
        chat: Chat,
        listener: Listener,
        operations: Operations,
        notices: Notices,
        slash: SlashSetting,
        registry: Registry,
        clock: Clock,
        identity: Identity,
        admin_room: str,
        admin_roles: frozenset[str],
        skew: Callable[[], Awaitable[timedelta]] = _no_skew,
    ) -> None:
        """`admin_room`: name or id. `skew`: what is to be added to `clock` to get the server's clock (its header
        `Date`); asked once at the start."""
        self._outbox = Outbox(chat, clock)
        self._listener = listener
        self._operations = operations
        self._notices = notices
        self._slash = slash
        self._registry = registry
        self._identity = identity
        self._admin_room = admin_room
        self._admin_roles = admin_roles
        self._skew = skew
        self.recovered = asyncio.Event()
        """Set when the admin room is known and everything left by an earlier process is being taken up."""

    async def run(self) -> None:
        """Finds the admin room (waiting for Rocket.Chat if it is away), takes up what was left, and then listens.
        ConfigError if there is no such room, or the bot is not in it. Cancelled, it lets the running operation finish
        for a few seconds."""
        room = await self._find_room()
        runner = await self._runner(room)
        greeting = asyncio.create_task(self._introduce(room))
        try:
            await runner.recover()
            self.recovered.set()
            async for message in self._listener.messages():
                await runner.handle(message)
        finally:
            greeting.cancel()
            await asyncio.gather(greeting, return_exceptions=True)
            await runner.stop()

    async def _runner(self, room: Room) -> Runner:
        access = Access(self._outbox.chat, self._admin_roles, room.id)
        reception = Reception(
            clock=self._outbox.clock,
            registry=self._registry,
            access=access,
            identity=self._identity,
            admin_room=room,
            skew=await self._skew(),
        )
        return Runner(
            outbox=self._outbox,
            operations=self._operations,
            reception=reception,
            access=access,
            admin_room=room,
            unfamiliar=Unfamiliar(Once(self._outbox, self._notices, room.id), self._notices),
        )

    async def _find_room(self) -> Room:
        room: Room | None = None
        async for attempt in stamina.retry_context(
            on=worth_waiting, attempts=None, timeout=None, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5
        ):
            with attempt:
                room = await self._outbox.chat.room(self._admin_room)
        if room is None:
            raise ConfigError(
                "SSOBOT_ADMIN_ROOM names a room that I cannot see.",
                mend="Create it, or invite the bot's account into it.",
            )
        if room.encrypted:
            raise ConfigError(
                "The room of SSOBOT_ADMIN_ROOM is end-to-end encrypted, and a bot cannot read it.",
                mend="Switch its encryption off, or name another room.",
            )
        return room

    async def _introduce(self, room: Room) -> None:
        once = Once(self._outbox, self._notices, room.id)
        await open_room.warn(room=once, found=room)
        await introduce(room=once, setting=self._slash, bot_username=self._identity.username)
