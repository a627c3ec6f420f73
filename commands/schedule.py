"""`schedule`: what runs without anybody asking for it, shown and changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Option, Phrase, Registry
from bot.errors import StoreUnavailable, UserError
from bot.schedule import adjustments
from bot.schedule.asked import (
    AskedFor,
    Confirm,
    EndFreeze,
    FreezeDays,
    MaximumDays,
    Off,
    Postpone,
    Resume,
    RotateEvery,
    Show,
    SkipNext,
    TestEvery,
)
from bot.schedule.calendar import local_date
from bot.schedule.dates import freeze_dates
from bot.schedule.overdue import SecretAge, secret_age
from bot.schedule.phrases import EXAMPLES, USAGE, in_normal_form, read
from bot.schedule.rules import Freeze, Kind, MaximumAge, Rotation, Schedule, SetBy, Verification, Window
from bot.schedule.verification import confirmed
from commands import schedule_shown as shown
from commands.context import CommandContext
from commands.recovery import OwnRecovery

ORDER = 50
WHAT, REASON = "what", "reason"
FALLBACK_ZONE = "UTC"
STILL_LOOKED_AT = (
    "I go on looking at the reported failure, every hour, until it is over; the report room hears of that."
)


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    async def is_done(call: Call) -> bool:
        return _is_done(read(call.arguments[WHAT].split()), await context.schedules.get(), call.operation.id)

    @registry.command(
        "schedule",
        summary="Shows or changes what runs by itself: rotations and tests",
        help="Without words it shows what is scheduled. Rotations run in their window: 02:00–05:00 in the time zone of "
        "the workspace unless you say otherwise. 24 hours before, the rotation is checked, and an hour before it is "
        "announced. What the schedule does is posted in the report room.",
        phrase=Phrase(WHAT, "what to schedule; see the examples", USAGE, in_normal_form),
        options=(Option(REASON, "why rotations are frozen", takes_value=True),),
        effect=True,
        recovery=OwnRecovery(is_done),
        examples=("schedule", *(f"schedule {example}" for example in EXAMPLES.values())),
    )
    async def schedule(call: Call) -> Answer:
        asked = read(call.arguments[WHAT].split())
        reason = call.arguments.get(REASON, "")
        if reason and not isinstance(asked, FreezeDays):
            raise UserError(
                "A reason belongs to a freeze only.",
                fix="Leave it out; `/sso help schedule` shows examples.",
            )
        if isinstance(asked, Show):
            connected = await context.kept() is not None
            return shown.everything(
                await context.schedules.get(), await context.proved_at(), context.clock.now(), connected=connected
            )
        return await ScheduleChange(context, call).make(asked, reason)


class ScheduleChange:
    """One change that a person asks for."""

    def __init__(self, context: CommandContext, call: Call) -> None:
        self._context = context
        self._call = call
        self._now = context.clock.now()
        self._by = SetBy(call.who.id, call.who.username, self._now)
        self._id = call.operation.id

    async def make(self, asked: AskedFor, reason: str) -> Answer:
        """Authorises it, saves it, and wakes the scheduler."""
        proved_at = await self._context.proved_at()
        match asked:
            case Show():
                raise AssertionError("nothing is changed by showing it")
            case RotateEvery():
                return await self._rotate(asked, proved_at)
            case TestEvery(minutes=minutes):
                return await self._test(minutes)
            case MaximumDays(days=days):
                return await self._maximum(days, proved_at)
            case Off(kind=kind):
                return await self._off(kind)
            case EndFreeze():
                after = await self._rotation(lambda there, _: adjustments.thawed(there, self._now, self._draw))
                return shown.changed("The freeze has ended.", after, self._now)
            case Resume():
                after = await self._rotation(lambda there, _: adjustments.resumed(there, self._now, self._draw))
                return shown.changed("Scheduled rotations are resumed.", after, self._now)
            case Confirm(kind=kind):
                return await self._confirm(kind)
            case SkipNext():
                after = await self._rotation(lambda there, age: adjustments.skipped(there, age, self._now, self._draw))
                return shown.changed("The next rotation is left out.", after, self._now)
            case Postpone(days=days):
                after = await self._rotation(
                    lambda there, age: adjustments.postponed(there, days, age, self._now, self._draw)
                )
                return shown.changed("The next rotation is postponed.", after, self._now)
            case FreezeDays():
                return await self._freeze(asked, reason)
            case never:
                assert_never(never)

    async def _rotate(self, asked: RotateEvery, proved_at: datetime | None) -> Answer:
        await self._context.connection()
        zone, zone_note = asked.zone, ""
        if zone is None:
            zone = await self._context.zone()
            zone_note = shown.zone_of_the_workspace(zone)
        window = Window(asked.begins, asked.ends, zone or FALLBACK_ZONE, asked.weekdays)

        def change(there: Schedule) -> Schedule:
            if there.rotation is not None and there.rotation.changed_by == self._id:
                return there
            age = secret_age(there, proved_at)
            rotation = adjustments.scheduled(asked.days, window, self._by, age, self._now, self._draw, there.rotation)
            return replace(there, rotation=replace(rotation, changed_by=self._id))

        after = await self._save(change)
        assert after.rotation is not None
        return shown.rotation_set(after, after.rotation, zone_note, self._now)

    async def _test(self, minutes: int) -> Answer:
        def change(there: Schedule) -> Schedule:
            if there.verification is not None and there.verification.changed_by == self._id:
                return there
            return replace(there, verification=Verification(shown.minutes(minutes), self._by, self._now, self._id))

        return shown.test_set(minutes, await self._save(change), connected=await self._is_connected())

    async def _maximum(self, days: int, proved_at: datetime | None) -> Answer:
        await self._context.connection()
        after = await self._save(lambda there: replace(there, maximum=MaximumAge(days, self._by, changed_by=self._id)))
        return shown.maximum_set(days, after, proved_at, self._now)

    async def _off(self, kind: Kind) -> Answer:
        await self._call.authorize()
        freeze = await self._standing_freeze() if kind is Kind.ROTATE else None
        await self._context.schedules.forget(kind)
        self._context.wake()
        incident = (await self._context.watcher.state()).incident
        if kind is Kind.TEST and incident is not None and incident.going_on:
            return replace(shown.off(kind), lines=(STILL_LOOKED_AT,))
        return shown.off(kind, freeze)

    async def _confirm(self, kind: Kind) -> Answer:
        if kind is Kind.ROTATE:
            after = await self._rotation(lambda there, _: adjustments.confirmed(there, self._by))
            return shown.changed("You stand for the schedule of rotations now.", after, self._now)

        def change(there: Schedule) -> Schedule:
            if there.verification is None:
                raise _not_scheduled("test", connected=True)
            return replace(there, verification=confirmed(there.verification, self._by, self._id))

        await self._save(change)
        return Answer("✓ You stand for the schedule of tests now.", next=("schedule",))

    async def _freeze(self, asked: FreezeDays, reason: str) -> Answer:
        before: Freeze | None = None

        def change(there: Rotation, _: SecretAge) -> Rotation:
            nonlocal before
            before = adjustments.standing_freeze(there, self._now)
            today = local_date(self._now, there.window.zone)
            first, last = freeze_dates(asked.first, asked.last, today)
            return adjustments.frozen(there, Freeze(first, last, reason), self._now, self._draw)

        after = await self._rotation(change)
        return shown.frozen(after, self._now, before)

    async def _standing_freeze(self) -> Freeze | None:
        """The freeze that is on or to come, if the row can be read: `off` also removes one that cannot."""
        try:
            rotation = (await self._context.schedules.get()).rotation
        except StoreUnavailable:
            raise
        except UserError:
            return None
        return adjustments.standing_freeze(rotation, self._now) if rotation else None

    async def _is_connected(self) -> bool:
        return await self._context.kept() is not None

    async def _rotation(self, change: Callable[[Rotation, SecretAge], Rotation]) -> Rotation:
        """Changes the schedule of rotations. UserError if there is none, or if it cannot be changed like that."""
        proved_at, connected = await self._context.proved_at(), await self._is_connected()

        def changed(there: Schedule) -> Schedule:
            if there.rotation is None:
                raise _not_scheduled("rotate", connected=connected)
            if there.rotation.changed_by == self._id:
                return there
            rotation = change(there.rotation, secret_age(there, proved_at))
            return replace(there, rotation=replace(rotation, changed_by=self._id))

        after = (await self._save(changed)).rotation
        assert after is not None
        return after

    async def _save(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        # What is refused is refused before the role is asked for and the operation counts as begun.
        change(await self._context.schedules.get())
        await self._call.authorize()
        after = await self._context.schedules.change(change)
        self._context.wake()
        return after

    @property
    def _draw(self) -> Callable[[], float]:
        return self._context.draw


def _is_done(asked: AskedFor, there: Schedule, operation_id: str) -> bool:
    """Whether the operation has changed its row already."""
    rows = {Kind.ROTATE: there.rotation, Kind.TEST: there.verification, Kind.MAXIMUM: there.maximum}
    match asked:
        case Off(kind=kind):
            return rows[kind] is None
        case TestEvery():
            kind = Kind.TEST
        case MaximumDays():
            kind = Kind.MAXIMUM
        case Confirm(kind=kind):
            pass
        case Show() | RotateEvery() | EndFreeze() | Resume() | SkipNext() | Postpone() | FreezeDays():
            kind = Kind.ROTATE
        case never:
            assert_never(never)
    row = rows[kind]
    return row is not None and row.changed_by == operation_id


def _not_scheduled(word: str, *, connected: bool) -> UserError:
    return UserError(
        "No rotation is scheduled." if word == "rotate" else "No test is scheduled.",
        fix=f"For example `/sso {shown.SUGGESTED[word]}`." if connected else "`/sso setup` creates a connection first.",
    )
