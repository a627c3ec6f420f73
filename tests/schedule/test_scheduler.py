"""The task that does what is due: rotations, on in-memory adapters and an injected clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.schedule.ports import Ended
from bot.schedule.rules import MaximumAge, Schedule, Verification
from tests.support.schedules import ANA
from tests.support.shop import BROKEN, DAY, HOUR, Shop, go

FAILED = Ended(False, "✗ Not rotated. Encvoy ID is away.\nWhy: …\nNext: `!sso test`")


async def test_nothing_is_done_where_nothing_is_scheduled(shop: Shop) -> None:
    await go(shop, 2 * DAY)
    assert (shop.heard, shop.operating.begun, shop.examiner.examined) == ([], {}, 0)


async def test_a_rotation_is_rehearsed_announced_and_done_once(shop: Shop) -> None:
    shop.rotates_in(48)
    due = shop.schedules.kept.rotation.slot.at  # type: ignore[union-attr]
    await go(shop, 3 * DAY)
    assert (shop.examiner.examined, shop.examiner.rehearsed) == (1, 1)
    assert len(shop.heard) == 1
    assert "I replace the client secret, as scheduled." in shop.heard[0]
    assert [at - due for at in shop.operating.at] == [timedelta(0)]
    after = shop.schedules.kept.rotation
    assert after is not None
    assert (after.operation, after.failures, after.anchor) == (None, 0, shop.examiner.proved)
    assert after.slot.begins - due > timedelta(days=29)


async def test_the_due_time_of_an_operation_is_unique_and_ends_with_the_window(shop: Shop) -> None:
    shop.rotates_in(48)
    slot = shop.schedules.kept.rotation.slot  # type: ignore[union-attr]
    await go(shop, 3 * DAY)
    [due] = shop.operating.begun.values()
    assert (due.key, due.until) == (f"rotate {slot.at.isoformat()} 1", slot.ends)
    assert (due.user_id, due.username) == (ANA.user_id, ANA.username)


async def test_a_rehearsal_that_fails_keeps_the_rotation_from_starting_and_is_told_once(shop: Shop) -> None:
    shop.examiner.refusal = UserError("Encvoy ID does not let me write.", fix="Give the role.")
    shop.rotates_in(30)
    await go(shop, 29 * HOUR)
    assert shop.examiner.rehearsed > 20
    assert [line for line in shop.heard if "will not start" in line] == shop.heard
    await go(shop, 4 * HOUR)
    assert shop.operating.begun == {}
    assert "did not happen" in shop.heard[1]


async def test_a_failed_check_is_a_failed_rehearsal(shop: Shop) -> None:
    shop.examiner.verdict = BROKEN
    shop.rotates_in(48)
    await go(shop, 25 * HOUR)
    assert shop.examiner.rehearsed == 0
    kept = shop.schedules.kept.rotation
    assert kept is not None
    assert "Encvoy ID answers: it does not" in kept.rehearsal.failure


async def test_a_failure_is_tried_again_after_10_and_40_minutes_and_then_suspends(shop: Shop) -> None:
    shop.operating.outcomes = [FAILED] * 3
    shop.rotates_in(48)
    await go(shop, 50 * HOUR)
    first, second, third = shop.operating.at
    assert 10 <= (second - first).total_seconds() / 60 < 12
    assert 40 <= (third - second).total_seconds() / 60 < 42
    assert "suspended after 3 failures" in shop.heard[-1]
    said = shop.room.said[-1][1]
    assert "Encvoy ID is away." in said
    assert "!sso test" not in said
    assert shop.schedules.kept.rotation.suspended is not None  # type: ignore[union-attr]


async def test_a_rotation_by_hand_ends_a_suspension_and_restarts_the_interval(shop: Shop) -> None:
    shop.operating.outcomes = [FAILED] * 3
    shop.rotates_in(48)
    await go(shop, 50 * HOUR)
    shop.examiner.proved = shop.clock.now()
    await go(shop, 600)
    after = shop.schedules.kept.rotation
    assert after is not None
    assert (after.suspended, after.anchor) == (None, shop.examiner.proved)


@pytest.mark.parametrize("begun", [True, False])
async def test_a_crash_between_storing_and_beginning_begins_once(shop: Shop, begun: bool) -> None:
    shop.rotates_in(48)
    await go(shop, 47.9 * HOUR)
    kept = shop.schedules.kept.rotation
    assert kept is not None
    key = f"rotate {kept.slot.at.isoformat()} 1"
    shop.schedules.kept = replace(shop.schedules.kept, rotation=replace(kept, operation=key, begun=1))
    if begun:
        shop.operating.outcomes = [None]
        await go(shop, 1)
    await go(shop, 3600)
    assert list(shop.operating.begun) == [key]


async def test_an_operation_that_never_began_before_the_window_ended_is_a_missed_window(shop: Shop) -> None:
    shop.rotates_in(48)
    kept = shop.schedules.kept.rotation
    assert kept is not None
    waiting = replace(kept, operation="rotate lost 1", begun=1)
    shop.schedules.kept = Schedule(rotation=waiting)
    shop.clock.jump(60 * HOUR)
    await go(shop, 60)
    after = shop.schedules.kept.rotation
    assert after is not None
    assert (after.operation, after.failures, shop.operating.begun) == (None, 0, {})
    assert after.slot.begins > kept.slot.begins
    assert len([text for text in shop.heard if "did not happen" in text]) == 1


async def test_a_rotation_that_somebody_typed_a_moment_before_is_the_one(shop: Shop) -> None:
    """It still runs when the drawn moment comes."""
    shop.rotates_in(48)

    @contextlib.asynccontextmanager
    async def after_the_other() -> AsyncIterator[None]:
        if shop.clock.seconds >= 48 * HOUR:
            shop.examiner.proved = shop.clock.now()
        yield

    shop.operating.alone = after_the_other  # type: ignore[method-assign]
    await go(shop, 49 * HOUR)
    after = shop.schedules.kept.rotation
    assert after is not None
    assert (shop.operating.begun, after.operation) == ({}, None)
    assert after.anchor == shop.examiner.proved


NOTICES = {
    "the rotation did not happen": ("missed", "did not happen"),
    "it will not start": ("fails", "will not start"),
    "rotations are suspended": ("suspends", "are suspended"),
    "who set it has lost the role": ("role", "administrator any more"),
}


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("muted", [False, True])
async def test_what_the_room_does_not_take_is_kept_and_posted_later(shop: Shop, notice: str, muted: bool) -> None:
    """None of these is held back by a mute: whoever relies on the schedule must hear it."""
    how, words = NOTICES[notice]
    shop.rotates_in(48)
    shop.room.closed = True
    if muted:
        await shop.watcher.mute(shop.clock.now() + timedelta(days=90), "maintenance")
    if how == "missed":
        shop.clock.jump(60 * HOUR)
    if how == "fails":
        shop.examiner.refusal = UserError("It is gone.")
    if how == "suspends":
        shop.operating.outcomes = [FAILED] * 3
    if how == "role":
        shop.roles.administrators = frozenset()
    await go(shop, 51 * HOUR)
    assert shop.heard == []
    shop.room.closed = False
    await go(shop, 10)
    found = [text for text in shop.heard if words in text]
    assert len(found) == len(set(found)) > 0


async def test_an_operation_that_goes_on_is_waited_for(shop: Shop) -> None:
    shop.operating.outcomes = [None]
    shop.rotates_in(48)
    await go(shop, 49 * HOUR)
    assert shop.schedules.kept.rotation.operation is not None  # type: ignore[union-attr]
    [key] = shop.operating.begun
    shop.operating.ended[key] = Ended(True, "✓ Rotated.")
    shop.examiner.proved = shop.clock.now()
    await go(shop, 60)
    assert shop.schedules.kept.rotation.operation is None  # type: ignore[union-attr]


async def test_the_database_away_at_the_due_time_is_tried_again(shop: Shop) -> None:
    shop.rotates_in(48)
    task = shop.start()
    await shop.clock.advance(47.9 * HOUR)
    shop.schedules.away = True
    await shop.clock.advance(1800)
    assert shop.operating.begun == {}
    shop.schedules.away = False
    await shop.clock.advance(60)
    assert len(shop.operating.begun) == 1
    task.cancel()


async def test_a_bug_in_an_examination_does_not_end_the_schedule(shop: Shop) -> None:
    shop.schedules.kept = Schedule(verification=Verification(timedelta(minutes=15), ANA, shop.clock.now()))
    shop.examiner.error = RuntimeError("bug")
    await go(shop, HOUR)
    assert shop.examiner.examined >= 4


async def test_who_set_it_and_lost_the_role_is_told_once_and_it_goes_on(shop: Shop) -> None:
    shop.roles.administrators = frozenset()
    shop.rotates_in(48)
    await go(shop, 49 * HOUR)
    told = [line for line in shop.heard if "no administrator any more" in line]
    assert len(told) == 1
    assert len(shop.operating.begun) == 1


async def test_a_server_that_cannot_be_asked_is_no_lost_role(shop: Shop) -> None:
    shop.roles.administrators = None
    shop.rotates_in(48)
    await go(shop, 49 * HOUR)
    assert not [line for line in shop.heard if "no administrator" in line]


async def test_muted_it_does_not_announce_a_rotation_but_rotates(shop: Shop) -> None:
    shop.rotates_in(48)
    await shop.watcher.mute(shop.clock.now() + timedelta(days=3), "maintenance")
    await go(shop, 49 * HOUR)
    assert shop.heard == []
    assert len(shop.operating.begun) == 1


async def test_without_scheduled_rotations_the_maximum_age_is_watched(shop: Shop) -> None:
    shop.schedules.kept = Schedule(maximum=MaximumAge(90, ANA))
    shop.examiner.proved = shop.clock.now() - timedelta(days=89)
    await go(shop, 10 * DAY)
    assert ["overdue for rotation by 1 day:" in shop.heard[0], len(shop.heard)] == [True, 3]
    assert "Its maximum age is 90 days." in shop.heard[0]


async def test_the_machine_is_not_kept_busy_by_a_state_that_never_rests(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.schedule.outcomes.warned", lambda there: there)
    shop.rotates_in(0.5)
    kept = shop.schedules.kept.rotation
    assert kept is not None
    passed = replace(kept.rehearsal, passed_at=shop.clock.now())
    shop.schedules.kept = Schedule(rotation=replace(kept, rehearsal=passed))
    task = shop.start()
    await shop.clock.advance(60)
    assert len(shop.clock.slept) < 20
    task.cancel()


async def test_an_operation_that_never_began_does_not_begin_outside_of_a_window_that_was_set_meanwhile(
    shop: Shop,
) -> None:
    shop.rotates_in(48)
    kept = shop.schedules.kept.rotation
    assert kept is not None
    shop.schedules.kept = Schedule(rotation=replace(kept, operation="rotate lost 1", begun=0))
    await go(shop, 60)
    after = shop.schedules.kept.rotation
    assert after is not None
    assert (after.operation, after.failures, shop.operating.begun) == (None, 0, {})
