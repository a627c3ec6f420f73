"""DDP's rate limits (facts/rocketchat.md §1.6)."""

from __future__ import annotations

import pytest

from sandbox.rocketchat.ddp.sockets import Limiter
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rate_limit import Limit


def calls_that_pass(limiter: Limiter, name: str = "login", *, now: float = 0.0, user: str | None = None) -> int:
    for number in range(1000):
        try:
            limiter.check(now, f"c{number % 50}" if user else "c", user, "method", name)
        except MeteorError:
            return number
    return 1000


def test_ten_calls_of_one_method_pass_on_one_connection() -> None:
    assert calls_that_pass(Limiter()) == 10


def test_streams_may_be_called_four_times_as_often() -> None:
    assert calls_that_pass(Limiter(), "stream-notify-room") == 40


def test_one_person_has_twenty_calls_over_all_connections() -> None:
    assert calls_that_pass(Limiter(), user="u") == 20


def test_a_connection_has_a_limit_over_all_methods() -> None:
    limiter = Limiter(connection=Limit(5, 60))
    for name in "abcde":
        limiter.check(0, "c", None, "method", name)
    with pytest.raises(MeteorError, match="too-many-requests"):
        limiter.check(0, "c", None, "method", "f")


def test_methods_and_subscriptions_of_one_name_count_apart() -> None:
    limiter = Limiter(connection_by_method=Limit(1, 10))
    limiter.check(0, "c", None, "method", "x")
    limiter.check(0, "c", None, "sub", "x")


def test_the_refusal_says_how_long_to_wait() -> None:
    limiter = Limiter(connection_by_method=Limit(1, 10))
    limiter.check(100.0, "c", None, "method", "login")
    with pytest.raises(MeteorError) as refusal:
        limiter.check(102.5, "c", None, "method", "login")
    assert refusal.value.details == {"timeToReset": 7500}
    assert "8 seconds" in refusal.value.reason


def test_the_window_ends() -> None:
    limiter = Limiter()
    assert calls_that_pass(limiter, now=0.0) == 10
    assert calls_that_pass(limiter, now=9.9) == 0
    assert calls_that_pass(limiter, now=10.0) == 10


def test_a_limit_can_be_switched_off() -> None:
    assert calls_that_pass(Limiter(connection=None, connection_by_method=None)) == 1000
