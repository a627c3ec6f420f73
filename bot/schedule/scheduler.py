"""The task that does what is due, and waits. What is due is decided by pure functions (`rotation`, `verification`,
`bot.doctor.watch`); every step is stored before the next one, so a crash repeats one step at most.

It must survive any error: nobody would notice that it has ended.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from bot.clock import Clock
from bot.doctor.verdict import sight_of
from bot.doctor.watch import unscheduled_look
from bot.errors import StoreUnavailable, UserError, where
from bot.schedule import outcomes, wording
from bot.schedule.overdue import SecretAge, maximum_notice, maximum_told, secret_age
from bot.schedule.ports import Begun, Due, Ended, Examiner, Floor, Schedules
from bot.schedule.rotation import (
    Anchor,
    Missed,
    NextStep,
    Rehearse,
    Rotate,
    TellFailedRehearsal,
    TellOverdue,
    Wait,
    Warn,
    next_step,
)
from bot.schedule.rules import Rotation, Schedule, Slot
from bot.schedule.verification import after_test, is_role_due, is_test_due, role_asked
from bot.schedule.waker import Waker
from bot.schedule.watching import Watcher

MOST_STEPS = 20
"""At one moment only a few steps are due. More would be a bug, which must not keep the machine busy."""
AGAIN = timedelta(seconds=10)
"""After an error, such as a database that is away."""
LOOKED_AT = timedelta(hours=1)
"""Between two looks at the versions of both systems, where no test is scheduled."""

_log = structlog.get_logger()


class Scheduler:
    """`run` until cancelled."""

    def __init__(
        self,
        *,
        schedules: Schedules,
        watcher: Watcher,
        examiner: Examiner,
        clock: Clock,
        waker: Waker,
        ran: Callable[[], None] = lambda: None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """`ran` is called after each scheduled run, for the heartbeat. `draw` returns 0 ≤ x < 1."""
        self._schedules = schedules
        self._watcher = watcher
        self._examiner = examiner
        self._clock = clock
        self._waker = waker
        self._ran = ran
        self._draw = draw
        self._versions_seen: datetime | None = None

    async def run(self, floor: Floor) -> None:
        """Does what is due, and waits for the next moment."""
        while True:
            await self._waker.wait(await self._turn(floor))

    async def _turn(self, floor: Floor) -> datetime:
        """Everything that is due now. Returns when to look again."""
        try:
            return min(await self._rotation(floor), await self._verification(floor), await self._watch(floor))
        except UserError as error:
            level = _log.warning if isinstance(error, StoreUnavailable) else _log.error
            level("schedule.failed", error=error.what)
        except Exception as error:  # noqa: BLE001 - nobody would notice that the schedule has ended
            _log.error("schedule.bug", error=type(error).__name__, where=where(error))
        return self._clock.now() + AGAIN

    # -- rotation

    async def _rotation(self, floor: Floor) -> datetime:
        for _ in range(MOST_STEPS):
            schedule = await self._schedules.get()
            known = await self._known(schedule)
            rotation = schedule.rotation
            if rotation is None:
                return await self._maximum_age(floor, schedule, known)
            if rotation.operation is not None and await self._followed(floor, rotation, rotation.operation):
                continue
            step = next_step(rotation, known, self._clock.now())
            if isinstance(step, Wait):
                return step.until or self._clock.now() + AGAIN
            await self._do(floor, rotation, step, known)
        raise RuntimeError("the schedule does not come to rest")

    async def _known(self, schedule: Schedule) -> SecretAge:
        return secret_age(schedule, await self._examiner.proved_at())

    async def _followed(self, floor: Floor, rotation: Rotation, key: str) -> bool:
        """Whether the operation has ended, and what follows is stored. One that was meant to begin before a crash
        begins now, if its window is still open."""
        now = self._clock.now()
        match await floor.operating.outcome(key):
            case Begun():
                return False
            case Ended(succeeded=succeeded, said=said):
                pass
            case None if rotation.slot.begins <= now < rotation.slot.ends:
                await floor.operating.begin(self._due(rotation, key), "rotate")
                return False
            case None:
                # It never began: its window is missed, which is said, and no attempt has failed.
                await self._change(lambda there: replace(there, operation=None) if there.operation == key else there)
                return True
        proved_at = await self._examiner.proved_at()

        def follow(there: Rotation) -> Rotation:
            if there.operation != key:
                return there
            return outcomes.ended(there, succeeded, said.partition("\n")[0], now, self._draw, proved_at)

        after = follow(rotation)
        if after.suspended is not None and rotation.suspended is None:
            await self._watcher.say(f"suspended {key}", wording.suspended(after, said), floor.room)
        await self._change(follow)
        self._ran()
        return True

    async def _do(self, floor: Floor, rotation: Rotation, step: NextStep, known: SecretAge) -> None:
        now, draw = self._clock.now(), self._draw
        match step:
            case Wait():
                pass
            case Anchor(proved_at=proved_at):
                await self._change(lambda there: outcomes.anchored(there, proved_at, now, draw))
            case TellOverdue(since=since, days=days):
                text = wording.overdue(rotation, since, days, known.maximum_days)
                await self._watcher.say(f"overdue {since.isoformat()} {days}", text, floor.room)
                await self._change(lambda there: outcomes.overdue_told(there, known, now))
            case Missed(slot=slot):
                after = outcomes.missed(rotation, now, draw)
                text = wording.missed(rotation, slot, after.slot)
                await self._watcher.say(f"missed {slot.at.isoformat()}", text, floor.room)
                await self._change(lambda there: after if there == rotation else there)
            case Rehearse(slot=slot):
                await self._rehearse(floor, rotation, slot)
            case TellFailedRehearsal(slot=slot, failure=failure):
                text = wording.failed_rehearsal(rotation, slot, failure)
                await self._watcher.say(f"rehearsal {slot.at.isoformat()}", text, floor.room)
                await self._change(outcomes.failed_rehearsal_told)
            case Warn(slot=slot):
                # Not kept for later, when it would no longer be so; nor is it an alarm.
                if not await self._is_muted():
                    await floor.room.post(f"warning {slot.at.isoformat()}", wording.warning(rotation, slot))
                await self._change(outcomes.warned)
            case Rotate(slot=slot):
                await self._rotate(floor, rotation, slot)
            case never:
                assert_never(never)

    async def _rotate(self, floor: Floor, rotation: Rotation, slot: Slot) -> None:
        """It is stored that it begins before it begins: otherwise it could begin twice. A rotation that somebody has
        typed may be running: then it is looked at again after it."""
        async with floor.operating.alone():
            known = await self._known(await self._schedules.get())
            if next_step(rotation, known, self._clock.now()) != Rotate(slot):
                return
            key = f"rotate {slot.at.isoformat()} {rotation.begun + 1}"
            after = await self._change(lambda there: outcomes.began(there, key) if there == rotation else there)
            if after is not None and after.operation == key:
                await floor.operating.begin(self._due(rotation, key), "rotate")

    def _due(self, rotation: Rotation, key: str) -> Due:
        return Due(key, rotation.slot.ends, rotation.set_by.user_id, rotation.set_by.username)

    async def _rehearse(self, floor: Floor, rotation: Rotation, slot: Slot) -> None:
        """A full test, and the proof that a rotation could begin."""
        async with floor.operating.alone():
            failure = await self._examined(floor) or await self._ground()
        now = self._clock.now()
        await self._change(lambda there: outcomes.rehearsed(there, slot, failure, now))
        if not rotation.role_told and await floor.roles.holds(rotation.set_by.user_id) is False:
            await self._watcher.say(f"role {rotation.set_by.at.isoformat()}", wording.role_gone(rotation), floor.room)
            await self._change(outcomes.role_told)
        self._ran()

    async def _ground(self) -> str | None:
        try:
            await self._examiner.rehearse()
        except UserError as error:
            return error.text
        return None

    async def _change(self, change: Callable[[Rotation], Rotation]) -> Rotation | None:
        """Changes the row as it is now: a person may have changed it meanwhile."""

        def changed(there: Schedule) -> Schedule:
            return there if there.rotation is None else replace(there, rotation=change(there.rotation))

        return (await self._schedules.change(changed)).rotation

    async def _maximum_age(self, floor: Floor, schedule: Schedule, known: SecretAge) -> datetime:
        """Without scheduled rotations, the maximum age is watched all the same."""
        now, maximum = self._clock.now(), schedule.maximum
        if maximum is not None and known.proved_at is not None:
            proved_at, since = known.proved_at, maximum_notice(maximum, known.proved_at, now)
            if since is not None:
                days = (now - since).days
                text = wording.overdue(None, since, days, maximum.days)
                await self._watcher.say(f"overdue {since.isoformat()} {days}", text, floor.room)
                told = maximum_told(maximum, proved_at, now)
                await self._schedules.change(
                    lambda there: replace(there, maximum=told) if there.maximum == maximum else there
                )
        return now + LOOKED_AT

    # -- verification

    async def _verification(self, floor: Floor) -> datetime:
        """Runs the test that is due. Where none is scheduled, an incident is looked at until it is over."""
        verification, now = (await self._schedules.get()).verification, self._clock.now()
        if verification is None:
            look_at = unscheduled_look(await self._watcher.state())
            if look_at is None or timedelta(0) < look_at - now <= LOOKED_AT:
                return look_at or now + LOOKED_AT
            async with floor.operating.alone():  # the hour is over, or the clock was set back
                await self._examined(floor)
            return now + LOOKED_AT
        if is_test_due(verification, now):
            async with floor.operating.alone():
                await self._examined(floor)
            after = after_test(verification, self._clock.now())
            if is_role_due(after, self._clock.now()) and not await self._is_muted():
                gone = await floor.roles.holds(verification.set_by.user_id) is False
                key, text = f"role test {verification.set_by.at.isoformat()}", wording.role_of_tests_gone(verification)
                told = gone and await floor.room.post(key, text)
                after = role_asked(after, self._clock.now(), told=told)
            await self._schedules.change(
                lambda there: replace(there, verification=after) if there.verification == verification else there
            )
            self._ran()
            verification = after
        return verification.due_at

    async def _examined(self, floor: Floor) -> str | None:
        """Runs every check and tells the watch. The first failure, or None."""
        verdict = await self._examiner.examine()
        versions = await self._examiner.versions()
        self._versions_seen = self._clock.now()
        # What is seen may be told as a reminder, and whoever has reacted needs none.
        await self._watcher.acknowledge_by_reaction(floor.room, floor.roles)
        await self._watcher.saw(sight_of(verdict, versions), floor.room)
        return verdict.wrong()[0] if verdict.failed else None

    async def _watch(self, floor: Floor) -> datetime:
        """What the watch has to say now, and the looks that it asks for."""
        now = self._clock.now()
        if self._versions_seen is None or now - self._versions_seen >= LOOKED_AT:
            self._versions_seen = now
            await self._watcher.noticed(await self._examiner.versions(), floor.room)
        if await self._watcher.tick(floor.room, floor.roles):
            async with floor.operating.alone():
                await self._examined(floor)
        due = await self._watcher.due()
        return min(now + LOOKED_AT, max(due, self._clock.now() + timedelta(seconds=1)) if due else now + LOOKED_AT)

    async def _is_muted(self) -> bool:
        mute = (await self._watcher.state()).mute
        return mute is not None and self._clock.now() < mute.until
