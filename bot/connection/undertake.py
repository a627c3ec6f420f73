"""Carries out a change of the desired state: authorises and saves it, runs the loop, and leaves a receipt. If nothing
was done, the previous state is desired again."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.connection.changes import DeleteApplication
from bot.connection.observe import RunEffect
from bot.connection.plan import Scope
from bot.connection.ports import Context
from bot.connection.receipt import Receipt
from bot.connection.reconcile import Narrator, Reconciler
from bot.connection.removal import left
from bot.connection.state import Connection, Observed
from bot.errors import Uncertain, Unfinished, UserError


@dataclass(frozen=True)
class Undertaking:
    """A change of the desired state, asked for by an operation."""

    desired: Connection
    before: Connection | None
    """What was desired until now; None: there was no connection."""
    operation_id: str
    scope: Scope = Scope.ALL
    resumed: bool = False
    """An earlier process began it: it is no longer known what was desired before, nor whether anything was done."""


@dataclass(frozen=True)
class Undertaken:
    """The result of an undertaking."""

    connection: Connection
    receipt: Receipt
    seen: Observed
    """Both sides at the end, as far as `scope` looks."""


async def undertake(
    undertaking: Undertaking,
    context: Context,
    narrator: Narrator,
    authorize: Callable[[], Awaitable[None]],
    observed: Observed | None = None,
) -> Undertaken:
    """Runs until both systems are as desired. `authorize` is awaited before anything is done, and raises `UserError` if
    it may not be done; `observed` spares the first look.

    A connection that shall be absent is forgotten in the same transaction that keeps its receipt.

    Otherwise UserError: nothing was done, and what was desired before is desired again, so that no later command
    carries it out. Unfinished: a part was done, and the rest stays desired. Uncertain: nobody can say.
    """
    await authorize()
    await context.connections.save(undertaking.desired, operation_id=undertaking.operation_id)
    reconciler = Reconciler(context, narrator, undertaking.operation_id, scope=undertaking.scope)
    try:
        connection, receipt = await reconciler.run(undertaking.desired, observed)
        if connection.absent:
            deleted = DeleteApplication.__name__ in receipt.changes
            receipt = replace(receipt, left=left(connection, reconciler.seen, deleted=deleted))
            await context.connections.delete(
                connection.id, operation_id=undertaking.operation_id, receipt=receipt.as_dict()
            )
    except UserError as error:
        effect = await reconciler.effect(undertaking.desired)
        if effect is RunEffect.UNKNOWN:
            raise Uncertain(error.what, why=error.why, fix=error.fix) from error
        if effect is RunEffect.SOME or undertaking.resumed or not await _reverted(undertaking, context):
            raise Unfinished(error.what, why=error.why, fix=error.fix) from error
        raise
    return Undertaken(connection, receipt, reconciler.seen)


async def _reverted(undertaking: Undertaking, context: Context) -> bool:
    """False if the database does not allow it."""
    with contextlib.suppress(UserError):
        if undertaking.before is None:
            await context.connections.delete(undertaking.desired.id)
        else:
            await context.connections.save(undertaking.before)
        return True
    return False
