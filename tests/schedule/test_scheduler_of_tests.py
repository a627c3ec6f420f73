"""The task that does what is due: scheduled tests, and what is said about what they see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.doctor.sight import SeenVersions, Sight
from bot.schedule.rules import Schedule, Verification
from tests.support.schedules import ANA
from tests.support.shop import BROKEN, DAY, HOUR, PASSED, Shop, go
from tests.support.unattended import (
    MemoryRoles,
)


async def test_a_test_runs_at_each_interval_and_says_nothing_while_all_is_well(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    await go(shop, 2 * HOUR)
    assert shop.examiner.examined == 9
    assert shop.heard == []
    assert shop.ran == 9


async def test_a_failure_is_looked_at_again_after_30_seconds_and_then_posted(shop: Shop) -> None:
    shop.examiner.verdict = BROKEN
    began = shop.clock.now()
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, began))
    await go(shop, 300)
    [(at, text)] = shop.room.said
    assert 30 <= (at - began).total_seconds() < 34
    assert text.startswith("✗ failed: Encvoy ID answers: it does not")


async def test_a_recovery_is_posted_with_how_long_it_took(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    task = shop.start()
    await shop.clock.advance(1800)
    shop.examiner.verdict = PASSED
    await shop.clock.advance(3600)
    task.cancel()
    assert [text.partition(":")[0] for _, text in shop.room.said] == ["✗ failed", "✓ Recovered"]


async def test_a_reaction_of_an_administrator_ends_the_reminders_also_after_a_restart(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    await go(shop, 600)
    [key] = shop.room.texts
    shop.room.reactions[key] = ("marc", "anna")
    await go(shop, 2 * DAY)
    assert len(shop.room.said) == 1
    assert "anna" in shop.room.texts[key]


async def test_a_reaction_of_somebody_else_does_not(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    await go(shop, 600)
    [key] = shop.room.texts
    shop.room.reactions[key] = ("marc",)
    await go(shop, 2 * DAY)
    assert len(shop.room.said) == 4


async def test_what_could_not_be_posted_is_posted_later(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    shop.room.closed = True
    task = shop.start()
    await shop.clock.advance(600)
    assert shop.room.said == []
    shop.room.closed = False
    await shop.clock.advance(120)
    task.cancel()
    assert len(shop.room.said) == 1


async def failed_and_off(shop: Shop) -> None:
    """A test failed, which was posted; then tests are not scheduled any more."""
    shop.schedules.kept = Schedule(verification=Verification(timedelta(days=1), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    await go(shop, 300)
    assert len(shop.heard) == 1
    shop.schedules.kept = Schedule()


async def test_where_no_test_is_scheduled_any_more_the_end_of_an_incident_is_told(shop: Shop) -> None:
    await failed_and_off(shop)
    shop.examiner.verdict = PASSED
    await go(shop, 2 * DAY)
    assert [line.partition(":")[0] for line in shop.heard] == ["✗ failed", "✓ Recovered"]
    assert shop.examiner.examined == 3, "nobody looks any more once it is over"


async def test_where_no_test_is_scheduled_any_more_a_reminder_was_looked_at(shop: Shop) -> None:
    await failed_and_off(shop)
    await go(shop, 2 * DAY)
    reminders = shop.heard[1:]
    assert [" (1 h), seen again on" in reminders[0], len(reminders)] == [True, 3]
    assert 48 <= shop.examiner.examined <= 53, "once an hour, and seldom besides"


async def test_a_clock_that_was_set_back_does_not_put_that_look_off(shop: Shop) -> None:
    await failed_and_off(shop)
    shop.clock.jump(-3 * DAY)
    await go(shop, 60)
    assert shop.examiner.examined == 3


@pytest.mark.parametrize("off", [False, True])
async def test_what_a_person_has_seen_to_work_is_never_said_to_fail_still(shop: Shop, off: bool) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(days=1), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    task = shop.start()
    await shop.clock.advance(1200)
    shop.examiner.verdict = PASSED
    if off:
        shop.schedules.kept = Schedule()
    await shop.watcher.overheard(Sight(), scheduled=not off)
    await shop.clock.advance(1.5 * DAY)
    task.cancel()
    assert [line.partition(":")[0] for line in shop.heard] == ["✗ failed", "✓ Recovered"]
    assert "It works again since" in shop.room.edits[0]
    assert (await shop.watcher.state()).incident is None


async def test_a_reaction_is_seen_before_a_look_would_remind(shop: Shop) -> None:
    await failed_and_off(shop)
    [key] = shop.room.texts
    shop.clock.jump(2 * HOUR)
    shop.room.reactions[key] = ("anna",)
    await go(shop, 2 * DAY)
    assert len(shop.heard) == 1


async def test_with_a_daily_test_a_reminder_is_looked_at_and_may_be_the_recovery(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(days=1), ANA, shop.clock.now()))
    shop.examiner.verdict = BROKEN
    await go(shop, 300)
    shop.examiner.verdict = PASSED
    await go(shop, 0.9 * DAY)
    assert [line.partition(":")[0] for line in shop.heard] == ["✗ failed", "✓ Recovered"]
    assert shop.examiner.examined == 3


async def test_who_set_the_tests_and_lost_the_role_is_told_once_and_they_go_on(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    await go(shop, HOUR)
    shop.roles.administrators = frozenset()
    await go(shop, 3 * DAY)
    assert ["The schedule of tests was set by `ana`" in shop.heard[0], len(shop.heard)] == [True, 1]
    assert shop.examiner.examined > 280


async def test_the_role_of_who_set_the_tests_is_asked_for_once_a_day(shop: Shop) -> None:
    asked: list[str] = []

    class CountedRoles(MemoryRoles):
        async def holds(self, user_id: str) -> bool | None:
            asked.append(user_id)
            return await super().holds(user_id)

    shop.roles = CountedRoles()
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    for _ in range(3):
        await go(shop, 0.9 * DAY)
    assert asked == [ANA.user_id] * 3


async def test_a_server_that_cannot_be_asked_is_no_lost_role_of_who_set_the_tests(shop: Shop) -> None:
    shop.roles.administrators = None
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    await go(shop, 3 * DAY)
    assert shop.heard == []


async def test_a_lost_role_that_could_not_be_posted_is_told_the_next_day(shop: Shop) -> None:
    shop.roles.administrators, shop.room.closed = frozenset(), True
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    await go(shop, HOUR)
    shop.room.closed = False
    await go(shop, 2 * DAY)
    assert len(shop.heard) == 1


async def test_a_lost_role_waits_for_the_end_of_a_mute(shop: Shop) -> None:
    shop.roles.administrators = frozenset()
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    await shop.watcher.mute(shop.clock.now() + timedelta(hours=5), "maintenance")
    await go(shop, 4 * HOUR)
    assert shop.heard == []
    await go(shop, 2 * HOUR)
    assert len(shop.heard) == 1


async def test_a_new_version_is_tested_and_told_without_any_scheduled_test(shop: Shop) -> None:
    await go(shop, 60)
    shop.examiner.seen = SeenVersions("8.9", "1.0.10")
    await go(shop, 2 * HOUR)
    assert shop.examiner.examined >= 1
    assert len(shop.heard) == 1
    assert "8.9" in shop.heard[0]
