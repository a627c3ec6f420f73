"""`remove`: takes the connection away on both sides, in the order in which nobody is left with a dead button."""

from __future__ import annotations

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call, Option, Registry
from bot.chatops.words import quotation
from bot.connection.absence import IF_THE_SAME
from bot.connection.desired import DEFAULT_NAME, removed
from bot.connection.observe import observe_apart, observe_patiently
from bot.connection.plan import plan
from bot.connection.receipt import Receipt
from bot.connection.removal import left, still_there
from bot.connection.state import Connection, Observed
from bot.connection.undertake import Undertaking, undertake
from bot.connection.unknown import Unknown
from bot.errors import Uncertain, Unfinished, UserError
from bot.schedule.rules import Schedule
from bot.text import code, defuse
from commands.context import CommandContext
from commands.lockout import OPTION, refuse_lockout
from commands.recovery import ConnectionRecovery
from commands.wording import Narration, plan_text

ORDER = 55
DRY_RUN, ADOPTED_TOO = "dry-run", "adopted-too"
_FINISHES = "`/sso setup` brings it back; `/sso remove` takes the rest away."


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "remove",
        summary="Removes the connection from both systems; accounts stay",
        help="Switches the button off and waits until it is gone, removes the OAuth service from Rocket.Chat, then "
        "deletes the application at Encvoy ID. An application that has other callback addresses is kept without ours. "
        "What is not the bot's stays, and is named; a connection that was adopted is removed only with "
        f"`--{ADOPTED_TOO}`. If nobody could sign in afterwards, it is done only with a code "
        "that is shown first. `setup` under the same name connects the same accounts again.",
        options=(
            Option(DRY_RUN, "show what would be removed and change nothing"),
            Option(ADOPTED_TOO, "also remove a connection that was adopted, which the bot did not create"),
            OPTION,
        ),
        effect=True,
        recovery=ConnectionRecovery(context),
        repeatable=False,
        examples=("remove --dry-run", "remove"),
    )
    async def remove(call: Call) -> Answer:
        if call.operation.receipt is not None:  # it was forgotten before a crash: only the answer is missing
            before = await context.before(call.operation, None)
            return _answer(Receipt.from_dict(dict(call.operation.receipt)), before, await _scheduled(context))
        there = await context.connections.get()
        if there is None:
            raise UserError("There is no connection, so there is nothing to remove.", fix="`/sso setup` creates one.")
        desired = removed(there)
        _refuse_adopted(call, there)
        call.progress.doing("checking both systems")
        observed = await observe_patiently(desired, context)
        if DRY_RUN in call.options:
            return _dry_run(desired, observed, adopted=there.adopted and not _agreed(call, there))
        await refuse_lockout(call, context, there, observed, _words(call))
        resumed = call.operation.resumed or there.absent
        undertaking = Undertaking(desired, there, call.operation.id, resumed=resumed)
        narration = Narration(call.progress, context.fingerprints)
        call.progress.doing("removing it")
        try:
            done = await undertake(undertaking, context, narration, call.authorize, observed)
        except (Unfinished, Uncertain) as error:
            raise await _with_what_is_left(error, desired, context) from error
        return _answer(done.receipt, there, await _scheduled(context))


def _agreed(call: Call, there: Connection) -> bool:
    """Whether what was adopted may be removed; somebody said so before if that was begun already."""
    return ADOPTED_TOO in call.options or there.absent


def _refuse_adopted(call: Call, there: Connection) -> None:
    if there.adopted and not _agreed(call, there) and DRY_RUN not in call.options:
        raise UserError(
            f"This connection was adopted: the service {code(there.name.service)} and the application "
            f"{code(there.client_id or '')} were there before me.",
            why="`remove` would take both away for good.",
            fix=f"`/sso remove --{ADOPTED_TOO}` removes them all the same; `/sso disable` only takes the button off "
            "the login page.",
        )


def _words(call: Call) -> str:
    """What was typed, without a code."""
    return f"remove --{ADOPTED_TOO}" if ADOPTED_TOO in call.options else "remove"


async def _with_what_is_left(error: Unfinished | Uncertain, desired: Connection, context: CommandContext) -> UserError:
    """The same error, with what is still there on each side."""
    what = f"{error.what} {still_there(desired, await observe_apart(desired, context))}"
    return type(error)(what, why=error.why, fix=f"{error.fix} {_FINISHES}".lstrip())


async def _scheduled(context: CommandContext) -> Schedule:
    """What is scheduled; nothing if that cannot be read: it is only a note."""
    try:
        return await context.schedules.get()
    except UserError:
        return Schedule()


def _dry_run(desired: Connection, observed: Observed, *, adopted: bool) -> Answer:
    if isinstance(observed.application, Unknown):
        raise UserError(
            "Encvoy ID cannot be read now, so I cannot say what would become of the application.",
            why=observed.application.reason,
            fix=observed.application.fix,
        )
    lines = plan_text(plan(desired, observed), desired)
    kept = [f"• {sentence}" for sentence in left(desired, observed)]
    if adopted:
        kept.append(f"• This connection was adopted, so `remove` does this only with `--{ADOPTED_TOO}`.")
    if not lines:
        return Answer(
            "Nothing was changed. On both sides nothing is left to remove; I would only forget the connection.",
            tuple(kept),
            next=("status",),
        )
    return Answer(
        f"Nothing was changed. I would do this, in this order:\n{lines}", (*kept, _accounts(desired)), next=("status",)
    )


def _answer(receipt: Receipt, there: Connection | None, schedule: Schedule) -> Answer:
    verdict = "✓ Removed." if receipt.left else "✓ Removed: nothing of it is left in Rocket.Chat or at Encvoy ID."
    lines = [f"• {sentence}" for sentence in receipt.left]
    lines.append(_accounts(there))
    if schedule.rotation is not None:
        lines.append(
            "• Rotations stay scheduled, and fail as long as there is no connection; `/sso schedule off rotate` ends "
            "them."
        )
    if schedule.verification is not None:
        lines.append("• Tests stay scheduled, and check only the two systems as long as there is no connection.")
    return Answer(verdict, tuple(lines), next=(*fixes_in(*lines), "status"), receipt=receipt.as_dict())


def _accounts(there: Connection | None) -> str:
    """What becomes of people: Rocket.Chat knows them by the name of the service (facts/rocketchat.md §3.6)."""
    again = "setup"
    if there is not None and there.name.typed != DEFAULT_NAME:
        again += f" --name {quotation(defuse(there.name.typed))}"
    return (
        "Accounts stay as they are, and people who are signed in stay signed in. People who have no other way to sign "
        f"in cannot do so until `/sso {again}` connects again under the same name: then everybody gets their account "
        f"back, {IF_THE_SAME}"
    )
