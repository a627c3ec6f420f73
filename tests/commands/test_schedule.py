"""`schedule`: what runs by itself, shown and changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.chatops.registry import Trace
from bot.doctor.incident import Incident, WatchState
from bot.errors import UserError
from bot.schedule.rules import Freeze, Kind, MaximumAge, Rehearsal, Rotation, Schedule, Suspension, Verification
from bot.schedule.watching import KeptWatch
from tests.commands.test_ack import INCIDENT, NONE
from tests.commands.test_recovery import recovery
from tests.support.counter import Counter
from tests.support.schedules import ANA, local

MONTHLY = "schedule rotate every 30 days"
SHOWN = "`/sso schedule` shows what is scheduled."
CHANGES = (
    MONTHLY,
    "schedule test every 15 minutes",
    "schedule maximum 90 days",
    "schedule skip",
    "schedule postpone 2 days",
    'schedule freeze 20 Dec to 7 Jan --reason "season"',
    "schedule off freeze",
    "schedule resume rotate",
    "schedule confirm rotate",
    "schedule confirm test",
    "schedule off rotate",
    "schedule off test",
    "schedule off maximum",
)


def kept(counter: Counter) -> Rotation:
    rotation = counter.schedules.kept.rotation
    assert rotation is not None
    return rotation


def put(counter: Counter, **fields: object) -> None:
    """Another state of the rotation."""
    rotation = replace(kept(counter), changed_by="", **fields)  # type: ignore[arg-type]
    counter.schedules.kept = replace(counter.schedules.kept, rotation=rotation)


def suspended(counter: Counter) -> None:
    put(counter, suspended=Suspension(counter.world.clock.now(), "three failures."), failures=3)


@pytest.fixture
async def full(standing: Counter) -> Counter:
    """Everything is scheduled, by the operation `op0`."""
    standing.operation = "op0"
    for words in (MONTHLY, "schedule test every 15 minutes", "schedule maximum 90 days"):
        await standing.run(words)
    standing.operation = "op1"
    return standing


async def ready(full: Counter, words: str) -> Counter:
    """A world in which the command has something to do."""
    if words == "schedule off freeze":
        today = full.world.clock.now().date()
        put(full, freeze=Freeze(today, today + timedelta(days=9), ""))
    if words == "schedule resume rotate":
        suspended(full)
    return full


class TestRotate:
    async def test_it_says_when_where_and_what_follows(self, standing: Counter) -> None:
        answer, text = await standing.run(MONTHLY)
        assert text.splitlines()[:4] == [
            "✓ Scheduled: I replace the client secret every 30 days between 02:00 and 05:00 (Europe/Madrid).",
            "• Next: Thu 24 Dec 2026 03:00, then Sat 23 Jan 2027 between 02:00 and 05:00, "
            "Mon 22 Feb 2027 between 02:00 and 05:00",
            "• Europe/Madrid is the time zone of the workspace (`Default_Custom_Timezone`).",
            "24 hours before each, I check whether it can work. An hour before, I announce it in the report room.",
        ]
        assert answer.next == ("schedule", "schedule test every 15 minutes")
        assert kept(standing).slot.at == local("2026-12-24 03:00")

    async def test_days_and_a_zone_of_its_own(self, standing: Counter) -> None:
        _, text = await standing.run("schedule rotate every 1 day between 22:00 and 01:00 America/New_York mon-fri")
        assert "every day between 22:00 and 01:00 (America/New_York, mon-fri)." in text
        assert "time zone of the workspace" not in text
        assert "An hour before each, I check whether it can work, and announce it in the report room." in text
        assert kept(standing).window.weekdays == frozenset(range(5))

    async def test_without_any_zone_it_is_utc_and_says_so(self, standing: Counter) -> None:
        standing.zone = None
        _, text = await standing.run(MONTHLY)
        assert kept(standing).window.zone == "UTC"
        assert "The workspace names no time zone" in text

    async def test_it_needs_a_connection(self, counter: Counter) -> None:
        with pytest.raises(UserError, match="no connection yet"):
            await counter.run(MONTHLY)
        assert counter.schedules.kept == Schedule()

    async def test_who_set_it_is_kept(self, standing: Counter) -> None:
        await standing.run(MONTHLY)
        assert (kept(standing).set_by.user_id, kept(standing).set_by.username) == ("u1", "anna")

    async def test_longer_than_the_maximum_age_is_noted(self, standing: Counter) -> None:
        await standing.run("schedule maximum 10 days")
        assert "the maximum age is 10 days, shorter than this interval" in (await standing.run(MONTHLY))[1]

    async def test_another_schedule_takes_the_place_of_the_first(self, full: Counter) -> None:
        answer, _ = await full.run("schedule rotate every 7 days")
        assert kept(full).every == 7
        assert answer.next == ("schedule",)

    async def test_typed_again_while_it_is_suspended_it_says_so_first(self, full: Counter) -> None:
        suspended(full)
        answer, text = await full.run("schedule rotate every 1 day between 02:00 and 05:00 UTC")
        assert text.startswith(
            "✓ Saved, but suspended: I replace the client secret every day between 02:00 and 05:00 (UTC) only once "
            "`!sso schedule resume rotate` has ended the suspension.\n"
        )
        assert answer.next == ("schedule resume rotate", "schedule")


class TestTest:
    @pytest.mark.parametrize(
        ("typed", "said"), [("15 minutes", "15 minutes"), ("60 minutes", "hour"), ("2 hours", "2 hours")]
    )
    async def test_it_runs_now_and_then_at_its_interval(self, counter: Counter, typed: str, said: str) -> None:
        answer, text = await counter.run(f"schedule test every {typed}")
        assert text.startswith(f"✓ Scheduled: a full test every {said}. The first one runs now.")
        assert answer.next == ("schedule", "setup")
        verification = counter.schedules.kept.verification
        assert verification is not None
        assert counter.world.clock.now() - verification.due_at < timedelta(seconds=1)

    async def test_it_names_no_rotation_where_there_is_one(self, full: Counter) -> None:
        assert (await full.run("schedule test every 5 minutes"))[0].next == ("schedule",)


class TestMaximum:
    async def test_it_says_how_old_the_secret_is(self, standing: Counter) -> None:
        _, text = await standing.run("schedule maximum 90 days")
        assert text.startswith(
            "✓ A secret that is older than 90 days is reported as overdue.\n• Age of the secret: 0 days"
        )
        assert standing.schedules.kept.maximum is not None

    async def test_shorter_than_the_interval_is_noted(self, full: Counter) -> None:
        assert "rotations are scheduled less often than that" in (await full.run("schedule maximum 10 days"))[1]

    async def test_it_needs_a_connection(self, counter: Counter) -> None:
        with pytest.raises(UserError, match="no connection yet"):
            await counter.run("schedule maximum 90 days")


class TestChanges:
    async def test_skip_leaves_out_one(self, full: Counter) -> None:
        assert "• Next: Sat 23 Jan 2027 03:00" in (await full.run("schedule skip"))[1]

    async def test_postpone_moves_it_three_times_and_no_more(self, full: Counter) -> None:
        for number, day in enumerate(("Sat 26", "Mon 28", "Wed 30")):
            full.operation = f"p{number}"
            assert f"• Next: {day} Dec 2026 03:00" in (await full.run("schedule postpone 2 days"))[1]
        full.operation = "p3"
        with pytest.raises(UserError, match="already postponed or left out 3 times"):
            await full.run("schedule postpone 2 days")

    @pytest.mark.parametrize("words", ["schedule skip", "schedule postpone 30 days"])
    async def test_nothing_is_moved_past_the_maximum_age(self, full: Counter, words: str) -> None:
        await full.run("schedule maximum 31 days")
        before = full.schedules.kept
        with pytest.raises(UserError, match="cannot be moved") as caught:
            await full.run(words)
        assert "maximum age of 31 days" in caught.value.why
        assert full.schedules.kept == before

    async def test_a_freeze_has_a_reason_and_an_end(self, full: Counter) -> None:
        answer, text = await full.run('schedule freeze 20 Dec to 7 Jan --reason "season"')
        assert "from Sun 20 Dec 2026 to Thu 7 Jan 2027, both included. Tests go on." in text
        assert "• Next: Fri 8 Jan 2027 03:00" in text
        assert answer.next == ("schedule", "schedule off freeze")
        assert kept(full).freeze == Freeze(date(2026, 12, 20), date(2027, 1, 7), "season")
        full.operation = "op2"
        assert "• Next: Thu 24 Dec 2026 03:00" in (await full.run("schedule off freeze"))[1]

    async def test_a_second_freeze_says_what_it_replaces(self, full: Counter) -> None:
        await full.run("schedule freeze 20 Dec to 7 Jan")
        full.operation = "op2"
        _, text = await full.run("schedule freeze 1 Apr to 5 Apr")
        assert "• This replaces the freeze from 20 Dec 2026 to 07 Jan 2027: there is one at a time." in text
        full.operation = "op3"
        assert "replaces" not in (await full.run('schedule freeze 1 Apr to 5 Apr --reason "fair"'))[1]

    async def test_a_freeze_outlives_another_schedule_but_not_its_end(self, full: Counter) -> None:
        await full.run("schedule freeze 20 Dec to 7 Jan")
        full.operation = "op2"
        assert "• Frozen from 20 Dec 2026 to 07 Jan 2027" in (await full.run("schedule rotate every 7 days"))[1]
        text = (await full.run("schedule off rotate"))[1]
        assert "• The freeze from 20 Dec 2026 to 07 Jan 2027 went with it: a new schedule does not have it." in text
        assert "freeze" not in (await full.run("schedule off rotate"))[1]

    async def test_off_removes_a_row_that_cannot_be_read(self, full: Counter) -> None:
        async def unreadable() -> Schedule:
            raise UserError("It cannot be read.")

        full.schedules.get = unreadable  # type: ignore[method-assign]
        assert (await full.run("schedule off rotate"))[1].startswith("✓ Rotations are not scheduled any more.")

    async def test_a_freeze_that_is_over_is_refused(self, full: Counter) -> None:
        with pytest.raises(UserError, match="over"):
            await full.run("schedule freeze 1 Jan 2020 to 3 Jan 2020")

    async def test_resume_ends_a_suspension(self, full: Counter) -> None:
        suspended(full)
        await full.run("schedule resume rotate")
        assert (kept(full).suspended, kept(full).failures) == (None, 0)

    @pytest.mark.parametrize("kind", ["rotate", "test"])
    async def test_confirm_makes_it_the_schedule_of_whoever_types_it(self, full: Counter, kind: str) -> None:
        there = full.schedules.kept
        assert there.verification is not None
        full.schedules.kept = replace(there, verification=replace(there.verification, set_by=ANA, role_told=True))
        put(full, set_by=ANA, role_told=True)
        await full.run(f"schedule confirm {kind}")
        row = kept(full) if kind == "rotate" else full.schedules.kept.verification
        assert row is not None
        assert row.set_by.username == "anna"
        assert row.role_told is False
        assert kept(full).role_told is (kind == "test")

    @pytest.mark.parametrize(
        ("kind", "said"),
        [(kind, word) for kind, word in zip(Kind, ("Rotations", "Tests", "The secret"), strict=True)],
    )
    async def test_off_ends_one_and_leaves_the_others(self, full: Counter, kind: Kind, said: str) -> None:
        for _ in range(2):
            assert (await full.run(f"schedule off {kind.value}"))[1].startswith(f"✓ {said} ")
        there = full.schedules.kept
        assert [there.rotation, there.verification, there.maximum].count(None) == 1

    @pytest.mark.parametrize("kind", Kind)
    async def test_off_says_that_a_reported_failure_is_still_looked_at(self, full: Counter, kind: Kind) -> None:
        full.watch.kept = KeptWatch(WatchState(incident=INCIDENT))
        _, text = await full.run(f"schedule off {kind.value}")
        assert ("I go on looking at the reported failure, every hour, until it is over" in text) is (kind is Kind.TEST)

    @pytest.mark.parametrize("incident", NONE.values(), ids=NONE)
    async def test_off_says_nothing_of_a_failure_that_nobody_waits_for(
        self, full: Counter, incident: Incident | None
    ) -> None:
        full.watch.kept = KeptWatch(WatchState(incident=incident))
        assert "failure" not in (await full.run("schedule off test"))[1]

    @pytest.mark.parametrize(
        "words", ["skip", "postpone 1 day", "freeze 20 Dec to 7 Jan", "off freeze", "resume rotate", "confirm rotate"]
    )
    async def test_without_a_rotation_there_is_nothing_to_change(self, standing: Counter, words: str) -> None:
        with pytest.raises(UserError, match="No rotation is scheduled") as caught:
            await standing.run(f"schedule {words}")
        assert "/sso schedule rotate every" in caught.value.fix

    async def test_without_a_connection_it_comes_first(self, counter: Counter) -> None:
        with pytest.raises(UserError, match="No rotation is scheduled") as caught:
            await counter.run("schedule skip")
        assert caught.value.fix == "`/sso setup` creates a connection first."

    async def test_without_a_test_there_is_none_to_confirm(self, standing: Counter) -> None:
        with pytest.raises(UserError, match="No test is scheduled"):
            await standing.run("schedule confirm test")

    @pytest.mark.parametrize(("words", "refusal"), [("off freeze", "not frozen"), ("resume rotate", "not suspended")])
    async def test_what_is_not_so_cannot_be_ended(self, full: Counter, words: str, refusal: str) -> None:
        with pytest.raises(UserError, match=refusal) as caught:
            await full.run(f"schedule {words}")
        assert caught.value.fix == SHOWN

    @pytest.mark.parametrize("words", ["schedule skip", "schedule", MONTHLY])
    async def test_a_reason_belongs_to_a_freeze(self, full: Counter, words: str) -> None:
        with pytest.raises(UserError, match="A reason belongs to a freeze only"):
            await full.run(f'{words} --reason "why"')

    @pytest.mark.parametrize("words", ["schedule skip", "schedule postpone 1 day"])
    async def test_while_one_runs_nothing_is_moved(self, full: Counter, words: str) -> None:
        put(full, operation="rotate now 1", begun=1)
        with pytest.raises(UserError, match="running just now"):
            await full.run(words)

    @pytest.mark.parametrize("words", ["schedule skip", "schedule postpone 1 day"])
    async def test_suspended_there_is_nothing_to_move(self, full: Counter, words: str) -> None:
        suspended(full)
        with pytest.raises(UserError, match="is suspended"):
            await full.run(words)


class TestEffect:
    @pytest.mark.parametrize("words", CHANGES)
    async def test_it_asks_first_then_writes_then_wakes(self, full: Counter, words: str) -> None:
        await (await ready(full, words)).run(words)
        said = [
            call for call in full.world.calls if call in {"authorize", "change_schedule", "forget_schedule", "wake"}
        ]
        assert [said[0], said[-1], len(said)] == ["authorize", "wake", 3]

    @pytest.mark.parametrize("words", CHANGES)
    async def test_whoever_may_not_changes_nothing(self, full: Counter, words: str) -> None:
        await ready(full, words)
        full.refusal, before = UserError("Only an administrator may do this."), full.schedules.kept
        with pytest.raises(UserError, match="Only an administrator"):
            await full.run(words)
        assert (full.schedules.kept, full.woken, full.writes) == (before, 0, [])

    @pytest.mark.parametrize("words", CHANGES)
    async def test_after_a_crash_it_changes_once(self, full: Counter, words: str) -> None:
        await (await ready(full, words)).run(words)
        after = full.schedules.kept
        full.world.clock.seconds += 600
        for _ in range(2):
            _, text = await full.run(words, resumed=True)
            assert text.startswith("✓")
            there = full.schedules.kept
            # Who stands for it is said again, at another moment.
            assert without_moments(there) == without_moments(after)

    @pytest.mark.parametrize("words", CHANGES)
    async def test_what_is_left_of_it_shows(self, full: Counter, words: str) -> None:
        await ready(full, words)
        found, call = recovery(full, words)
        assert await found.trace(call) is Trace.NOTHING
        await full.run(words)
        assert await found.trace(call) is Trace.PART

    async def test_to_show_leaves_nothing(self, full: Counter) -> None:
        found, call = recovery(full, "schedule")
        assert await found.trace(call) is Trace.NOTHING
        await full.run("schedule")
        assert (full.writes, full.woken) == ([], 0)
        assert "authorize" not in full.world.calls


def without_moments(there: Schedule) -> Schedule:
    """Without the moments at which it was set."""
    verification, maximum, rotation = there.verification, there.maximum, there.rotation
    return Schedule(
        replace(rotation, set_by=ANA) if rotation else None,
        replace(verification, set_by=ANA) if verification else None,
        replace(maximum, set_by=ANA) if maximum else None,
    )


class TestShown:
    async def test_nothing(self, counter: Counter) -> None:
        answer, text = await counter.run("schedule")
        assert text.splitlines()[:2] == [
            "Nothing is scheduled.",
            "• There is no connection yet, so there is no secret to replace.",
        ]
        assert answer.next == ("setup", "schedule test every 15 minutes")

    async def test_nothing_with_a_connection(self, standing: Counter) -> None:
        answer, text = await standing.run("schedule")
        assert "• Age of the secret: 0 days" in text
        assert answer.next == ("schedule rotate every 30 days", "schedule test every 15 minutes")

    async def test_everything(self, full: Counter) -> None:
        answer, text = await full.run("schedule")
        lines = text.splitlines()
        assert lines[0] == "✓ This is scheduled:"
        assert "set by `anna` on Tue 24 Nov 2026 13:16" in lines[1]
        assert lines[2].startswith("• Next: Thu 24 Dec 2026 03:00, then ")
        assert lines[3].startswith("• Test every 15 minutes; set by `anna`")
        assert lines[4] == "• Maximum age of the secret: 90 days"
        assert lines[5].startswith("• Age of the secret: 0 days, proved on ")
        assert answer.next == ("schedule postpone 1 day", "schedule skip")

    async def test_only_a_test(self, standing: Counter) -> None:
        by = standing.world.clock.now()
        standing.schedules.kept = Schedule(verification=Verification(timedelta(hours=1), ANA, by))
        answer, text = await standing.run("schedule")
        assert "• Rotations are not scheduled." in text
        assert "• Test every hour;" in text
        assert answer.next == ("schedule rotate every 30 days",)

    async def test_only_a_maximum_age(self, standing: Counter) -> None:
        standing.schedules.kept = Schedule(maximum=MaximumAge(1, ANA))
        answer, text = await standing.run("schedule")
        assert "• Tests are not scheduled." in text
        assert "• Maximum age of the secret: 1 day\n" in text
        assert len(answer.next) == 2

    async def test_a_suspension_is_the_verdict(self, full: Counter) -> None:
        suspended(full)
        answer, text = await full.run("schedule")
        assert text.startswith("✗ Scheduled rotations are suspended.")
        assert "three failures. `!sso schedule resume rotate` ends that" in text
        assert "• Next: none while it is suspended" in text
        assert answer.next == ("test", "rotate", "schedule resume rotate")

    async def test_an_overdue_rotation_is_the_verdict(self, full: Counter) -> None:
        full.world.clock.seconds += 40 * 86400
        _, text = await full.run("schedule")
        assert text.startswith("✗ The rotation is overdue.")
        assert "• Overdue since Thu 24 Dec 2026 05:00" in text

    async def test_the_maximum_age_makes_it_overdue_too(self, full: Counter) -> None:
        await full.run("schedule maximum 10 days")
        full.world.clock.seconds += 11 * 86400
        assert (await full.run("schedule"))[1].startswith("✗ The rotation is overdue.")

    async def test_how_far_it_has_come(self, full: Counter) -> None:
        now = full.world.clock.now()
        put(full, operation="rotate now 1", again_at=now, postponed=2, rehearsal=Rehearsal(passed_at=now))
        _, text = await full.run("schedule")
        assert "• A rotation is running just now" in text
        assert "• The last try failed; the next one is at Tue 24 Nov 2026 13:16" in text
        assert "• The check before it passed on Tue 24 Nov 2026 13:16" in text
        assert "• Postponed or left out 2 of 3 times" in text

    async def test_a_rehearsal_that_failed(self, full: Counter) -> None:
        put(full, rehearsal=Rehearsal(failure="Encvoy ID is away."))
        assert "• The check before it failed: Encvoy ID is away." in (await full.run("schedule"))[1]

    @pytest.mark.parametrize(("reason", "said"), [("", "to 07 Jan 2027\n"), ("season", "to 07 Jan 2027: `season`\n")])
    async def test_a_freeze(self, full: Counter, reason: str, said: str) -> None:
        put(full, freeze=Freeze(date(2026, 12, 20), date(2027, 1, 7), reason))
        assert f"• Frozen from 20 Dec 2026 {said}" in (await full.run("schedule"))[1]
