"""The ground of a rotation, looked at and proved before anything is desired: whoever asks for it, a person or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.connection.context import Context
from bot.connection.desired import rotated
from bot.connection.plan import in_use
from bot.connection.profile import Engine
from bot.connection.proof import prove_ground
from bot.connection.refusals import required
from bot.connection.state import Connection, Observed
from bot.errors import UserError
from bot.secret import new_secret


async def prepare_rotation(
    there: Connection, observed: Observed, context: Context, authorize: Callable[[], Awaitable[None]]
) -> Connection:
    """The connection with a new secret on its way, once both sides are seen to hold the same one and to take another.

    `authorize` is awaited before the empty write of the proof. UserError if the ground does not bear it.
    """
    if there.current is None:
        raise UserError("The connection is not fully set up.", fix="`/sso setup` finishes it.")
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
