"""What was missed while there was no socket, and in which order it is told: over real loopback websockets, on a clock
that only moves when a test says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog.testing

from bot.errors import Unreachable
from bot.rocketchat.catch_up import HOLD_AT_MOST
from bot.rocketchat.ddp import DEAD_AFTER
from bot.rocketchat.horizon import OVERLAP
from tests.support.realtime import (
    MESSAGES,
    START,
    caught_up,
    document,
    quiet,
    until,
)
from tests.support.socket_bench import TOKEN, Bench


class TestCatchUp:
    async def test_the_first_begins_with_the_start(self, bench: Bench) -> None:
        bench.catch_ups.answers = [[caught_up("early", START + timedelta(seconds=1))]]
        await bench.up()
        assert bench.catch_ups.asked == [START]
        await until(lambda: bench.got == ["early"])

    async def test_is_asked_after_the_subscription_never_before(self, bench: Bench) -> None:
        bench.server.mute = frozenset({MESSAGES})
        bench.start()
        connection = await bench.server.subscribed(1)
        await quiet()
        assert bench.catch_ups.asked == []
        await connection.send(msg="ready", subs=[connection.subscription(MESSAGES)])
        await until(lambda: bench.catch_ups.asked)

    async def test_goes_back_to_the_newest_message_by_the_servers_clock(self, bench: Bench) -> None:
        await bench.up()
        newest = START + timedelta(hours=5)
        bench.time.skew = timedelta(hours=6)
        await bench.server.last.push(document("m1", newest), document("m2", newest - timedelta(hours=1)))
        await until(lambda: len(bench.got) == 2)
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.catch_ups.asked[1] == newest - OVERLAP

    async def test_messages_that_come_meanwhile_wait_for_those_that_were_missed(self, bench: Bench) -> None:
        await bench.up()
        bench.catch_ups.gate.clear()
        bench.catch_ups.answers = [[caught_up("missed")]]
        bench.server.on_subscribed = lambda _: [document("first")]
        bench.server.last.cut()
        connection = await bench.server.subscribed(2)
        await connection.push(document("second"))
        await until(lambda: len(bench.catch_ups.asked) == 2)
        await quiet()
        assert bench.got == []
        bench.catch_ups.gate.set()
        await until(lambda: len(bench.got) == 3)
        assert bench.got == ["missed", "first", "second"]

    async def test_what_was_pushed_before_what_was_found_comes_before_it(self, bench: Bench) -> None:
        """Two rooms: the one was asked before its message was written, the other after a later one."""
        bench.catch_ups.gate.clear()
        bench.catch_ups.answers = [[caught_up("second", START + timedelta(seconds=2))]]
        await bench.up()
        await bench.server.last.push(document("first", START + timedelta(seconds=1)))
        await bench.server.last.push(document("third", START + timedelta(seconds=3)))
        await bench.pinged()
        bench.catch_ups.gate.set()
        await until(lambda: len(bench.got) == 3)
        assert bench.got == ["first", "second", "third"]

    async def test_one_that_hangs_does_not_make_the_bot_deaf(self, bench: Bench) -> None:
        bench.catch_ups.gate.clear()
        bench.catch_ups.answers = [[caught_up("missed")]]
        await bench.up()
        await bench.server.last.push(document("new"))
        await quiet()
        assert bench.got == []
        bench.clock.advance(HOLD_AT_MOST)
        await until(lambda: bench.got == ["new"])
        bench.catch_ups.gate.set()
        await until(lambda: bench.got == ["new", "missed"])

    @pytest.mark.parametrize("failure", [Unreachable("Rocket.Chat", "GET"), KeyError(TOKEN.reveal())])
    async def test_one_that_fails_is_asked_again_while_the_socket_stays(self, bench: Bench, failure: Exception) -> None:
        bench.catch_ups.answers = [failure, failure, [caught_up("missed")]]
        bench.jitter = 1.0
        with structlog.testing.capture_logs() as lines:
            await bench.up()
            await bench.server.last.push(document("new"))
            await until(lambda: bench.got == ["new"])
            for asked in (2, 3):
                bench.clock.advance(1)
                await until(lambda expected=asked: len(bench.catch_ups.asked) == expected)  # type: ignore[misc]
            await until(lambda: bench.got == ["new", "missed"])
        assert bench.catch_ups.asked == [START] * 3
        assert len(bench.server.connections) == 1
        assert TOKEN.reveal() not in repr(lines)

    async def test_a_gap_that_was_not_closed_stays_open_over_the_next_cut(self, bench: Bench) -> None:
        bench.catch_ups.gate.clear()
        await bench.up()
        await bench.server.last.push(document("new", START + timedelta(hours=1)))
        await quiet()
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.catch_ups.asked == [START, START]
        assert bench.got == ["new"], "what was held back is given out when its socket ends"

    async def test_one_whose_socket_was_cut_does_not_answer_for_the_next(self, bench: Bench) -> None:
        bench.catch_ups.gate.clear()
        await bench.up()
        bench.jitter = 1.0
        bench.server.last.cut()
        await bench.lost()
        bench.catch_ups.gate.set()
        await quiet()
        bench.clock.advance(1)
        await until(lambda: len(bench.catch_ups.asked) == 2)

    async def test_an_old_message_found_for_a_new_reaction_was_not_missed(self, bench: Bench) -> None:
        bench.catch_ups.answers = [[caught_up("old", START - timedelta(days=1)), caught_up("missed")]]
        await bench.up()
        await until(lambda: bench.got)
        await quiet()
        assert bench.got == ["missed"]

    async def test_nothing_is_asked_while_the_socket_is_up(self, bench: Bench) -> None:
        await bench.up()
        for _ in range(20):
            await bench.pinged()
            bench.clock.advance(10)
        assert len(bench.catch_ups.asked) == 1


async def test_cut_refused_and_frozen_by_turns_loses_nothing(bench: Bench) -> None:
    """Each message is either pushed or found; some come twice, all come."""
    await bench.up()
    sent: list[str] = []
    for turn, trouble in enumerate(("cut", "refuse", "freeze", "cut")):
        ts = START + timedelta(minutes=turn)
        await bench.server.last.push(document(f"pushed{turn}", ts))
        await until(lambda expected=f"pushed{turn}": expected in bench.got)  # type: ignore[misc]
        connections = len(bench.server.connections)
        bench.catch_ups.answers = [
            [caught_up(f"missed{turn}", ts + timedelta(seconds=5)), caught_up(f"pushed{turn}", ts)]
        ]
        match trouble:
            case "cut":
                bench.server.last.cut()
            case "refuse":
                bench.server.status = 503
                bench.server.last.cut()
                await bench.lost()
                bench.server.status = None
            case "freeze":
                bench.server.mute = frozenset({"ping"})
                bench.clock.advance(DEAD_AFTER)
                await bench.lost()
                bench.server.mute = frozenset()
        await until(lambda expected=connections: len(bench.server.connections) > expected)  # type: ignore[misc]
        await until(lambda expected=f"missed{turn}": expected in bench.got)  # type: ignore[misc]
        sent += [f"pushed{turn}", f"missed{turn}"]
    assert set(bench.got) == set(sent)
