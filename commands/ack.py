"""`ack`: an administrator has seen the incident, so there are no more reminders."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Registry
from bot.text import code
from commands.context import CommandContext
from commands.recovery import OwnRecovery

ORDER = 52


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    async def is_done(_: Call) -> bool:
        incident = (await context.watcher.state()).incident
        return incident is None or not incident.going_on or incident.acknowledged is not None

    @registry.command(
        "ack",
        summary="Acknowledges the reported failure, so that reminders end",
        help="A reaction of an administrator to the message about the failure does the same.",
        effect=True,
        recovery=OwnRecovery(is_done),
    )
    async def ack(call: Call) -> Answer:
        state = await context.watcher.state()
        incident = state.incident
        if incident is None or not incident.going_on:
            return Answer("There is no reported failure to acknowledge.", next=("test", "status"))
        if (before := incident.acknowledged) is not None and not call.operation.resumed:
            return Answer(f"It was acknowledged by {code(before.by)} before; nothing changed.", next=("test",))
        await call.authorize()
        await context.watcher.acknowledge(call.who.username)
        context.wake()
        return Answer("✓ Acknowledged: there are no more reminders of this failure.", next=("test",))
