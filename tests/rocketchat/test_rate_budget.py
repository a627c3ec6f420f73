"""Eight calls in any minute, for each route."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.rocketchat.rate_budget import CALLS, WINDOW, RateBudget
from tests.support.clocks import ManualClock

ROUTE = "settings.oauth"


def test_eight_and_no_more() -> None:
    budget = RateBudget(ManualClock())
    assert [budget.take(ROUTE) for _ in range(10)] == [True] * 8 + [False] * 2
    assert budget.left(ROUTE) == 0


def test_routes_do_not_share() -> None:
    budget = RateBudget(ManualClock())
    for _ in range(CALLS):
        budget.take(ROUTE)
    assert budget.take("info")


def test_a_minute_later_it_is_free_again() -> None:
    clock = ManualClock()
    budget = RateBudget(clock)
    for _ in range(CALLS):
        budget.take(ROUTE)
    clock.seconds += WINDOW - 0.1
    assert not budget.take(ROUTE)
    clock.seconds += 0.1
    assert budget.take(ROUTE)


def test_a_reserve_is_left_alone() -> None:
    budget = RateBudget(ManualClock())
    assert [budget.take(ROUTE, reserve=2) for _ in range(7)] == [True] * 6 + [False]
    assert budget.take(ROUTE)


def test_closed_by_the_server() -> None:
    clock = ManualClock()
    budget = RateBudget(clock)
    budget.close(ROUTE, 20)
    assert not budget.take(ROUTE)
    clock.seconds += 20
    assert budget.take(ROUTE)


@given(st.lists(st.floats(min_value=0, max_value=40), max_size=60))
def test_never_more_than_eight_in_any_minute(pauses: list[float]) -> None:
    clock = ManualClock()
    budget = RateBudget(clock)
    taken = []
    for pause in pauses:
        clock.seconds += pause
        if budget.take(ROUTE):
            taken.append(clock.seconds)
    assert all(taken[i + CALLS] - taken[i] >= WINDOW for i in range(len(taken) - CALLS))


def test_busy_says_when_the_next_call_is_free() -> None:
    clock = ManualClock()
    budget = RateBudget(clock)
    assert budget.take(ROUTE)
    clock.seconds += 13
    assert all(budget.take(ROUTE) for _ in range(CALLS - 1))
    clock.seconds += 5
    busy = budget.busy(ROUTE)
    assert (busy.retry_after, busy.route) == (WINDOW - 18, f"GET /api/v1/{ROUTE}")
    assert busy.not_checked == "too many requests: Rocket.Chat can be asked again in 42 s"
    budget.close(ROUTE, 50)
    assert budget.busy(ROUTE).retry_after == 50
