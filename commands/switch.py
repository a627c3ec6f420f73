"""`enable` and `disable`: the button on the login page, on and off."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Registry
from bot.connection.confirm import Taken, confirm
from bot.connection.desired import switched
from bot.connection.needs import drift
from bot.connection.plan import Scope
from bot.connection.receipt import Outcome
from bot.connection.undertake import Asked, undertake
from commands.context import CommandContext
from commands.elsewhere import refuse_moved
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
        help="People who are signed in stay signed in. Existing accounts are not changed.",
        effect=True,
        recovery=ConnectionRecovery(context, Scope.SWITCH),
    )
    async def disable(call: Call) -> Answer:
        return await _switch(call, context, on=False)


async def _switch(call: Call, context: CommandContext, *, on: bool) -> Answer:
    there = await context.connection()
    call.progress.doing("switching on" if on else "switching off")
    if on:
        await refuse_moved(there, context)
    before = await context.before(call.operation, there)
    narration = Narration(call.progress, context.fingerprints)
    asked = Asked(switched(there, on=on), there, call.operation.id, Scope.SWITCH, call.operation.resumed)
    done = await undertake(asked, context, narration, call.authorize)
    receipt, word = done.receipt, "on" if on else "off"
    said = f"It is {word}."
    if receipt.outcome is Outcome.UNCHANGED and not call.operation.resumed:  # else an earlier process may have done it
        said = f"It was already {word}; nothing changed."
    differing = also_differs(done.connection, done.seen)
    if not on:
        return Answer((said, *differing), next=("enable", "status"), receipt=receipt.as_dict())
    call.progress.doing("testing it from Rocket.Chat's side")
    confirmed = await confirm(done.connection, before, context, narration, Scope.SWITCH)
    stored = done.seen.stored if done.seen else None
    is_shown = stored is None or "show_button" not in drift(done.connection, stored)
    first = () if confirmed.taken is Taken.OFF else (said,)
    lines = (*first, *confirmation(confirmed, is_shown=is_shown), *differing)
    return Answer(lines, next=("test",), receipt=receipt.as_dict(), failed=not confirmed.works)
