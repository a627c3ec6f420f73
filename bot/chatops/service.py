"""Joins the parts of chatops; `app` builds and runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TypeVar

import structlog

from bot.chatops.access import Access
from bot.chatops.admin_room import AdminRoom, Found, room_of_reports, tell_of_namesake
from bot.chatops.ending import EndListener
from bot.chatops.execution import log_internal
from bot.chatops.heard import Heard
from bot.chatops.notices import Announcement, Announcer, tell_of_slash, warn_of_public_room
from bot.chatops.ports import Chat, MessageStream, Notes, Operations, ServerTime, SlashSetting
from bot.chatops.reception import Identity, Reception
from bot.chatops.registry import Registry
from bot.chatops.reply import Outbox
from bot.chatops.report import Report
from bot.chatops.runner import Runner
from bot.chatops.scheduled import AdministratorRoles, ScheduledOperations
from bot.chatops.unknown_fields import UnknownFields
from bot.clock import Clock
from bot.errors import ConfigError, UserError
from bot.retry import until_available
from bot.schedule.ports import Floor

_log = structlog.get_logger()
T = TypeVar("T")

AGAIN = 600.0
"""Seconds until a failed announcement is tried again."""


class Chatops:
    """Listens until it is cancelled."""

    def __init__(
        self,
        *,
        chat: Chat,
        listener: MessageStream,
        operations: Operations,
        notes: Notes,
        slash: SlashSetting,
        registry: Registry,
        clock: Clock,
        identity: Identity,
        admin_room: str,
        admin_roles: frozenset[str],
        time: ServerTime,
        whoami: Callable[[], Awaitable[str]],
        announcements: Sequence[Announcement] = (),
        buttons: bool = True,
        report_room: str | None = None,
        unattended: Callable[[Floor], Coroutine[None, None, None]] | None = None,
        listeners: Sequence[EndListener] = (),
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """`admin_room`: name or id. `time`: the server's clock. `whoami`: the bot's own username, asked anew.
        `announcements` are made in the admin room, one after the other, while commands are taken already. `buttons`:
        whether results have some. `report_room`: name or id, by default the admin room. `unattended` runs beside the
        listening: what no message asked for. `listeners` hear of the end of each operation; `heard` is called for each
        message, before it is handled. None of them may wait."""
        self._outbox = Outbox(chat, clock, buttons)
        self._listener = listener
        self._operations = operations
        self._notes = notes
        self._slash = slash
        self._registry = registry
        self._identity = identity
        self._admin_room = AdminRoom(chat, notes, admin_room)
        self._admin_roles = admin_roles
        self._time = time
        self._announcements = announcements
        self._whoami = whoami
        self._report_room = room_of_reports(chat, notes, report_room)
        self._unattended = unattended
        self._listeners = listeners
        self._message_heard = heard
        self.recovered = asyncio.Event()
        """Set when the admin room is known and everything left by an earlier process is being taken up."""

    async def run(self) -> None:
        """Finds the admin room (waiting for Rocket.Chat if it is away), takes up what was left, and then listens.
        ConfigError if there is no such room, or the bot is not in it. Cancelled, it lets the running operation finish
        for a few seconds."""
        found = await until_available(self._admin_room.find)
        self._listener.watch(found.room.id, found.room.type)
        report_room = (await until_available(self._report_room.find)).room if self._report_room else found.room
        access = Access(self._outbox.chat, self._admin_roles, found.room.id)
        reception, runner = self._build(found, access)
        heard = Heard(self._notes, self._outbox.clock, self._time)
        await heard.begin()
        beside = [asyncio.create_task(work) for work in (self._keep_up(found, reception, runner), heard.run())]
        try:
            await until_available(runner.recover)
            if self._unattended is not None:
                floor = Floor(
                    ScheduledOperations(runner, self._operations, report_room.id),
                    Report(self._outbox, self._notes, report_room.id, found.room.id),
                    AdministratorRoles(access),
                )
                beside.append(asyncio.create_task(self._unattended(floor)))
            self.recovered.set()
            async for message in self._listener.messages():
                self._message_heard()
                await runner.handle(message)
                heard.saw(message)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await runner.stop()
            await heard.close()

    def _build(self, found: Found, access: Access) -> tuple[Reception, Runner]:
        reception = Reception(
            clock=self._outbox.clock,
            registry=self._registry,
            access=access,
            identity=self._identity,
            admin_room=found.room,
            time=self._time,
        )
        runner = Runner(
            outbox=self._outbox,
            operations=self._operations,
            reception=reception,
            access=access,
            admin_room=found.room,
            unfamiliar=UnknownFields(Announcer(self._outbox, self._notes, found.room.id), self._notes),
            listeners=self._listeners,
        )
        return reception, runner

    async def _keep_up(self, found: Found, reception: Reception, runner: Runner) -> None:
        """Everything that was read may have changed while there was no socket. What cannot be read now stays as it
        was."""
        await self._introduce(found)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._make_announcements(Announcer(self._outbox, self._notes, found.room.id)))
            group.create_task(self._refresh(reception, runner))

    async def _refresh(self, reception: Reception, runner: Runner) -> None:
        async for _ in self._listener.connections():
            runner.reconnected()
            found = await _tried("not read anew", self._read_anew(reception))
            if found is not None:
                await self._introduce(found)

    async def _read_anew(self, reception: Reception) -> Found:
        found = await self._admin_room.find()
        username = await self._whoami()
        reception.refresh(username, found.room)
        self._identity = Identity(self._identity.user_id, username)
        return found

    async def _introduce(self, found: Found) -> None:
        await _tried("not introduced", self._say_hello(found))

    async def _say_hello(self, found: Found) -> None:
        announcer = Announcer(self._outbox, self._notes, found.room.id)
        await tell_of_namesake(room=announcer, found=found)
        await warn_of_public_room(room=announcer, found=found.room)
        await tell_of_slash(room=announcer, setting=self._slash, bot_username=self._identity.username)

    async def _make_announcements(self, room: Announcer) -> None:
        for announcement in self._announcements:
            await self._announce(announcement, room)

    async def _announce(self, announcement: Announcement, room: Announcer) -> None:
        """Retries until it succeeds: a room or a server may be unavailable for a while."""
        while not await _tried("not announced", announcement(room)):
            await self._outbox.clock.sleep(AGAIN)


async def _tried(failure: str, work: Awaitable[T]) -> T | None:
    """None if it failed, which is logged. What goes on beside the listening must not end unseen: nothing would be
    looked at anew from then on."""
    try:
        return await work
    except ConfigError as error:
        # It still listens in direct rooms; the next start will end with this error.
        _log.error(failure, error=error.text)
    except UserError as error:
        _log.warning(failure, error=error.what)
    except Exception as error:  # noqa: BLE001 - part of the runner: a bug here must not leave it with what was read once
        log_internal(error, failure)
    return None
