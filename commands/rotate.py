"""`rotate`: a new client secret on both sides, with proof, with undo, and without a gap that people notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.origin import FromSchedule
from bot.chatops.registry import Call, Option, Registry
from bot.connection.changes import AwaitLive
from bot.connection.in_use import Use
from bot.connection.plan import Scope, plan
from bot.connection.receipt import Outcome, Receipt
from bot.connection.rotation import nobody_is_asked, prepare_rotation
from bot.connection.state import Connection, Observed
from bot.connection.undertake import Undertaking, undertake
from bot.schedule.wording import at
from commands.context import CommandContext
from commands.elsewhere import what_leads_elsewhere
from commands.recovery import ConnectionRecovery
from commands.wording import Narration, also_differs, in_use_text, plan_text

ORDER = 40


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "rotate",
        summary="Replaces the client secret on both sides without people noticing",
        help="Rocket.Chat gets the new secret first; the moment it is active there, Encvoy ID switches. Then it is "
        "verified that the new secret works and the old one does not. If the rotation cannot be finished, "
        "the old secret is restored.",
        options=(Option("dry-run", "check the connection, show the plan, change nothing"),),
        effect=True,
        recovery=ConnectionRecovery(context),
        examples=("rotate", "rotate --dry-run"),
    )
    async def rotate(call: Call) -> Answer:
        if call.operation.receipt is not None:  # committed before a crash: only the answer is missing
            return _answer(
                await context.connection(), Receipt.from_dict(dict(call.operation.receipt)), context, resumed=True
            )
        there = await context.connection()
        if (proved_at := await _replaced_meanwhile(call, context, there)) is not None:
            return Answer(
                "✓ This scheduled rotation was not needed any more: the secret was replaced by another one on "
                f"{at(proved_at, 'UTC')} (UTC). The interval counts from then.",
                next=("schedule",),
            )
        if there.exchanging and "dry-run" not in call.options:  # interrupted: it is finished before anything else
            desired, observed = there, None
        else:
            desired, observed = await _desired(call, context, there)
        if observed is not None and "dry-run" in call.options:
            text = plan_text(plan(desired, observed, Scope.SECRET), desired)
            return Answer(f"Nothing was changed. I would do this, in this order:\n{text}", next=("rotate",))
        resumed = call.operation.resumed or there.exchanging
        undertaking = Undertaking(desired, there, call.operation.id, Scope.SECRET, resumed)
        narration = Narration(call.progress, context.fingerprints)
        done = await undertake(undertaking, context, narration, call.authorize, observed)
        elsewhere = what_leads_elsewhere(done.connection, done.seen)
        answer = _answer(done.connection, done.receipt, context, resumed=resumed, works=not elsewhere)
        wrong = (*elsewhere, *also_differs(done.connection, done.seen))
        return replace(answer, lines=(*wrong, *answer.lines), next=(*fixes_in(*wrong), *answer.next))


async def _replaced_meanwhile(call: Call, context: CommandContext, there: Connection) -> datetime | None:
    """When another rotation was proved, for one of the schedule that had to wait for it: two within seconds are one too
    many. None for what a person asked for, and for what was interrupted: that proof may be its own."""
    past = None if call.operation.resumed else await context.history.find(call.operation.id)
    if past is None or not isinstance(past.operation.origin, FromSchedule):
        return None
    rotation = (await context.schedules.get()).rotation
    if rotation is None or rotation.operation != past.operation.origin.due or there.proved_at is None:
        return None
    return there.proved_at if there.proved_at > rotation.anchor else None


async def _desired(call: Call, context: CommandContext, there: Connection) -> tuple[Connection, Observed]:
    """The connection with a new pending secret, once the preconditions are proved."""
    observed = await context.observed(there)
    if there.exchanging:
        return there, observed
    call.progress.doing("checking the connection")
    # A dry run proves them too; the person's role is checked again just before the first write.
    authorize = nobody_is_asked if "dry-run" in call.options else call.authorize
    desired = await prepare_rotation(there, observed, context, authorize)
    call.progress.step("Both sides have the same secret, Encvoy ID accepts it and lets me write")
    return desired, observed


def _answer(
    connection: Connection, receipt: Receipt, context: CommandContext, *, resumed: bool, works: bool = True
) -> Answer:
    fingerprint = context.fingerprints.of(connection.secret)
    record: Mapping[str, object] = receipt.as_dict()
    if receipt.outcome is Outcome.UNDONE:
        return Answer(
            f"✗ Not rotated. Both sides have the old secret again (fingerprint {fingerprint}).",
            (
                f"Why: {receipt.reason}",
                "Fix: `/sso test` shows what is wrong; fix this before rotating again.",
                in_use_text(receipt, connection, resumed=resumed),
            ),
            next=("test", "rotate"),
            receipt=record,
            failed=True,
        )
    said = [found.use for found in (receipt.in_use, receipt.in_use_later) if found is not None]
    wrong = Use.OTHER in said or Use.FAILED in said
    failed = wrong or not works
    how = "✗ Rotated, but people may be unable to sign in" if failed else "✓ Rotated"
    in_use = in_use_text(receipt, connection, resumed=resumed)
    lines = [in_use] if wrong else []
    was_live = resumed and connection.enabled and AwaitLive.__name__ not in receipt.changes
    if receipt.gap is None and (was_live or AwaitLive.__name__ in receipt.changes):
        lines.append(
            "An earlier attempt was interrupted, so it is unknown how long sign-ins failed."
            if resumed
            else "I could not see when the new secret became active, so it is unknown how long sign-ins failed."
        )
    if receipt.gap is not None and not failed:  # a bound would say that sign-ins work again
        lines.append(_measured(receipt, receipt.gap))
    if receipt.proof is not None:
        lines.append(_proved(receipt))
    if not wrong:
        lines.append(in_use)
    following = ("rotate", "test") if wrong else ("test",)
    verdict = f"{how}: both sides have the new secret (fingerprint {fingerprint})."
    return Answer(verdict, tuple(lines), next=following, receipt=record, failed=failed)


def _measured(receipt: Receipt, gap: float) -> str:
    ends = "from the last time Rocket.Chat was known to use the old secret until Encvoy ID accepted the new one."
    if receipt.instances > 1:
        return (
            f"Rocket.Chat responds with {receipt.instances} instances, and each switches on its own: at the first of "
            f"them sign-ins may have failed for {gap * 1000:.0f} ms at most: {ends} I did not see the others switch."
        )
    return f"Sign-ins may have failed for {gap * 1000:.0f} ms at most: {ends}"


def _proved(receipt: Receipt) -> str:
    proof = receipt.proof
    if proof is None or not proof.random_refused:
        return "Note: Encvoy ID accepts even a random secret, so this check proves nothing."
    if proof.previous_refused is False:
        return "Note: Encvoy ID still accepts the previous secret as well."
    return "Verified: the new secret is accepted, the previous one and a random one are refused."
