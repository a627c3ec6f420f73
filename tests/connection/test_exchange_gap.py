"""What bounds the gap of an exchange, and what is kept of how long a server takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.context import SETTLE
from bot.connection.exchange import MARKER_WITHIN, SPARE
from bot.connection.moments import LiveSeen
from bot.connection.receipt import Outcome
from bot.connection.state import LiveService, Marker, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import NoAnswer
from tests.connection.conftest import NEW, OLD, Bench, exchange
from tests.connection.exchanging import at, hides_markers, lagging, rotate


class TestSettle:
    async def test_what_was_measured_is_kept(self, standing: Bench) -> None:
        connection, _ = await rotate(standing)
        assert connection.settle == pytest.approx(2.5, abs=0.05)
        assert standing.connections.row == connection

    async def test_what_a_wait_does_not_tell_changes_nothing_that_is_known(self, standing: Bench) -> None:
        assert standing.connections.row is not None
        standing.connections.row = replace(standing.connections.row, settle=2.4)
        real = standing.rocketchat.await_marker

        async def tells_nothing(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            return replace(await real(name, marker, expected, timeout), settle=None)

        standing.rocketchat.await_marker = tells_nothing  # type: ignore[method-assign]
        connection, _ = await rotate(standing)
        assert connection.settle == 2.4

    async def test_the_quiet_before_the_write_is_a_settle_time_and_a_bit(self, standing: Bench) -> None:
        connection, _ = await rotate(standing)
        assert standing.rocketchat.quiets == [pytest.approx(SETTLE + SPARE)]
        assert SETTLE < standing.rocketchat.quiets[0] <= SETTLE + 0.1, "people wait for it"
        await standing.run(replace(exchange(connection, OLD), marker=Marker("button_label_color", "#FFFFfF")))
        assert standing.rocketchat.quiets[-1] == pytest.approx((connection.settle or 0) + SPARE)


class TestGap:
    async def test_it_reaches_from_the_last_look_before_to_the_first_answer_after(self, standing: Bench) -> None:
        _, receipt = await rotate(standing)
        live = next(at for at, what in standing.world.log if what == f"live {NEW.reveal()}")
        switched = next(at for at, what in standing.world.log if what == f"switched {NEW.reveal()}")
        assert receipt.gap is not None
        assert receipt.gap >= switched - live

    async def test_a_token_side_that_lags_is_a_part_of_it(self, standing: Bench) -> None:
        lagging(standing, seconds=3.0)
        _, receipt = await rotate(standing)
        assert receipt.gap is not None
        assert 3.0 <= receipt.gap < 5.0

    async def test_a_marker_that_was_held_up_on_its_way_shows_nothing_of_before(self, standing: Bench) -> None:
        """By the time it was written the secret had gone live by itself."""
        clock = standing.world.clock

        def held_up(call: str) -> None:
            clock.seconds += 3.0 if call == "write_marker before" else 0.0

        standing.world.script = held_up
        _, receipt = await rotate(standing)
        assert receipt.gap is not None
        assert receipt.gap > 3.0 + 2.5

    async def test_a_marker_that_is_written_anew_counts_from_the_first_write(self, standing: Bench) -> None:
        hides_markers(standing, times=1)
        _, receipt = await rotate(standing)
        assert receipt.gap is not None
        assert receipt.gap > MARKER_WITHIN

    async def test_a_second_wait_does_not_shorten_what_the_first_one_began(self, standing: Bench) -> None:
        """The switch hangs, and at the look that follows nobody can say what is live: it is waited for once more."""
        calls: list[str] = []

        def script(call: str) -> Exception | None:
            calls.append(call)
            if call == "write_application before" and calls.count(call) == 1:
                return NoAnswer("Encvoy ID", "PUT")
            return None

        real = standing.rocketchat.live

        async def live(name: ServiceName) -> LiveService | Unknown | None:
            hung = calls.count("write_application before") == 1 and "write_application after" not in calls
            return Unknown("busy") if hung else await real(name)

        standing.world.script = script
        standing.rocketchat.live = live  # type: ignore[method-assign]
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert receipt.gap is not None
        assert receipt.gap > 8.0

    async def test_a_process_that_was_held_up_says_so_by_a_long_gap(self, standing: Bench) -> None:
        """Between the last look and the answer this process stood still for seven seconds."""
        real = standing.rocketchat.await_marker

        async def held_up(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            seen = await real(name, marker, expected, timeout)
            standing.world.clock.seconds += 7.0
            return replace(seen, at=standing.world.clock.seconds)

        standing.rocketchat.await_marker = held_up  # type: ignore[method-assign]
        _, receipt = await rotate(standing)
        assert receipt.gap is not None
        assert 7.0 <= receipt.gap < 7.2

    async def test_where_only_the_record_was_seen_nobody_knows_and_no_gap_is_claimed(self, standing: Bench) -> None:
        """On the modern engine the record may be ahead of what signs people in."""
        real = standing.rocketchat.await_marker

        async def uncertain(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            return replace(await real(name, marker, expected, timeout), certain=False)

        standing.rocketchat.await_marker = uncertain  # type: ignore[method-assign]
        connection, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert (receipt.gap, receipt.seen_by) == (None, None)
        assert connection.settle == pytest.approx(2.5, abs=0.05)

    async def test_a_switch_that_was_never_answered_is_bounded_by_the_look_that_found_it(self, standing: Bench) -> None:
        standing.world.script = at("write_application after", NoAnswer("Encvoy ID", "PUT"))
        _, receipt = await rotate(standing)
        assert receipt.gap is not None
        assert receipt.gap > 8.0
