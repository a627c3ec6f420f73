"""How often something is tried again, and how long that takes, on a clock that moves by itself."""

from __future__ import annotations

import itertools

import pytest

from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CreateApplication,
    CreateService,
    DeleteTwin,
    DetachRules,
    Live,
    Prove,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.proof import NotAccepted, NotProved
from bot.connection.receipt import Outcome
from bot.connection.retry_policy import (
    LONGEST_PAUSE,
    LOOK_SECONDS,
    SAME_PLANS,
    SHORT_PAUSE,
    SWITCH_TRIES,
    SWITCH_WITHIN,
    TRIES,
    TRY_WITHIN,
    RetryPolicy,
)
from bot.errors import Busy, Forbidden, NoAnswer, Unreachable, UserError
from tests.connection.conftest import OLD, Bench, exchange
from tests.support.clocks import ManualClock

AWAY = Unreachable("Encvoy ID", "any")
HUNG = NoAnswer("Encvoy ID", "any")
REFUSED = Forbidden("Encvoy ID", "any")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def patience(clock: ManualClock) -> RetryPolicy:
    return RetryPolicy(clock)


def test_a_switch_is_decided_within_fifteen_seconds_the_last_look_included() -> None:
    assert SWITCH_WITHIN + LOOK_SECONDS == 15
    assert SWITCH_TRIES * TRY_WITHIN <= SWITCH_WITHIN + LOOK_SECONDS, "three that hang have a whole try each"
    assert SHORT_PAUSE * SWITCH_TRIES < 1, "a second of pauses would be a second of the gap"


def test_what_lasts_is_waited_for_with_two_minutes_between_the_looks() -> None:
    assert LONGEST_PAUSE == 120


async def test_without_a_gap_at_stake_it_ends_after_some_tries(patience: RetryPolicy) -> None:
    for _ in range(TRIES - 1):
        await patience.wait_or_raise(AWAY)
    with pytest.raises(Unreachable):
        await patience.wait_or_raise(AWAY)


async def test_a_refusal_ends_it_at_once(patience: RetryPolicy) -> None:
    with pytest.raises(Forbidden):
        await patience.wait_or_raise(REFUSED)


async def test_progress_begins_the_counting_anew(patience: RetryPolicy) -> None:
    for _ in range(3 * TRIES):
        await patience.wait_or_raise(AWAY)
        patience.made_progress()


async def test_the_pauses_grow(patience: RetryPolicy, clock: ManualClock) -> None:
    moments = []
    for _ in range(TRIES - 1):
        before = clock.seconds
        await patience.wait_or_raise(AWAY)
        moments.append(clock.seconds - before)
    assert moments == sorted(moments)
    assert moments[0] > 0


async def test_each_pause_is_twice_the_last_one(patience: RetryPolicy, clock: ManualClock) -> None:
    """From half a second on, with or without an exchange."""
    for wait in (patience.wait_or_raise, RetryPolicy(clock).may_try_again):
        moments = [clock.seconds]
        for _ in range(TRIES - 1):
            assert await wait(AWAY) is not False
            moments.append(clock.seconds)
        assert [after - before for before, after in itertools.pairwise(moments)] == [0.5, 1.0, 2.0, 4.0]


async def test_before_the_switch_the_way_forward_has_as_many_tries(patience: RetryPolicy) -> None:
    assert [await patience.may_try_again(AWAY) for _ in range(TRIES)] == [True] * (TRIES - 1) + [False]


async def test_a_rate_limit_makes_no_pause_shorter(patience: RetryPolicy, clock: ManualClock) -> None:
    busy = Busy("Rocket.Chat", "any")
    busy.retry_after = 0.1
    await patience.wait_or_raise(busy)
    assert clock.seconds == ManualClock().seconds + 0.5


async def test_once_the_new_secret_is_live_the_pauses_are_short(patience: RetryPolicy, clock: ManualClock) -> None:
    """And there is none where the time went by in waiting for an answer."""
    patience.trying_the_switch()
    before = clock.seconds
    await patience.may_try_again(AWAY)
    assert clock.seconds == before + SHORT_PAUSE
    await patience.may_try_again(HUNG)
    assert clock.seconds == before + SHORT_PAUSE


def test_a_try_gets_no_more_than_what_is_left(patience: RetryPolicy, clock: ManualClock) -> None:
    assert patience.trying_the_switch() == TRY_WITHIN
    clock.seconds += SWITCH_WITHIN - 1
    assert patience.trying_the_switch() == 1


async def test_a_surprise_takes_nothing_of_the_time_that_is_left(patience: RetryPolicy, clock: ManualClock) -> None:
    patience.trying_the_switch()
    await patience.may_try_again(HUNG)
    clock.seconds += SWITCH_WITHIN - 0.5
    assert patience.trying_the_switch() == 0.5


async def test_after_the_time_no_try_begins_and_the_last_surprise_is_the_reason(
    patience: RetryPolicy, clock: ManualClock
) -> None:
    patience.trying_the_switch()
    await patience.may_try_again(HUNG)
    clock.seconds += SWITCH_WITHIN
    with pytest.raises(NoAnswer) as caught:
        patience.trying_the_switch()
    assert caught.value is HUNG


