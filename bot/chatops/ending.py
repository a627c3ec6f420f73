"""The end of an operation: committed first, then delivered, so a crash loses neither.

What cannot be delivered is tried again at every opportunity, and by the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from bot.chatops import audit
from bot.chatops.backlog import Backlog
from bot.chatops.execution import Ending, log_internal
from bot.chatops.ports import Operation, Operations
from bot.chatops.registry import Command
from bot.chatops.reply import Reply
from bot.clock import Clock
from bot.retry import until_available

EndListener = Callable[[Operation, Ending], None]
"""Called when the end of an operation is committed. It must not wait."""


class Endings:
    """Ends operations; `stop` ends its own work."""

    def __init__(
        self,
        operations: Operations,
        clock: Clock,
        command_of: Callable[[str], Command | None],
        listeners: Sequence[EndListener],
    ) -> None:
        """`command_of` the words of an operation; None if this version does not know it."""
        self._operations = operations
        self._clock = clock
        self._command_of = command_of
        self._listeners = listeners
        self._backlog = Backlog(clock)
        self._retrying: asyncio.Task[None] | None = None
        self._stopping = False

    def opportunity(self) -> None:
        """What is undelivered may be delivered now."""
        self._backlog.opportunity()

    async def stop(self) -> None:
        """Nothing is delivered any more that could not be delivered at once."""
        self._stopping = True
        if self._retrying is not None:
            self._retrying.cancel()
            await asyncio.gather(self._retrying, return_exceptions=True)

    async def end(self, operation: Operation, reply: Reply, ending: Ending) -> None:
        """Commits and delivers."""
        await self.conclude(operation, reply, ending, await self.commit(operation, ending))

    async def commit(self, operation: Operation, ending: Ending) -> bool:
        """Never raises. False if it is not known to be committed."""
        try:
            await self._finish(operation, ending)
        except Exception as error:  # noqa: BLE001 - the answer is true all the same, and is still given
            log_internal(error, "finish", operation.id)
            return False
        return True

    async def conclude(self, operation: Operation, reply: Reply, ending: Ending, committed: bool) -> None:
        """The answer is delivered in any case. If the commit failed, it is repeated once the database is back:
        otherwise a new start would resume the operation and replace this answer."""
        given = await reply.finish(ending.text, ended=ending.progress)
        if not committed:
            await until_available(lambda: self._finish(operation, ending))
        await self._note(operation, reply, ending.text, given)

    async def deliver(self, operation: Operation, reply: Reply, text: str) -> None:
        """The answer of an operation that has ended."""
        await self._note(operation, reply, text, await reply.finish(text, ended=Ending.progress))

    async def without_answer(self, operation: Operation, ending: Ending) -> None:
        """Its author has the answer already."""
        await self.commit(operation, ending)
        await until_available(partial(self._operations.delivered, operation.id))

    async def _finish(self, operation: Operation, ending: Ending) -> None:
        """Commits the end and logs it: the one place where an operation ends."""
        receipt = await self._operations.finish(operation.id, ending.state, ending.text, ending.receipt)
        command = self._command_of(operation.words)
        audit.ended(operation, ending, command=command, receipt=receipt, now=self._clock.now())
        for heard in self._listeners:
            heard(operation, ending)

    async def _note(self, operation: Operation, reply: Reply, text: str, given: bool) -> None:
        """An answer that was not posted never counts as delivered."""
        if given:
            return await until_available(partial(self._operations.delivered, operation.id))

        async def again() -> bool:
            given = await reply.finish(text, patience=0)
            if given:
                await until_available(partial(self._operations.delivered, operation.id))
            return given

        self._backlog.add(operation.id, again)
        if self._retrying is None and not self._stopping:
            self._retrying = asyncio.create_task(self._backlog.run())
        return None
