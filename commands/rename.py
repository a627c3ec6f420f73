"""`rename`: another text on the button. The service keeps its name, which is part of people's identity."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Option, Registry
from bot.connection.desired import button_label, renamed
from bot.connection.plan import Scope
from bot.connection.receipt import Outcome
from bot.connection.refusals import refuse_an_exchange
from bot.connection.undertake import Undertaking, undertake
from bot.errors import UserError
from bot.text import quoted
from commands.context import CommandContext
from commands.recovery import ConnectionRecovery
from commands.wording import Narration

ORDER = 55
LABEL = "label"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "rename",
        summary="Changes the text on the button",
        help="Changes nothing else: the service keeps its name, by which Rocket.Chat knows the people who came through "
        "it. A text that is set in Rocket.Chat itself stays as well.",
        options=(Option(LABEL, "the new text, in any script", takes_value=True),),
        effect=True,
        recovery=ConnectionRecovery(context, Scope.LABEL),
        examples=('rename --label "Войти через Encvoy ID"',),
    )
    async def rename(call: Call) -> Answer:
        if LABEL not in call.arguments:
            raise UserError("The new text is missing.", fix='For example: `/sso rename --label "Encvoy ID"`.')
        label = button_label(call.arguments[LABEL])
        there = await context.connection()
        refuse_an_exchange(there)  # a changed setting would delay the moment in which the new secret becomes active
        call.progress.doing("changing the text")
        undertaking = Undertaking(renamed(there, label), there, call.operation.id, Scope.LABEL, call.operation.resumed)
        narration = Narration(call.progress, context.fingerprints)
        done = await undertake(undertaking, context, narration, call.authorize)
        unchanged = done.receipt.outcome is Outcome.UNCHANGED and not call.operation.resumed
        if unchanged:
            verdict = f"✓ The text was {quoted(label)} already; nothing changed."
        elif done.seen.live is None:
            verdict = f"✓ The text is {quoted(label)}. The service is off, so the login page does not show it."
        else:
            verdict = f"✓ The login page shows {quoted(label)}."
        return Answer(verdict, next=("status",), receipt=done.receipt.as_dict())