async def test_a_new_direction_has_all_its_time_and_tries(patience: RetryPolicy, clock: ManualClock) -> None:
    for _ in range(SWITCH_TRIES - 1):
        patience.trying_the_switch()
        await patience.may_try_again(HUNG)
    clock.seconds += SWITCH_WITHIN
    patience.made_progress()
    assert patience.switch_until is None
    outcomes = []
    for _ in range(SWITCH_TRIES):
        assert patience.trying_the_switch() == TRY_WITHIN
        outcomes.append(await patience.may_try_again(HUNG))
    assert outcomes == [True, True, False]


async def test_after_progress_the_pauses_begin_anew(patience: RetryPolicy, clock: ManualClock) -> None:
    await patience.wait_or_raise(AWAY)
    patience.made_progress()
    before = clock.seconds
    await patience.wait_or_raise(AWAY)
    assert clock.seconds == before + 0.5
    for _ in range(TRIES - 2):
        await patience.wait_or_raise(AWAY)
    with pytest.raises(Unreachable):
        await patience.wait_or_raise(AWAY)


def test_a_marker_is_rewritten_once(patience: RetryPolicy) -> None:
    assert [patience.may_rewrite_the_marker() for _ in range(3)] == [True, False, False]


def test_a_marker_is_not_rewritten_once_encvoy_id_was_asked_to_switch(patience: RetryPolicy) -> None:
    patience.trying_the_switch()
    assert patience.may_rewrite_the_marker() is False


async def test_the_back_off_begins_with_seconds(patience: RetryPolicy, clock: ManualClock) -> None:
    moments = [clock.seconds]
    for _ in range(7):
        await patience.back_off()
        moments.append(clock.seconds)
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, LONGEST_PAUSE]


async def test_a_hang_has_cost_its_time_already(patience: RetryPolicy, clock: ManualClock) -> None:
    before = clock.seconds
    await patience.wait_or_raise(HUNG)
    assert clock.seconds == before


async def test_a_rate_limit_is_waited_out(patience: RetryPolicy, clock: ManualClock) -> None:
    busy = Busy("Rocket.Chat", "any")
    busy.retry_after = 7.0
    before = clock.seconds
    await patience.wait_or_raise(busy)
    assert clock.seconds - before == 7.0


async def test_the_switch_gets_three_tries(patience: RetryPolicy) -> None:
    outcomes = []
    for _ in range(SWITCH_TRIES):
        patience.trying_the_switch()
        outcomes.append(await patience.may_try_again(AWAY))
    assert outcomes == [True, True, False]


def test_the_moment_by_which_the_switch_is_decided_is_told(patience: RetryPolicy, clock: ManualClock) -> None:
    before = patience.switch_until
    began = clock.monotonic()
    patience.trying_the_switch()
    clock.seconds += 1
    assert (before, patience.switch_until) == (None, began + SWITCH_WITHIN)


async def test_the_switch_has_an_end(patience: RetryPolicy, clock: ManualClock) -> None:
    patience.trying_the_switch()
    clock.seconds += SWITCH_WITHIN + 1
    assert not await patience.may_try_again(HUNG)


async def test_no_try_begins_that_would_be_decided_too_late(patience: RetryPolicy, clock: ManualClock) -> None:
    """Before the next one both sides are looked at, and a system that hangs costs the whole of that look."""
    patience.trying_the_switch()
    clock.seconds += SWITCH_WITHIN - LOOK_SECONDS
    assert not await patience.may_try_again(HUNG)


async def test_a_refused_switch_is_not_tried_again(patience: RetryPolicy) -> None:
    patience.trying_the_switch()
    assert not await patience.may_try_again(REFUSED)


async def test_stuck_is_told_once(patience: RetryPolicy) -> None:
    first = patience.stuck_for_the_first_time()
    await patience.back_off()
    assert (first, patience.stuck_for_the_first_time()) == (True, False)


async def test_the_back_off_grows_to_two_minutes(patience: RetryPolicy, clock: ManualClock) -> None:
    before = clock.seconds
    for _ in range(20):
        await patience.back_off()
    last = clock.seconds
    await patience.back_off()
    assert clock.seconds - last == LONGEST_PAUSE
    assert last - before > 10 * LONGEST_PAUSE


def carried_out(patience: RetryPolicy, *changes: Change, times: int = SAME_PLANS) -> None:
    for _ in range(times):
        patience.about_to_try(changes)
        patience.made_progress()


IN_ROCKETCHAT = "Check for a program that writes Rocket.Chat's settings;"
AT_ENCVOY_ID = "Check for a program that writes applications at Encvoy ID;"
ON_BOTH = "Check for a program that writes applications at Encvoy ID and Rocket.Chat's settings;"


