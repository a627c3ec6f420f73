"""The steps of an exchange of secrets: write, wait, switch, prove; and the bound of the gap between them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from bot.connection.context import LoopState, known_id, known_marker
from bot.connection.in_use import Use
from bot.connection.marker import shows
from bot.connection.moments import LiveSeen
from bot.connection.ports import Context, EncvoyId
from bot.connection.profile import Engine
from bot.connection.proof import LATER_TIMES, prove, prove_carried, prove_in_use, prove_in_use_and_fix
from bot.connection.state import Application, LiveService
from bot.connection.unknown import Unknown
from bot.errors import NotLive, StillBefore, UserError

SPARE = 0.09
"""Seconds of quiet beyond a settle time: then no run of Rocket.Chat is pending."""
TOGETHER = 0.6
"""Settle times within which secret and marker are written, or the secret may go live alone: the run of what was written
first begins after 0.2 of one, and takes 0.8 (facts/rocketchat.md §2.5)."""
MARKER_WITHIN, MARKER_TIMES = 6.0, 2.4
"""Seconds, and settle times, after which a marker that is not live means that another write restarted the timers."""


async def write_secret(progress: LoopState, context: Context) -> LoopState:
    """Rocket.Chat stores the secret and the marker."""
    desired = progress.desired
    marker, quiet = known_marker(desired), progress.settle + SPARE
    written = await context.rocketchat.write_secret(desired.name, desired.secret, marker, quiet)
    if progress.written is not None:  # it may have gone live with the first of two writes
        return replace(progress, written=replace(written, began=progress.written.began))
    return progress if progress.stored_before else replace(progress, written=written)


async def await_marker(progress: LoopState, context: Context) -> LoopState:
    """Waits until the secret is live, and prepares the switch at the same time."""
    desired, warming = progress.desired, asyncio.create_task(_warm(context.encvoy))
    within = max(MARKER_WITHIN, MARKER_TIMES * progress.settle)
    try:
        seen = await context.rocketchat.await_marker(desired.name, known_marker(desired), desired.settle, within)
    except NotLive as unseen:
        return await _looked_at_last(progress, context, unseen)
    finally:
        warming.cancel()
    receipt = replace(progress.receipt, seen_by=seen.by if seen.certain else None, instances=seen.instances)
    since = _live_since(progress, seen) if seen.certain else None
    desired = replace(desired, settle=seen.settle or desired.settle)
    return replace(progress, live_since=since, receipt=receipt, desired=desired)


def _live_since(progress: LoopState, seen: LiveSeen) -> float | None:
    """The last moment in which it was certainly not live. A marker that was delayed says nothing about the secret
    before it. If an earlier process wrote the secret, nobody knows since when it has been live."""
    if progress.written is None:
        return None
    apart = progress.written.ended - progress.written.began
    together = apart < TOGETHER * min(seen.after, progress.settle)
    # A wait that does not follow its own write may begin after the secret went live.
    return seen.since if together and not progress.stored_before else progress.written.began


async def _looked_at_last(progress: LoopState, context: Context, unseen: NotLive) -> LoopState:
    """Nobody saw it in time. Raises that if it is not live now either."""
    desired, receipt = progress.desired, progress.receipt
    if isinstance(unseen, StillBefore):
        if desired.undoing:  # there is no other way, and the wait must end
            return replace(progress, receipt=replace(receipt, seen_by=None))
        raise unseen
    live = await context.rocketchat.live(desired.name)
    if isinstance(live, Unknown):
        # If it cannot be seen, it is live by now, and every further second lengthens the gap.
        return replace(progress, receipt=replace(receipt, seen_by=None))
    if isinstance(live, LiveService) and shows(known_marker(desired), live.settings):
        since = progress.written.began if progress.written else None
        return replace(progress, live_since=since, receipt=replace(receipt, seen_by="poll"))
    if desired.undoing and await _old_one_is_in_use(progress, context):
        return replace(progress, receipt=replace(receipt, seen_by="proof"))
    raise unseen


async def _old_one_is_in_use(progress: LoopState, context: Context) -> bool:
    """On the way back, if the marker is never seen: Encvoy ID has the old secret, and Rocket.Chat uses one that it
    accepts."""
    desired = progress.desired
    found = await prove_in_use(desired, progress.engine, context.rocketchat, context.encvoy)
    if found.use is not Use.PROVED:
        return False
    application = await context.encvoy.application(known_id(desired))
    return isinstance(application, Application) and application.secret == desired.secret


async def prove_secret(progress: LoopState, context: Context) -> LoopState:
    """Encvoy ID accepts the secret: from then on sign-ins work, and not from its answer that it stored it."""
    found = await prove(progress.desired, context, progress.prove_until, stored=progress.stored)
    progress = progress.accepted(found.at)
    return replace(progress, receipt=replace(progress.receipt, proof=found.proof), stored=found.stored)


async def prove_what_is_used(later: bool, progress: LoopState, context: Context) -> LoopState:
    if later:
        await context.clock.sleep(LATER_TIMES * progress.settle)
    desired = progress.desired
    if later and progress.engine is Engine.MODERN:
        carried = await prove_carried(desired, known_marker(desired), context, progress.settle)
        return replace(progress, receipt=replace(progress.receipt, in_use_later=carried))
    found, stored = await prove_in_use_and_fix(desired, progress.engine, context, progress.settle, progress.stored)
    receipt = replace(progress.receipt, in_use_later=found) if later else replace(progress.receipt, in_use=found)
    return replace(progress, receipt=receipt, stored=stored)


async def _warm(encvoy: EncvoyId) -> None:
    """Optional: if it fails, the switch itself fails too, and that is handled."""
    with contextlib.suppress(UserError):
        await encvoy.warm()
