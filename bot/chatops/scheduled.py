"""The runner and the roles as the scheduler uses them: `bot.schedule.ports.Operating` and `Roles`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from bot.chatops.access import Access, NotChecked, Refused
from bot.chatops.origin import FromSchedule
from bot.chatops.ports import Operations, OperationState
from bot.chatops.runner import Runner
from bot.errors import RemoteError
from bot.schedule.ports import Begun, Due, Ended


@dataclass(frozen=True)
class ScheduledOperations:
    """Begins operations that no message asked for."""

    runner: Runner
    operations: Operations
    room_id: str
    """Of the report room."""

    async def begin(self, due: Due, words: str) -> None:
        """See `Operating.begin`."""
        await self.runner.begin(FromSchedule(due.key, due.until, self.room_id, due.user_id, due.username), words)

    async def outcome(self, due_key: str) -> Ended | Begun | None:
        """See `Operating.outcome`."""
        operation = await self.operations.of_schedule(due_key)
        if operation is None:
            return None
        if operation.reply_text is None:
            return Begun()
        return Ended(operation.state is OperationState.DONE, operation.reply_text)

    def alone(self) -> AbstractAsyncContextManager[None]:
        """See `Operating.alone`."""
        return self.runner.alone()


@dataclass(frozen=True)
class AdministratorRoles:
    """Asks Rocket.Chat each time."""

    access: Access

    async def holds(self, user_id: str) -> bool | None:
        """See `Roles.holds`. An account that is gone holds none."""
        try:
            await self.access.administrator(user_id)
        except NotChecked:
            return None
        except Refused:
            return False
        return True

    async def named(self, username: str) -> bool:
        """See `Roles.named`."""
        try:
            person = await self.access.chat.person_named(username)
        except RemoteError:
            return False
        return bool(await self.holds(person.id))