@pytest.mark.parametrize(
    ("changes", "what", "fix"),
    [
        ((WriteService(("token_path", "id")), AwaitLive(Live.ON)), "token_path, id in Rocket.Chat", IN_ROCKETCHAT),
        ((SwitchService(True), AwaitLive(Live.SHOWN)), "the switch in Rocket.Chat", IN_ROCKETCHAT),
        ((CreateService(), WriteServiceSecret()), "the service, the secret in Rocket.Chat", IN_ROCKETCHAT),
        ((WriteApplication(("description",)),), "description at Encvoy ID", AT_ENCVOY_ID),
        ((CreateApplication(),), "the application at Encvoy ID", AT_ENCVOY_ID),
        ((AttachRules(("email", "login")),), "the rules for email and login at Encvoy ID", AT_ENCVOY_ID),
        ((DetachRules(("email",)),), "the rules for email at Encvoy ID", AT_ENCVOY_ID),
        ((DeleteTwin("c2"),), "the removal of the application c2 at Encvoy ID", AT_ENCVOY_ID),
        (
            (WriteApplicationSecret(), WriteService(("secret",)), Prove()),
            "the secret at Encvoy ID and secret in Rocket.Chat",
            ON_BOTH,
        ),
    ],
)
def test_a_plan_that_never_stays_is_named_with_whoever_may_set_it_back(
    patience: RetryPolicy, changes: tuple[Change, ...], what: str, fix: str
) -> None:
    carried_out(patience, *changes)
    with pytest.raises(UserError) as caught:
        patience.about_to_try(changes)
    assert caught.value.what == f"My changes do not persist: {what}."
    assert caught.value.why.startswith("4 times I wrote it")
    assert caught.value.fix.startswith(fix)
    assert "OVERWRITE_SETTING" not in caught.value.fix, "a variable acts at a start only"


def test_a_wait_that_never_holds_is_not_called_a_write(patience: RetryPolicy) -> None:
    carried_out(patience, AwaitLive(Live.ON))
    with pytest.raises(UserError, match="not what its login page shows") as caught:
        patience.about_to_try((AwaitLive(Live.ON),))
    assert "I wrote" not in caught.value.text


async def test_what_was_refused_or_never_answered_was_not_written(patience: RetryPolicy) -> None:
    """One that was carried out at last does not make the others so."""
    plan = (WriteService(("token_path",)),)
    for _ in range(TRIES - 1):
        patience.about_to_try(plan)
        await patience.wait_or_raise(AWAY)
    carried_out(patience, *plan, times=SAME_PLANS)
    with pytest.raises(UserError, match="do not persist"):
        patience.about_to_try(plan)


async def test_a_new_direction_is_no_plan_that_was_carried_out(patience: RetryPolicy) -> None:
    plan = (WriteApplicationSecret(), Prove())
    for _ in range(3 * SAME_PLANS):
        patience.about_to_try(plan)
        patience.trying_the_switch()
        await patience.may_try_again(REFUSED)
        patience.made_progress()


async def test_a_way_back_is_not_given_up_however_long_it_takes(standing: Bench) -> None:
    """Encvoy ID goes away when it is to switch, for ten minutes: nothing was written, so nothing did not stay."""
    live_at: list[float] = []

    def script(call: str) -> Exception | None:
        if call == "await_live after":
            live_at.append(standing.world.clock.seconds)
        away = live_at and standing.world.clock.seconds < live_at[0] + 600
        of_encvoy_id = call in ("write_application before", "application before", "probe before")
        return Unreachable("Encvoy ID", "any") if away and of_encvoy_id else None

    standing.world.script = script
    assert standing.connections.row is not None
    connection, receipt = await standing.run(exchange(standing.connections.row))
    assert receipt.outcome is Outcome.UNDONE
    assert len(standing.told.stuck_) == 1
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert connection.current == OLD


NOT_ACCEPTED = NotAccepted(why="The callback address is not registered.")


async def test_what_was_created_otherwise_than_asked_for_is_looked_at_once_more(patience: RetryPolicy) -> None:
    plan = (CreateApplication(), Prove())
    patience.about_to_try(plan)
    await patience.wait_or_raise(NOT_ACCEPTED)
    patience.about_to_try(plan)
    with pytest.raises(NotAccepted):
        await patience.wait_or_raise(NOT_ACCEPTED)  # or each look would create another one


@pytest.mark.parametrize(
    ("plan", "surprise"),
    [
        ((WriteApplicationSecret(), Prove()), NOT_ACCEPTED),
        ((CreateApplication(), Prove()), NotProved("Rocket.Chat does not have the secret that was written to it.")),
    ],
)
async def test_whatever_else_is_not_proved_ends_it(
    patience: RetryPolicy, plan: tuple[Change, ...], surprise: NotProved
) -> None:
    """What somebody writes into Rocket.Chat meanwhile is not written over."""
    patience.about_to_try(plan)
    with pytest.raises(NotProved):
        await patience.wait_or_raise(surprise)


def test_different_plans_are_progress(patience: RetryPolicy) -> None:
    for n in range(3 * SAME_PLANS):
        carried_out(patience, Prove() if n % 2 else WriteService(("id",)), times=1)
