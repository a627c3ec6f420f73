"""The loop where something refuses, hangs or dies: one secret on both sides at the end, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.connection.absence import ChangedByOthers
from bot.connection.apply import apply
from bot.connection.changes import WriteApplication
from bot.connection.context import LoopState
from bot.connection.receipt import Outcome, Receipt
from bot.errors import BadAnswer, Forbidden, NoAnswer, Rejected, RemoteError, Unreachable, UserError
from bot.secret import Secret
from tests.connection.conftest import FINGERPRINTS, NEW, OLD, Bench, Told, new_connection
from tests.connection.exchanging import Crash, at, new_bench, rotate

REMOTE_WRITES = ("create_service", "create_application", "write_application", "attach_rules", "write_service")


REFUSED = Forbidden("Encvoy ID", "PUT /api/v1/clients", status=403)


HUNG = NoAnswer("Encvoy ID", "PUT /api/v1/clients")


async def test_a_refused_switch_gives_rocketchat_the_old_secret_back(standing: Bench) -> None:
    standing.world.script = at("write_application before", REFUSED)
    connection, receipt = await rotate(standing)
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert (connection.current, connection.pending, connection.undoing) == (OLD, None, False)
    assert receipt.outcome is Outcome.UNDONE
    assert receipt.fingerprint_before == receipt.fingerprint_after == FINGERPRINTS.of(OLD)
    assert standing.told.undone


async def test_the_way_back_is_live_before_it_is_called_done(standing: Bench) -> None:
    standing.world.script = at("write_application before", REFUSED)
    await rotate(standing)
    assert standing.rocketchat.live_records["Encvoyid"][1] == OLD


async def test_encvoy_gets_three_tries_and_then_the_way_back_within_30_seconds(standing: Bench) -> None:
    told_at: list[float] = []
    undoing = standing.told.undoing
    standing.told.undoing = lambda why: (undoing(why), told_at.append(standing.world.clock.seconds))[0]  # type: ignore[method-assign, func-returns-value]
    standing.world.script = at("write_application before", HUNG, times=3)
    _, receipt = await rotate(standing)
    live_at = next(at for at, what in standing.world.log if what == f"live {NEW.reveal()}")
    assert receipt.outcome is Outcome.UNDONE
    assert told_at[0] - live_at < 30


async def test_where_all_of_encvoy_hangs_the_way_back_begins_within_30_seconds_too(standing: Bench) -> None:
    told_at: list[float] = []
    undoing = standing.told.undoing
    standing.told.undoing = lambda why: (undoing(why), told_at.append(standing.world.clock.seconds))[0]  # type: ignore[method-assign, func-returns-value]
    calls = ("write_application before", "application before")
    live: list[bool] = []

    def script(call: str) -> Exception | None:
        live.extend([True] if call == "await_live after" else [])
        return HUNG if live and not told_at and call in calls else None

    standing.world.script = script
    _, receipt = await rotate(standing)
    live_at = next(at for at, what in standing.world.log if what == f"live {NEW.reveal()}")
    assert receipt.outcome is Outcome.UNDONE
    assert told_at[0] - live_at < 30


async def test_a_switch_that_was_done_and_never_answered_is_found_done(standing: Bench) -> None:
    standing.world.script = at("write_application after", HUNG)
    _, receipt = await rotate(standing)
    assert standing.secrets() == (NEW.reveal(), NEW.reveal())
    assert receipt.outcome is Outcome.DONE


@pytest.mark.parametrize("stays", [True, False], ids=["and only the proof is missing", "and Encvoy ID lost it"])
async def test_a_switch_that_is_done_is_not_undone_because_nobody_proves_it(standing: Bench, stays: bool) -> None:
    """Both sides hold the new secret; the way back begins only where they do not."""
    end = standing.world.clock.seconds + 60

    def script(call: str) -> Exception | None:
        if call != "probe before" or standing.world.clock.seconds > end:
            return None
        ((client_id, application),) = standing.encvoy.applications_by_id.items()
        if not stays and application.secret == NEW:
            standing.encvoy.applications_by_id[client_id] = replace(application, secret=OLD)
        return Unreachable("Encvoy ID", "POST /oidc/request")

    standing.world.script = script
    _, receipt = await rotate(standing)
    assert standing.world.clock.seconds > end
    assert receipt.outcome is (Outcome.DONE if stays else Outcome.UNDONE)
    assert len(standing.told.stuck_) == 1
    assert standing.secrets() == ((NEW if stays else OLD).reveal(),) * 2


async def test_an_application_that_is_hidden_in_the_middle_of_an_exchange_is_named(standing: Bench) -> None:
    def script(call: str) -> Exception | None:
        if call != "write_application before":
            return None
        standing.encvoy.hidden.update(standing.encvoy.applications_by_id)
        return Forbidden("Encvoy ID", "PUT /api/v1/clients/:client_id", status=403)

    standing.world.script = script
    with pytest.raises(UserError, match="not fully visible"):
        await rotate(standing)


@pytest.mark.parametrize(
    ("moment", "kept", "undone"),
    [
        ("write_marker before", NEW, True),
        ("write_marker after", NEW, True),
        ("write_marker after", OLD, True),
        ("write_marker before", OLD, False),
    ],
    ids=["the secret is there", "both are there", "the marker is there", "others put the secret back"],
)
async def test_a_refused_second_write_is_undone_if_anything_is_there(
    standing: Bench, moment: str, kept: Secret, undone: bool
) -> None:
    """Left half done, the next restart of Rocket.Chat could make it live, and nobody could sign in."""
    refused = [Forbidden("Rocket.Chat", "POST /api/v1/settings", status=403)]

    def script(call: str) -> Exception | None:
        if call != moment or not refused:
            return None
        standing.rocketchat.secrets["Encvoyid"] = kept
        return refused.pop()

    standing.world.script = script
    if undone:
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.UNDONE
    else:
        with pytest.raises(Forbidden):
            await rotate(standing)
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert (standing.connections.there.current, standing.connections.there.pending) == (OLD, None)


async def test_a_refused_exchange_of_a_connection_that_is_off_is_undone_without_a_marker(standing: Bench) -> None:
    """Nobody waits for anything live there, so there is none."""
    off, _ = await standing.run(replace(standing.connections.there, enabled=False))
    refused = Forbidden("Encvoy ID", "PUT /api/v1/clients/:client_id", status=403)
    standing.world.script = at("write_application before", refused, times=1)
    _, receipt = await standing.run(replace(off, pending=NEW, marker=None))
    assert receipt.outcome is Outcome.UNDONE
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert (standing.connections.there.current, standing.connections.there.pending) == (OLD, None)


async def test_a_refused_first_write_changes_nothing_and_says_why(standing: Bench) -> None:
    standing.world.script = at("write_service before", Forbidden("Rocket.Chat", "POST /api/v1/settings", status=403))
    with pytest.raises(Forbidden):
        await rotate(standing)
    assert standing.connections.row is not None
    assert (standing.connections.row.current, standing.connections.row.pending) == (OLD, None)
    assert standing.world.calls.count("write_service") == 1


async def test_stuck_both_ways_is_told_once_and_ends_when_the_world_answers(standing: Bench) -> None:
    live_at: list[float] = []

    def script(call: str) -> Exception | None:
        if call == "await_live after":
            live_at.append(standing.world.clock.seconds)
        away = live_at and standing.world.clock.seconds < live_at[0] + 90
        return Unreachable("Rocket.Chat", "any") if away and call.endswith("before") and "save" not in call else None

    standing.world.script = script
    await rotate(standing)
    assert len(standing.told.stuck_) == 1
    assert len(set(standing.secrets())) == 1


async def test_a_definite_refusal_during_setup_ends_it_and_the_next_run_goes_on(bench: Bench) -> None:
    bench.world.script = at("attach_rules before", Rejected("Encvoy ID", "POST rules", status=400))
    with pytest.raises(Rejected):
        await bench.run(new_connection())
    await bench.run()
    assert len(bench.encvoy.applications_by_id) == 1
    assert "Encvoyid" in bench.rocketchat.live_records


SETUP_WRITES = 6


ROTATION_WRITES = 2


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(SETUP_WRITES))
async def test_setup_killed_around_any_remote_write_is_finished_by_the_next_start(nth: int, when: str) -> None:
    bench = new_bench()
    bench.world.script = nth_write(nth, when, Crash())
    with pytest.raises(Crash):
        await bench.run(new_connection())
    bench.forget_faults()
    await bench.run()
    assert len(bench.encvoy.applications_by_id) == 1
    assert bench.secrets() == (OLD.reveal(), OLD.reveal())
    assert "Encvoyid" in bench.rocketchat.live_records


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(ROTATION_WRITES))
async def test_rotation_killed_around_any_remote_write_is_finished_by_the_next_start(nth: int, when: str) -> None:
    bench = new_bench()
    await bench.run(new_connection())
    bench.world.script = nth_write(nth, when, Crash())
    with pytest.raises(Crash):
        await rotate(bench)
    bench.forget_faults()
    await bench.run()
    assert bench.secrets() == (NEW.reveal(), NEW.reveal())
    assert bench.rocketchat.live_records["Encvoyid"][1] == NEW


def nth_write(nth: int, when: str, error: BaseException) -> Callable[[str], Exception | None]:
    """Raises around the nth remote write."""
    seen = [0]

    def script(call: str) -> Exception | None:
        name, moment = call.split()
        if name not in REMOTE_WRITES or moment != when:
            return None
        seen[0] += 1
        if seen[0] - 1 == nth:
            raise error
        return None

    return script


FAULTS: tuple[Callable[[], RemoteError], ...] = (
    lambda: NoAnswer("Encvoy ID", "any"),
    lambda: Unreachable("Rocket.Chat", "any"),
    lambda: BadAnswer("Encvoy ID", "any", status=502),
    lambda: Forbidden("Encvoy ID", "any", status=403),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(
        st.tuples(st.integers(0, 25), st.sampled_from(["before", "after"]), st.integers(0, len(FAULTS) - 1)),
        max_size=4,
    )
)
async def test_whatever_fails_a_rotation_ends_with_one_secret_on_both_sides(
    faults: list[tuple[int, str, int]],
) -> None:
    bench = new_bench()
    await bench.run(new_connection())
    bench.told = Told()
    pending = {(number, when): fault for number, when, fault in faults}
    count = {"before": 0, "after": 0}

    def script(call: str) -> Exception | None:
        name, when = call.split()
        if name == "save":
            return None
        count[when] += 1
        fault = pending.pop((count[when], when), None)
        return FAULTS[fault]() if fault is not None else None

    bench.world.script = script
    try:
        await rotate(bench)
    except UserError:
        bench.forget_faults()
        await bench.run()
    stored, accepted = bench.secrets()
    row = bench.connections.row
    assert row is not None
    assert row.current is not None
    assert stored == accepted == row.current.reveal()
    assert row.pending is None
    assert bench.rocketchat.live_records["Encvoyid"][1].reveal() == stored


@pytest.mark.parametrize("moment", ["write_service after", "write_marker before", "write_marker after"])
async def test_after_a_crash_no_gap_is_claimed(standing: Bench, moment: str) -> None:
    """Not even where the marker was missing, so that this process writes the secret once more."""
    standing.world.script = at(moment, Crash())
    with pytest.raises(Crash):
        await rotate(standing)
    standing.forget_faults()
    _, receipt = await standing.run()
    assert (receipt.outcome, receipt.gap, receipt.seen_by) == (Outcome.DONE, None, "poll")


async def test_to_an_application_that_is_gone_by_now_nothing_is_written(standing: Bench) -> None:
    """Encvoy ID would never answer (facts/encvoy-id.md §5)."""
    standing.encvoy.applications_by_id.clear()
    progress = LoopState(standing.connections.there, Receipt())
    with pytest.raises(ChangedByOthers, match="gone from Encvoy ID"):
        await apply(WriteApplication(("redirect_uris",)), progress, standing.context)
    assert "write_application" not in standing.world.calls
