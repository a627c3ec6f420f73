"""The one loop: observe → plan → apply the changes in order → observe …, until the plan is empty.

A change whose answer is as expected leads to the next; any surprise leads back to *observe*. Recovery after a crash is
the same loop from whatever is observed.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Protocol

from bot.clock import within
from bot.connection.apply import apply
from bot.connection.changes import (
    AwaitLive,
    Change,
    CommitSecret,
    Live,
    ProveInUse,
    WriteApplicationSecret,
    WriteServiceSecret,
)
from bot.connection.context import LoopState
from bot.connection.desired import marked_anew, reversed_exchange
from bot.connection.in_use import Use
from bot.connection.observe import RunEffect, difference, observe
from bot.connection.plan import Scope, plan
from bot.connection.ports import Context
from bot.connection.proof import NotProved
from bot.connection.receipt import Outcome, Receipt
from bot.connection.retry_policy import TRY_WITHIN, RetryPolicy
from bot.connection.state import Application, Connection, Observed
from bot.connection.unknown import Unknown
from bot.errors import NotLive, RemoteError, UserError, took_too_long


class Narrator(Protocol):
    """Reports progress to people. No method may wait: the gap of an exchange would grow."""

    def did(self, change: Change, desired: Connection, seconds: float, *, seen: bool = True) -> None:
        """A change was applied. `seen`: whether the awaited state was seen, or only the time was up."""
        ...

    def alarm(self, why: str) -> None:
        """Something is wrong that the loop cannot fix."""
        ...

    def undoing(self, why: str) -> None:
        """The new secret cannot be brought to both sides; Rocket.Chat gets the old one back."""
        ...

    def stuck(self, surprise: UserError) -> None:
        """Neither direction can be finished now; the loop goes on trying. Said once."""
        ...


class Reconciler:
    """One run of the loop, for one operation."""

    def __init__(
        self, context: Context, narrator: Narrator, operation_id: str | None = None, *, scope: Scope = Scope.ALL
    ) -> None:
        self._context = context
        self._scope = scope
        self._narrator = narrator
        self._operation_id = operation_id
        self._patience = RetryPolicy(context.clock)
        self._untold: list[tuple[Change, float, bool]] = []
        self._first: Observed | None = None
        self._wrote = False
        self._seen: Observed | None = None

    async def run(self, desired: Connection, observed: Observed | None = None) -> tuple[Connection, Receipt]:
        """Makes the world equal to `desired`, which is committed already; `observed` spares the first look.

        Returns the connection at rest and the receipt. UserError if it cannot be done: what is true, why, the fix.
        """
        way_back = desired.undoing and desired.exchanging
        receipt = Receipt(outcome=Outcome.UNDONE, reason=_INTERRUPTED) if way_back else Receipt()
        progress = LoopState(desired, receipt, self._operation_id)
        while True:
            try:
                observed = observed or await self._look(progress.desired)
                self._seen = observed
                self._first = self._first or observed
                progress = await self._adopt_id(progress.found(observed), observed)
                changes = plan(progress.desired, observed, self._scope)
                if not changes or _only_unseen(changes, observed, progress.receipt):
                    return progress.desired, progress.receipt
                self._patience.about_to_try(changes)
                for change in changes:
                    progress = await self._step(change, progress)
                self._patience.made_progress()
            except (RemoteError, NotProved) as surprise:
                progress = await self._after(surprise, progress)
            observed = None

    @property
    def seen(self) -> Observed:
        """The last look of a run that came to its end."""
        if self._seen is None:
            raise ValueError("nothing was looked at yet")
        return self._seen

    async def effect(self, desired: Connection) -> RunEffect:
        """What this run has changed on either side, once it has failed. Asked, not remembered: a request that was
        refused or never answered may have been carried out."""
        if not self._wrote or self._first is None:
            return RunEffect.NONE
        try:
            now = await self._look(desired, lenient=True)
        except RemoteError:
            return RunEffect.UNKNOWN
        return difference(self._first, now)

    async def _look(self, desired: Connection, *, lenient: bool = False) -> Observed:
        context = self._context
        known = None if self._seen is None or isinstance(self._seen.profile, Unknown) else self._seen.profile
        return await observe(desired, context, self._scope, profile=known, lenient=lenient)

    async def _step(self, change: Change, progress: LoopState) -> LoopState:
        began = self._context.clock.monotonic()
        self._wrote = self._wrote or change.side is not None
        if isinstance(change, WriteApplicationSecret) and progress.desired.exchanging:
            progress = await self._switch(change, progress)
        else:
            progress = await apply(change, progress, self._context)
        found = progress.receipt.in_use_later or progress.receipt.in_use
        if isinstance(change, ProveInUse) and found is not None and found.use is Use.OTHER:
            self._narrator.alarm(
                f"Rocket.Chat uses a different client secret than the one it has saved. {found.words}."
            )
        seen = change != AwaitLive(Live.MARKER) or progress.receipt.seen_by is not None
        self._untold.append((change, self._context.clock.monotonic() - began, seen))
        if change != AwaitLive(Live.MARKER):  # the switch comes next, and a report would delay it
            self._tell(progress.desired)
        return progress

    async def _switch(self, change: Change, progress: LoopState) -> LoopState:
        """One try: forward within the time that is left for the decision; back without such an end, but the alarm must
        not wait for an answer that never comes."""
        seconds = TRY_WITHIN if progress.desired.undoing else self._patience.trying_the_switch()
        progress = replace(progress, prove_until=self._patience.switch_until)
        with contextlib.suppress(TimeoutError):
            return await within(self._context.clock, seconds, apply(change, progress, self._context))
        raise took_too_long("Encvoy ID", "PUT /api/v1/clients/:client_id", round(seconds))

    def _tell(self, desired: Connection) -> None:
        for change, seconds, seen in self._untold:
            self._narrator.did(change, desired, seconds, seen=seen)
        self._untold.clear()

    async def _adopt_id(self, progress: LoopState, observed: Observed) -> LoopState:
        """After a creation that was never answered, what carries our description is ours: remember its id."""
        found = observed.application
        if not isinstance(found, Application) or found.client_id == progress.desired.client_id:
            return progress
        desired = replace(progress.desired, client_id=found.client_id)
        await self._context.connections.save(desired)
        return replace(progress, desired=desired)

    async def _after(self, surprise: UserError, progress: LoopState) -> LoopState:
        """Decides what a surprise means: once more, the way back, or the end."""
        self._tell(progress.desired)
        if self._scope is Scope.SWITCH or not progress.desired.exchanging:
            await self._patience.wait_or_raise(surprise)
        elif progress.desired.undoing:
            await self._stay_stuck(surprise)
        elif _marker_never_came(surprise, progress):
            if self._patience.may_rewrite_the_marker():
                return await self._rewrite_marker(progress)
            return await self._turn_back(surprise, progress)
        elif not await self._patience.may_try_again(surprise):
            return await self._turn_back(surprise, progress)
        return progress

    async def _rewrite_marker(self, progress: LoopState) -> LoopState:
        """The same secret once more, with another marker. Without a look there is no other one: then the loop waits for
        the same again, since whoever leaves it now leaves an exchange half done."""
        try:
            observed = await self._look(progress.desired)
        except RemoteError:
            return progress
        desired = marked_anew(progress.desired, observed)
        await self._context.connections.save(desired)
        return replace(progress, desired=desired)

    async def _turn_back(self, surprise: UserError, progress: LoopState) -> LoopState:
        """Exchanges the two secrets of the plan; or gives up at once where nothing was written yet."""
        desired = progress.desired
        try:
            observed = await self._look(desired)
        except RemoteError as error:
            await self._stay_stuck(error)
            return progress
        if observed.stored is None:
            raise surprise
        if _both_hold_the_new_one(desired, observed) and not isinstance(surprise, NotProved):
            await self._stay_stuck(surprise)  # it was carried out after all; only the proof is missing
            return progress
        if _nothing_was_written(desired, observed):
            await self._context.connections.save(replace(desired, pending=None))
            raise surprise
        back = reversed_exchange(desired, observed)
        await self._context.connections.save(back)
        self._narrator.undoing(surprise.text)
        self._patience.made_progress()
        before = progress.receipt
        # What was proved about the new secret says nothing about the old one.
        receipt = Receipt(Outcome.UNDONE, before.changes, before.gap, instances=before.instances, reason=surprise.text)
        return LoopState(back, receipt, self._operation_id)

    async def _stay_stuck(self, surprise: UserError) -> None:
        if self._patience.stuck_for_the_first_time():
            self._narrator.stuck(surprise)
        await self._patience.back_off()


def _only_unseen(changes: tuple[Change, ...], observed: Observed, receipt: Receipt) -> bool:
    """All is stored as desired, it was waited for or an exchange was proved a moment ago, and just now nobody can see
    what is live: that is enough."""
    waited = receipt.changes[-1:] in ((AwaitLive.__name__,), (CommitSecret.__name__,), (ProveInUse.__name__,))
    return waited and isinstance(observed.live, Unknown) and all(isinstance(c, AwaitLive) for c in changes)


def _both_hold_the_new_one(desired: Connection, observed: Observed) -> bool:
    stored, application = observed.stored, observed.application
    if stored is None or not isinstance(application, Application):
        return False
    return stored.secret == desired.pending == application.secret


def _nothing_was_written(desired: Connection, observed: Observed) -> bool:
    """Rocket.Chat still stores the old secret, and the marker of this exchange never arrived there."""
    stored, marker = observed.stored, desired.marker
    if stored is None or marker is None:
        return False
    return stored.secret == desired.current and stored.settings.get(marker.setting) != marker.spelling


def _marker_never_came(surprise: UserError, progress: LoopState) -> bool:
    """Whether it was the wait for the marker that failed: the secret is written, and not seen live."""
    waited = progress.receipt.changes[-1:] == (WriteServiceSecret.__name__,)
    return waited and isinstance(surprise, NotLive)


_INTERRUPTED = "The rotation was already being rolled back when this started."
