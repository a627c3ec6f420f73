"""What `setup` and `repair` share: a connection as it is now desired, carried out, tested and answered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call
from bot.connection.absence import replaced
from bot.connection.apply import apply
from bot.connection.changes import AwaitLive, Change, CreateApplication, CreateService, Live, WriteApplicationSecret
from bot.connection.confirm import confirm
from bot.connection.context import LoopState
from bot.connection.desired import labelled, marked, renewed
from bot.connection.differences import differences
from bot.connection.observe import observe
from bot.connection.plan import in_use, plan
from bot.connection.ports import Listed
from bot.connection.preflight import Ground, look, refuse_another, refuse_unready
from bot.connection.profile import Engine
from bot.connection.reachable import doubts
from bot.connection.receipt import Receipt
from bot.connection.state import Connection, Observed
from bot.connection.undertake import Undertaking, undertake
from bot.errors import RemoteError, UserError
from commands import correction
from commands.arrivals import ALREADY_IN, LEFT_OUT, another_way, by_email, by_user_name, consent, stale
from commands.context import CommandContext
from commands.differences import difference_lines
from commands.wording import Narration, confirmation

_DONE_BEFORE = "Everything was done before the bot was restarted."
_UNCHANGED = "Everything is in sync; nothing was changed."


@dataclass(frozen=True)
class Build:
    """A connection as it is now desired, and what it takes."""

    there: Connection | None
    """What was desired until now; None: there was no connection."""
    desired: Connection
    observed: Observed
    changes: tuple[Change, ...]

    @property
    def at_rest(self) -> bool:
        """Whether nothing is to be done. That people changed the label is nothing."""
        return not self.changes and self.there is not None and self.desired == labelled(self.there, self.observed)


def build(call: Call, there: Connection | None, desired: Connection, observed: Observed) -> Build:
    """Says what people must know before anything is written. UserError if it cannot be done."""
    if there is not None and there.client_id is not None and observed.application is None:
        refuse_another(there, desired)
        call.progress.note(replaced(there.client_id))
    desired = _marked(labelled(desired, observed), observed)
    changes = plan(desired, observed)
    if there is not None and (there.current is not None or in_use(observed)) and observed.engine is Engine.MODERN:
        note_all(call, stale(observed.stored, changes))
    return Build(there, desired, observed, changes)


async def carry_out(call: Call, context: CommandContext, made: Build) -> Answer:
    """Makes both sides as desired, and tests them."""
    there, desired, observed = made.there, made.desired, made.observed
    if there is not None and made.at_rest and not call.operation.resumed:
        return await _tested(call, context, there, f"✓ {_UNCHANGED}")
    before = await context.before(call.operation, there)
    narration = Narration(call.progress, context.fingerprints)
    if there is not None and made.at_rest:  # an earlier process wrote everything, maybe a moment ago
        await call.authorize()
        await _until_active(call, context, there)
        connection, receipt, seen, said_last = there, call.operation.receipt, observed, [_DONE_BEFORE]
    else:
        undertaking = Undertaking(desired, there, call.operation.id, resumed=call.operation.resumed)
        done = await undertake(undertaking, context, narration, call.authorize, observed)
        connection, receipt, seen = done.connection, done.receipt.as_dict(), done.seen
        said_last = [*_created(done.connection, done.receipt, context), *_changed(made, context)]
    call.progress.doing("testing it from Rocket.Chat's side")  # before the answer says On
    confirmed = await confirm(connection, before, seen, context, narration)
    verdict, *said = confirmation(confirmed)
    answer = await _tested(
        call, context, confirmed.connection, verdict, said, (*said_last, consent(connection)), works=confirmed.works
    )
    return replace(answer, receipt=receipt)


def _changed(made: Build, context: CommandContext) -> tuple[str, ...]:
    """What differed, if a connection was finished before."""
    if made.there is None or made.there.current is None:
        return ()
    found = difference_lines(differences(made.desired, made.observed), context.fingerprints)
    return ("Changed:\n" + "\n".join(found),) if found else ()


async def _until_active(call: Call, context: CommandContext, connection: Connection) -> None:
    """What was written a moment before the restart is not used yet; whether it ever is, the checks say."""
    if connection.enabled:
        call.progress.doing("waiting until it is active")
        with contextlib.suppress(RemoteError):
            await apply(AwaitLive(Live.ON), LoopState(connection, Receipt(), call.operation.id), context)


def _created(connection: Connection, receipt: Receipt, context: CommandContext) -> tuple[str, ...]:
    """What was created."""
    created = (
        (CreateService, f"OAuth service `{connection.name.service}`"),
        (CreateApplication, f"application `{connection.application_name}` `{connection.client_id}`"),
        (WriteApplicationSecret, f"secret with the fingerprint {context.fingerprints.of(connection.secret)}"),
    )
    named = [text for change, text in created if change.__name__ in receipt.changes]
    return (f"Created: {', '.join(named)}.",) if CreateApplication.__name__ in receipt.changes else ()


def note_all(call: Call, lines: Iterable[str]) -> None:
    """Lines that the answer repeats."""
    for line in lines:
        call.progress.note(line)


async def tell_arrivals(
    call: Call, context: CommandContext, desired: Connection, ground: Ground, there: Connection | None = None
) -> None:
    """Says what becomes of the existing accounts. They are read only if e-mail addresses matter."""
    profile = ground.server.profile
    if desired.with_email:
        call.progress.doing("reading the accounts")
        accounts = await context.rocketchat.accounts(
            lambda read, total: call.progress.doing(f"reading the accounts: {read} of {total}")
        )
        by_name = by_user_name(desired, ground.listed.registration)
        lines = [by_email(profile, desired.name, accounts), by_name, another_way(profile)]
        if "dry-run" not in call.options:
            await correction.note(context.notes, profile)
    else:
        lines = [
            LEFT_OUT,
            by_user_name(desired, ground.listed.registration),
            *([ALREADY_IN] if there and there.current else []),
        ]
    note_all(call, lines)


async def again(
    call: Call, context: CommandContext, there: Connection, *, with_email: bool, told: bool, enabled: bool = True
) -> tuple[Connection, Observed]:
    """The existing connection as it is now desired: it follows both systems if their addresses changed. And what both
    sides hold of it. `told`: people hear what becomes of the existing accounts."""
    call.progress.doing("checking both systems")
    ground = await look(there.name, context.rocketchat, context.encvoy, new=False)
    refuse_unready(ground, context.rocketchat_url)
    note_all(call, doubts(ground.server.site_url, ground.provider.issuer, ground.site))
    desired = renewed(
        there, ground.server, ground.provider, with_email=with_email, enabled=enabled, resumed=call.operation.resumed
    )
    listed: Listed | None = ground.listed
    if told:
        await tell_arrivals(call, context, desired, ground, there)
        listed = None  # reading the accounts may have taken a while
    observed = await observe(desired, context, profile=ground.server.profile, listed=listed)
    return desired, observed


def _marked(desired: Connection, observed: Observed) -> Connection:
    """With a new marker, if the secret of a service in use must be written again."""
    if observed.stored is None or observed.stored.secret == desired.secret or not in_use(observed):
        return desired
    if observed.engine is None:
        return desired
    try:
        return marked(desired, observed, observed.engine)
    except UserError:  # the secret is wrong already: it is corrected even without a marker
        return desired


async def _tested(
    call: Call,
    context: CommandContext,
    connection: Connection,
    verdict: str,
    said: Sequence[str] = (),
    last: tuple[str, ...] = (),
    *,
    works: bool = True,
) -> Answer:
    """The answer, once everything was checked: what was reverted or failed comes before what is fine."""
    call.progress.doing("testing it")
    found = await context.examined(connection)
    failed = found.failed or not works
    if works and found.failed:
        verdict = f"{found.headline()} {verdict.removeprefix('✓ ')}"
    wrong = (*said, *found.wrong())
    following = (*fixes_in(*wrong), "test") if failed else ("test",) if connection.enabled else ("enable",)
    return Answer(verdict, (*wrong, *last, *found.others()), next=following, failed=failed)
