"""Checks and proves the preconditions of a rotation before anything is desired; used by a person's command or a
schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.connection.desired import rotated
from bot.connection.plan import in_use
from bot.connection.ports import Context
from bot.connection.profile import Engine
from bot.connection.proof import prove_ground
from bot.connection.refusals import refuse_unfinished, required
from bot.connection.state import Connection, Observed
from bot.errors import UserError
from bot.secret import new_secret


async def nobody_is_asked() -> None:
    """The `authorize` of a proof after which nothing is changed: a dry run, a rehearsal."""


async def prepare_rotation(
    there: Connection, observed: Observed, context: Context, authorize: Callable[[], Awaitable[None]]
) -> Connection:
    """The connection with a new pending secret, once both sides are seen to hold the same secret and to accept writes.

    `authorize` is awaited before the empty write of the proof. UserError if a precondition does not hold.
    """
    refuse_unfinished(there)
    if observed.stored is None:
        raise UserError(
            "The connection is incomplete: the service is gone from Rocket.Chat.",
            why="It was there when the connection was set up.",
            fix="`/sso setup` restores what is missing.",
        )
    application = required(there, observed.application)
    await authorize()
    held = await prove_ground(there, context.encvoy, observed.stored, application)
    return rotated(there, held, new_secret(), observed, await _engine(observed, context))


async def _engine(observed: Observed, context: Context) -> Engine:
    """Which one a marker is needed for. RemoteError where Rocket.Chat does not even say so when asked once more."""
    if not in_use(observed):
        return Engine.LEGACY
    return observed.engine or (await context.rocketchat.profile()).engine
