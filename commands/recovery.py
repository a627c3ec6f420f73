"""What is left of a command that was interrupted: whether a part of it shows, and how it is reverted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.chatops.registry import Call, Trace
from bot.connection.observe import observe
from bot.connection.plan import Scope
from bot.connection.state import Connection, Observed
from bot.connection.trace import Shown, shown
from bot.connection.unknown import Unknown
from bot.errors import RemoteError
from commands.context import CommandContext

PAUSE = 5.0
"""Seconds between two tries if a system does not answer."""
PATIENCE = 60.0
"""Seconds for which it is tried: after a reboot of the machine, one of the systems may start late."""
_TRACES = {Shown.PART: Trace.PART, Shown.PERHAPS: Trace.UNCLEAR, Shown.NOTHING: Trace.NOTHING}


@dataclass(frozen=True)
class ConnectionRecovery:
    """For the commands that change the desired state of the connection. See `bot.chatops.registry.Recovery`."""

    context: CommandContext
    scope: Scope = Scope.ALL
    """The scope of the command: what it does not touch need not be observed."""

    async def trace(self, call: Call) -> Trace:
        """Nothing is carried out before its desired state is saved, so without one nothing was begun."""
        before = await self.context.previous.before(call.operation.id)
        desired = await self.context.connections.get()
        if before is None or desired is None:
            return Trace.NOTHING
        call.progress.doing("checking what was done")
        observed = await self._observed(before.connection, desired)
        return _TRACES[shown(before.connection, desired, observed, self.scope)]

    async def revert(self, call: Call) -> None:
        """What was desired before is desired again."""
        await self.context.previous.revert(call.operation.id)

    async def _observed(self, before: Connection | None, desired: Connection) -> Observed:
        """Waits without limit for an exchange that may be half done: if it were abandoned, nobody could sign in.
        RemoteError if anything else cannot be observed for a while."""
        context, may_be_halved = self.context, self.scope is not Scope.SWITCH and desired.exchanging
        until = context.clock.monotonic() + PATIENCE
        while True:
            try:
                observed = await observe(desired, context, self.scope)
            except RemoteError as error:
                if not may_be_halved and not (error.transient and context.clock.monotonic() < until):
                    raise
            else:
                unseen = may_be_halved and isinstance(observed.application, Unknown)
                if not unseen or shown(before, desired, observed, self.scope) is Shown.PART:
                    return observed
            await context.clock.sleep(PAUSE)


@dataclass(frozen=True)
class OwnRecovery:
    """For the commands that change only what the bot itself keeps, in one step. See `bot.chatops.registry.Recovery`."""

    is_done: Callable[[Call], Awaitable[bool]]
    """Whether that step shows."""

    async def trace(self, call: Call) -> Trace:
        """Done or not: there is nothing in between."""
        return Trace.PART if await self.is_done(call) else Trace.NOTHING

    async def revert(self, call: Call) -> None:
        """Does nothing: no desired state of the connection was saved."""


@dataclass(frozen=True)
class SlashRecovery:
    """For `slash`, which is one write. See `bot.chatops.registry.Recovery`."""

    context: CommandContext

    async def trace(self, call: Call) -> Trace:
        """Whether the setting has the desired value."""
        return Trace.PART if await self.context.slash.allowed() == (call.arguments["state"] == "on") else Trace.NOTHING

    async def revert(self, call: Call) -> None:
        """Does nothing: `slash` saves no desired state."""
