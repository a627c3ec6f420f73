"""How often something is tried again, and how long that takes, on a clock that moves by itself."""

from __future__ import annotations

import pytest

from bot.connection.changes import Prove, WriteApplication, WriteService
from bot.connection.patience import LONGEST_PAUSE, SAME_PLANS, SWITCH_TRIES, SWITCH_WITHIN, TRIES, Patience
from bot.errors import Busy, Forbidden, NoAnswer, Unreachable, UserError
from tests.support.clocks import ManualClock

AWAY = Unreachable("Encvoy ID", "any")
HUNG = NoAnswer("Encvoy ID", "any")
REFUSED = Forbidden("Encvoy ID", "any")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def patience(clock: ManualClock) -> Patience:
    return Patience(clock)


async def test_without_a_gap_at_stake_it_ends_after_some_tries(patience: Patience) -> None:
    for _ in range(TRIES - 1):
        await patience.wait_or_raise(AWAY)
    with pytest.raises(Unreachable):
        await patience.wait_or_raise(AWAY)


async def test_a_refusal_ends_it_at_once(patience: Patience) -> None:
    with pytest.raises(Forbidden):
        await patience.wait_or_raise(REFUSED)


async def test_progress_begins_the_counting_anew(patience: Patience) -> None:
    for _ in range(3 * TRIES):
        await patience.wait_or_raise(AWAY)
        patience.made_progress()


async def test_the_pauses_grow(patience: Patience, clock: ManualClock) -> None:
    moments = []
    for _ in range(TRIES - 1):
        before = clock.seconds
        await patience.wait_or_raise(AWAY)
        moments.append(clock.seconds - before)
    assert moments == sorted(moments)
    assert moments[0] > 0


async def test_a_hang_has_cost_its_time_already(patience: Patience, clock: ManualClock) -> None:
    before = clock.seconds
    await patience.wait_or_raise(HUNG)
    assert clock.seconds == before


async def test_a_rate_limit_is_waited_out(patience: Patience, clock: ManualClock) -> None:
    busy = Busy("Rocket.Chat", "any")
    busy.retry_after = 7.0
    before = clock.seconds
    await patience.wait_or_raise(busy)
    assert clock.seconds - before == 7.0


async def test_the_switch_gets_three_tries(patience: Patience) -> None:
    outcomes = []
    for _ in range(SWITCH_TRIES):
        patience.trying_the_switch()
        outcomes.append(await patience.may_try_again(AWAY))
    assert outcomes == [True, True, False]


async def test_the_switch_has_an_end(patience: Patience, clock: ManualClock) -> None:
    patience.trying_the_switch()
    clock.seconds += SWITCH_WITHIN + 1
    assert not await patience.may_try_again(HUNG)


async def test_a_refused_switch_is_not_tried_again(patience: Patience) -> None:
    patience.trying_the_switch()
    assert not await patience.may_try_again(REFUSED)


async def test_stuck_is_told_once(patience: Patience) -> None:
    first = patience.stuck_for_the_first_time()
    await patience.back_off()
    assert (first, patience.stuck_for_the_first_time()) == (True, False)


async def test_the_back_off_grows_to_two_minutes(patience: Patience, clock: ManualClock) -> None:
    before = clock.seconds
    for _ in range(20):
        await patience.back_off()
    last = clock.seconds
    await patience.back_off()
    assert clock.seconds - last == LONGEST_PAUSE
    assert last - before > 10 * LONGEST_PAUSE


@pytest.mark.parametrize(
    ("change", "word"), [(WriteService(("token_path",)), "token_path"), (WriteApplication(("description",)), "desc")]
)
def test_a_plan_that_never_stays_is_named(patience: Patience, change: WriteService, word: str) -> None:
    for _ in range(SAME_PLANS):
        patience.about_to_try((change,))
    with pytest.raises(UserError, match=word):
        patience.about_to_try((change,))


def test_different_plans_are_progress(patience: Patience) -> None:
    for n in range(3 * SAME_PLANS):
        patience.about_to_try((Prove(),) if n % 2 else (WriteService(("id",)),))
