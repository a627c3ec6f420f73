"""`test`: checks every part of the connection; each failure has a cause and a fix. Changes nothing."""

from __future__ import annotations

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call, Option, Registry
from commands.context import CommandContext

ORDER = 30
ALL = "all"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "test",
        summary="Checks every part of the connection and says what is wrong",
        help="Reads both systems at the same time, without signing anybody in, and checks what it finds.",
        options=(Option(ALL, "list what passed, too"),),
        effect=False,
        examples=("test", "test --all"),
    )
    async def test(call: Call) -> Answer:
        connection = await context.kept()
        call.progress.doing("reading both systems")
        verdict = await context.examined(connection)
        in_full = ALL in call.options
        lines = verdict.lines() if in_full else (*verdict.wrong(), *verdict.others())
        if verdict.failed:
            following = tuple(dict.fromkeys((*fixes_in(*verdict.fixes()), "test")))
        elif connection is None:
            following = ("setup",)
        else:
            following = ("status",)
        return Answer(verdict.headline(), lines, next=following, failed=verdict.failed)
