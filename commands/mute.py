"""`mute`: for a while the report room hears of alarms only."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.phrases import MuteFor, Unmute, read_mute
from bot.chatops.registry import Call, Option, Phrase, Registry
from bot.schedule.wording import at
from bot.text import quoted
from commands.context import CommandContext
from commands.recovery import OwnRecovery

ORDER = 54
DURATION, REASON = "duration", "reason"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    async def is_done(call: Call) -> bool:
        there = (await context.watcher.state()).mute
        if isinstance(read_mute(call.arguments[DURATION].split()), Unmute):
            return there is None or there.until <= context.clock.now()
        return there is not None and there.set_by == call.operation.id

    @registry.command(
        "mute",
        summary="Holds back what is not an alarm, for a while",
        help="A new failure, a suspended schedule and an overdue rotation are alarms, and are posted all the same.",
        phrase=Phrase(DURATION, "how long, up to 7 days", "2h|off", lambda words: read_mute(words).words),
        options=(Option(REASON, "why", takes_value=True),),
        effect=True,
        recovery=OwnRecovery(is_done),
        examples=('mute 2 hours --reason "maintenance"', "mute off"),
    )
    async def mute(call: Call) -> Answer:
        asked, now = read_mute(call.arguments[DURATION].split()), context.clock.now()
        await call.authorize()
        reason = call.arguments.get(REASON, "")
        match asked:
            case Unmute():
                await context.watcher.mute(now, "")
                context.wake()
                return Answer("✓ Nothing is held back any more.", next=("status",))
            case MuteFor(duration=duration):
                before = (await context.watcher.state()).mute
                until = now + duration
                if before is not None and before.set_by == call.operation.id:  # before a crash
                    until = before.until
                else:
                    await context.watcher.mute(until, reason, call.operation.id)
                context.wake()
                lines = (f"Reason: {quoted(reason)}",) if reason else ()
                verdict = f"✓ Until {at(until, 'UTC')} (UTC) the report room hears of alarms only."
                return Answer(verdict, lines, next=("mute off", "status"))
