"""`enable` and `disable`: the button on the login page, on and off."""

from __future__ import annotations

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call, Registry
from bot.connection.confirm import Taken, confirm
from bot.connection.desired import labelled, switched
from bot.connection.needs import drift
from bot.connection.observe import observe, observe_patiently
from bot.connection.plan import Scope
from bot.connection.receipt import Outcome
from bot.connection.state import Connection, Observed
from bot.connection.undertake import Undertaking, undertake
from bot.errors import RemoteError
from commands.context import CommandContext
from commands.elsewhere import refuse_moved
from commands.lockout import OPTION, refuse_lockout
from commands.recovery import ConnectionRecovery
from commands.wording import Narration, also_differs, confirmation

ORDER = 50


def register(registry: Registry, context: CommandContext) -> None:
    """Declares both commands."""

    @registry.command(
        "enable",
        summary="Shows the button on the login page, after verifying that it works",
        help="The secret is verified first; then the service is switched on, and the bot waits until it is active. "
        "If Rocket.Chat itself says that it cannot sign anybody in with it, it is switched off again.",
        effect=True,
        recovery=ConnectionRecovery(context, Scope.SWITCH),
    )
    async def enable(call: Call) -> Answer:
        return await _switch(call, context, on=True)

    @registry.command(
        "disable",
        summary="Removes the button from the login page; changes nothing else",
        help="People who are signed in stay signed in. Existing accounts are not changed. If nobody could sign in "
        "afterwards, it is done only with a code that is shown first.",
        options=(OPTION,),
        effect=True,
        recovery=ConnectionRecovery(context, Scope.SWITCH),
    )
    async def disable(call: Call) -> Answer:
        return await _switch(call, context, on=False)


async def _switch(call: Call, context: CommandContext, *, on: bool) -> Answer:
    there = await context.connection()
    call.progress.doing("switching on" if on else "switching off")
    desired = switched(there, on=on)
    if on:
        observed = await _looked_at(desired, context)
    else:
        observed = await observe_patiently(desired, context, Scope.SWITCH)
        await refuse_lockout(call, context, there, observed, "disable")
    before = await context.before(call.operation, there)
    narration = Narration(call.progress, context.fingerprints)
    undertaking = Undertaking(desired, there, call.operation.id, Scope.SWITCH, call.operation.resumed)
    done = await undertake(undertaking, context, narration, call.authorize, observed)
    receipt, differing = done.receipt, also_differs(done.connection, done.seen)
    # After a restart an earlier process may have done it.
    unchanged = receipt.outcome is Outcome.UNCHANGED and not call.operation.resumed
    already = ("It was already on; nothing changed." if on else "It was already off; nothing changed.",)
    if not on:
        said = already if unchanged else ("It is off.",)
        return Answer(f"✓ {said[0]}", differing, next=(*fixes_in(*differing), "enable"), receipt=receipt.as_dict())
    call.progress.doing("testing it from Rocket.Chat's side")
    confirmed = await confirm(done.connection, before, done.seen, context, narration, Scope.SWITCH)
    stored = done.seen.stored
    is_shown = stored is None or "show_button" not in drift(done.connection, stored)
    label = labelled(done.connection, done.seen).label
    verdict, *lines = confirmation(confirmed, is_shown=is_shown, label=label)
    if unchanged and confirmed.taken is not Taken.OFF:
        lines = [*lines, *already]
    wrong = (*lines, *differing) if not confirmed.works else (*differing, *lines)
    following = (*fixes_in(*wrong), *(("test",) if confirmed.works else ()))
    return Answer(verdict, wrong, next=following, receipt=receipt.as_dict(), failed=not confirmed.works)


async def _looked_at(desired: Connection, context: CommandContext) -> Observed | None:
    """Both sides before they are switched on. None where one of them does not say: the loop asks again, and for
    longer."""
    try:
        observed = await observe(desired, context, Scope.SWITCH)
    except RemoteError:
        return None
    refuse_moved(desired, observed)
    return observed
