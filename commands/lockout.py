"""Refuses to take away the last way to sign in, unless a code is typed that was shown with what would happen."""

from __future__ import annotations

from bot.chatops.codes import VALID, CodeNeeded, Codes, Purpose, Worth, fingerprint
from bot.chatops.registry import Call, Option
from bot.connection.state import Connection, Observed
from bot.connection.unknown import Unknown
from bot.connection.ways_in import WaysIn, takes_a_way, ways_in
from bot.text import quoted
from commands.context import CommandContext

CODE = "code"
OPTION = Option(CODE, "the code that was shown, where nobody could sign in afterwards", takes_value=True)
FORM = "Accounts_ShowFormLogin"
_AFTERWARDS = (
    "nobody can sign in on the login page afterwards, and people without a password not at all. People who are signed "
    "in stay signed in."
)
_SWITCH_ON = f"Switch {FORM} on in Rocket.Chat's settings, so that there is another way."
_CHECK = f"Check {FORM} in Rocket.Chat's settings."
_WORTHLESS = {
    Worth.NEVER_SHOWN: "I have not shown the code {code}.",
    Worth.OF_ANOTHER_PERSON: "The code {code} was shown to another person.",
    Worth.OF_ANOTHER_COMMAND: "The code {code} is for another command.",
    Worth.USED: "The code {code} was used already.",
    Worth.EXPIRED: "The code {code} has expired.",
    Worth.OUTDATED: "What I showed with the code {code} has changed since.",
}


async def refuse_lockout(
    call: Call, context: CommandContext, there: Connection, observed: Observed, command: str
) -> None:
    """CodeNeeded if there may be no other way to sign in, and no code for exactly this was typed. `command` with those
    of its options that were typed, without the code."""
    if not takes_a_way(observed) or await _was_begun(call, context):
        return
    ways = await ways_in(there, observed, context)
    if ways.exist:
        return
    now, codes = context.clock.now(), Codes(context.notes)
    purpose = Purpose(command, fingerprint(there.id, *_as_shown(ways)), call.who.id)
    typed = call.arguments.get(CODE)
    found = None if typed is None else await codes.take(typed, purpose, call.operation.id, now)
    if found is Worth.ACCEPTED:
        return
    wrong = "" if found is None or typed is None else _WORTHLESS[found].format(code=quoted(typed, 20)) + " "
    code = await codes.show(purpose, now)
    raise CodeNeeded(
        f"{wrong}{_danger(ways)}",
        why=_AFTERWARDS[0].upper() + _AFTERWARDS[1:]
        if ways.certainly_none
        else f"If there is no other way: {_AFTERWARDS}",
        fix=f"{_SWITCH_ON if ways.form is False else _CHECK} If you want it all the same, type "
        f"`/sso {command} --{CODE} {code}` within {VALID.seconds // 60} minutes.",
    )


async def _was_begun(call: Call, context: CommandContext) -> bool:
    """An earlier process was past this, and has saved what is desired."""
    return call.operation.resumed and await context.previous.before(call.operation.id) is not None


def _as_shown(ways: WaysIn) -> tuple[object, ...]:
    """What the sentence depends on. The reason why something cannot be seen may hold seconds that pass."""
    others = "unknown" if isinstance(ways.others, Unknown) else sorted(ways.others)
    return (ways.form, others)


def _danger(ways: WaysIn) -> str:
    form = (
        f"Rocket.Chat's login page has no form for passwords ({FORM} is off)"
        if ways.form is False
        else f"I cannot see whether Rocket.Chat's login page has a form for passwords (the setting {FORM})"
    )
    if isinstance(ways.others, Unknown):
        reason = ways.others.reason.rstrip(".")
        return f"{form}, and I cannot see whether another login service is active: {reason}."
    if ways.form is None:
        return f"{form}, and no other login service is active."
    return f"{form}, and Encvoy ID is the only login service with a button there."
