"""`test`: every part of the connection looked at, each failure with its cause and its mend. Changes nothing."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Registry
from commands.context import CommandContext

ORDER = 30


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "test",
        summary="Checks every part of the connection and says what is wrong",
        help="Reads both systems at the same time, without signing anybody in, and checks what it finds.",
        effect=False,
    )
    async def test(call: Call) -> Answer:
        connection = await context.connections.get()
        call.progress.doing("reading both systems")
        verdict = await context.examine(connection)
        following = ("setup",) if connection is None else ("status",)
        return Answer(verdict.lines(), next=following, failed=verdict.failed)
