"""`repair`: puts back what differs from the connection as it is desired."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Option, Registry
from bot.connection.adoption import keepable
from bot.connection.differences import differences
from bot.connection.refusals import refuse_unfinished
from commands.building import again, build, carry_out
from commands.context import CommandContext
from commands.differences import difference_lines
from commands.recovery import ConnectionRecovery
from commands.wording import plan_text

ORDER = 15
DRY_RUN = "dry-run"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "repair",
        summary="Puts back what differs, and follows both systems if they moved",
        help="Compares both systems with the connection as it should be, and writes what differs. `adopt` is the other "
        "way: it keeps what is there. A button's text, its colours and its place are people's own, and left.",
        options=(Option(DRY_RUN, "show what differs and change nothing"),),
        effect=True,
        recovery=ConnectionRecovery(context),
        examples=("repair", "repair --dry-run"),
    )
    async def repair(call: Call) -> Answer:
        there = await context.connection()
        refuse_unfinished(there)
        desired, observed = await again(call, context, there, with_email=there.with_email, told=False)
        made = build(call, there, desired, observed)
        if DRY_RUN not in call.options:
            return await carry_out(call, context, made)
        differing = differences(made.desired, observed)
        found = difference_lines(differing, context.fingerprints)
        if not made.changes:
            return Answer("✓ Everything is in sync; there is nothing to do.", next=("test",))
        lines = ("What differs:\n" + "\n".join(found),) if found else ()
        plan = f"I would do this, in this order:\n{plan_text(made.changes, made.desired)}"
        either = ("repair", "adopt") if any(map(keepable, differing)) else ("repair",)
        return Answer("Nothing was changed.", (*lines, plan), next=either)
