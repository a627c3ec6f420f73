"""What the commands work with, built once in `bot.app`."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chatops.history import PastOperations
from bot.chatops.ports import Notes, SlashSetting
from bot.chatops.registry import OperationRef
from bot.connection.lost_key import Locked, kept, without_secrets
from bot.connection.observe import observe
from bot.connection.ports import Context
from bot.connection.previous import PreviousStates
from bot.connection.refusals import refuse_a_removal
from bot.connection.state import Connection, Observed, ServiceName
from bot.doctor.verdict import Verdict, sight_of
from bot.errors import UserError
from bot.schedule.ports import Schedules
from bot.schedule.watching import Watcher


@dataclass(frozen=True)
class CommandContext(Context):
    """Ports and pure helpers; no socket and no table."""

    rocketchat_url: str
    """The address that the bot uses for Rocket.Chat."""
    service_name: Callable[[str], ServiceName]
    """How Rocket.Chat spells a name. UserError for a name that it would change."""
    examine: Callable[[Connection | Locked | None], Awaitable[Verdict]]
    """The doctor: gathers evidence and runs every check. A command uses `examined`."""
    slash: SlashSetting
    notes: Notes
    """What was noted for later starts."""
    previous: PreviousStates
    history: PastOperations
    schedules: Schedules
    watcher: Watcher
    wake: Callable[[], None]
    """Tells the scheduler that something has changed."""
    zone: Callable[[], Awaitable[str | None]]
    """The time zone of the workspace; None: it names none, or cannot be asked."""
    draw: Callable[[], float]
    """A random number, 0 ≤ x < 1."""

    async def proved_at(self) -> datetime | None:
        """When the secret in use was last proved; None: there is no connection, or nobody knows."""
        connection = await without_secrets(self.connections.get)
        return None if connection is None else connection.proved_at

    async def kept(self) -> Connection | Locked | None:
        """The connection, or what can be read of it without the key of its secrets."""
        return await kept(self.connections.get)

    async def examined(self, connection: Connection | Locked | None) -> Verdict:
        """Runs every check for a person, and lets the watch of the scheduled tests know what was seen: what it says
        must not contradict the answer. The answer does not need the watch."""
        verdict = await self.examine(connection)
        with contextlib.suppress(UserError):
            scheduled = (await self.schedules.get()).verification is not None
            await self.watcher.overheard(sight_of(verdict), scheduled=scheduled)
            self.wake()
        return verdict

    async def observed(self, connection: Connection) -> Observed:
        """What both sides hold. RemoteError if one does not answer."""
        return await observe(connection, self)

    async def before(self, operation: OperationRef, there: Connection | None) -> Connection | None:
        """What was desired before this operation, also if an earlier process began it. `there`: what is desired now."""
        before = await self.previous.before(operation.id) if operation.resumed else None
        return there if before is None else before.connection

    async def connection(self) -> Connection:
        """The connection there is. UserError if there is none, or it is being removed."""
        connection = await self.connections.get()
        if connection is None:
            raise UserError("There is no connection yet.", fix="`/sso setup` creates one.")
        refuse_a_removal(connection)
        return connection
