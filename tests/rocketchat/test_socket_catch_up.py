"""What was missed while there was no socket, and in which order it is told: over real loopback websockets, on a clock
that only moves when a test says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import structlog.testing

from bot.bounds import PIECE
from bot.chatops.ports import Message
from bot.errors import Busy, Forbidden, Rejected, Unreachable
from bot.rocketchat.catch_up import APART, HOLD_AT_MOST
from bot.rocketchat.ddp import DEAD_AFTER
from bot.rocketchat.missed_since import OVERLAP
from tests.support.clocks import START
from tests.support.realtime import MESSAGES, ROOM, caught_up, document, quiet, until
from tests.support.socket_bench import TOKEN, Bench

FIRST = START - APART


class TestCatchUp:
    async def test_the_first_begins_with_the_start(self, bench: Bench) -> None:
        bench.catch_ups.answers = [[caught_up("early", START + timedelta(seconds=1))]]
        await bench.up()
        assert bench.catch_ups.asked == [FIRST]
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
        bench.clock.jump(HOLD_AT_MOST)
        await until(lambda: bench.got == ["new"])
        bench.catch_ups.gate.set()
        await until(lambda: bench.got == ["new", "missed"])

    async def test_what_was_too_much_is_not_lost(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """The socket on which it came is closed; the next one finds what nobody had taken in."""
        monkeypatch.setattr("bot.bounds.MAX_TOGETHER", 4 * PIECE)
        await bench.up()
        await bench.server.last.push(document("taken"))
        await until(lambda: bench.got == ["taken"])
        bench.catch_ups.answers = [[caught_up("too long", START + timedelta(seconds=1))]]
        await bench.server.last.push(document("too long", START + timedelta(seconds=1), "x" * 4 * PIECE))
        await until(lambda: bench.got == ["taken", "too long"])
        assert "together longer" in str(bench.states[-2].error)
        assert bench.catch_ups.asked[-1] == START - OVERLAP

    async def test_what_is_found_is_asked_for_again_where_it_is_too_much_just_now(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.bounds.MAX_TOGETHER", 4 * PIECE)
        bench.catch_ups.answers = [[caught_up(f"m{number}") for number in range(5)], [caught_up("m")]]
        with structlog.testing.capture_logs() as lines:
            await bench.up()
            await until(lambda: bench.got == ["m"])
        [failed] = [line for line in lines if line["event"] == "realtime.catch_up_failed"]
        assert "together longer" in failed["error"]

    @pytest.mark.parametrize("failure", [Unreachable("Rocket.Chat", "GET"), KeyError(TOKEN.reveal())])
    async def test_one_that_fails_is_asked_again_while_the_socket_stays(self, bench: Bench, failure: Exception) -> None:
        bench.catch_ups.answers = [failure, failure, [caught_up("missed")]]
        bench.jitter = 1.0
        with structlog.testing.capture_logs() as lines:
            await bench.up()
            await bench.server.last.push(document("new"))
            await until(lambda: bench.got == ["new"])
            for asked in (2, 3):
                bench.clock.jump(1)
                await until(lambda expected=asked: len(bench.catch_ups.asked) == expected)  # type: ignore[misc]
            await until(lambda: bench.got == ["new", "missed"])
        assert bench.catch_ups.asked == [FIRST] * 3
        assert len(bench.server.connections) == 1
        assert TOKEN.reveal() not in repr(lines)

    async def test_a_gap_that_was_not_closed_stays_open_over_the_next_cut(self, bench: Bench) -> None:
        bench.catch_ups.gate.clear()
        await bench.up()
        await bench.server.last.push(document("new", START + timedelta(hours=1)))
        await quiet()
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.catch_ups.asked == [FIRST, FIRST]
        assert bench.got == ["new"], "what was held back is given out when its socket ends"

    async def test_one_whose_socket_was_cut_does_not_answer_for_the_next(self, bench: Bench) -> None:
        bench.catch_ups.gate.clear()
        await bench.up()
        bench.jitter = 1.0
        bench.server.last.cut()
        await bench.lost()
        bench.catch_ups.gate.set()
        await quiet()
        bench.clock.jump(1)
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
            bench.clock.jump(10)
        assert len(bench.catch_ups.asked) == 1


def direct(message_id: str, room_id: str, seconds: float = 0.0) -> Message:
    """A message of a direct room, as a catch-up finds it."""
    return replace(caught_up(message_id, START + timedelta(seconds=seconds)), room_id=room_id)


class TestRooms:
    """Each is asked by itself."""

    async def test_one_that_cannot_be_read_is_asked_again_and_the_others_go_on(self, bench: Bench) -> None:
        answers: list[list[Message] | Exception] = [
            Forbidden("Rocket.Chat", "GET"),
            Forbidden("Rocket.Chat", "GET"),
            [direct("late", "d1")],
        ]

        async def refused() -> list[Message]:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        async def readable() -> list[Message]:
            return [direct("other", "d2", 2)]

        bench.jitter = 1.0
        bench.catch_ups.others = {"d1": refused, "d2": readable}
        bench.catch_ups.answers = [[caught_up("admin", START + timedelta(seconds=1))]]
        await bench.up()
        await until(lambda: bench.got == ["admin", "other"])
        for _ in range(2):
            await quiet()
            bench.clock.jump(1)
        await until(lambda: bench.got == ["admin", "other", "late"])
        assert bench.catch_ups.asked == [FIRST]
        assert bench.catch_ups.asked_others.count("d2") == 1

    async def test_one_that_hangs_holds_the_others_up_no_longer_than_the_bound(self, bench: Bench) -> None:
        async def hangs() -> list[Message]:
            await asyncio.Event().wait()
            return []

        bench.catch_ups.others = {"d1": hangs}
        bench.catch_ups.answers = [[caught_up("admin")]]
        await bench.up()
        await bench.server.last.push(document("new", START + timedelta(seconds=1)))
        await quiet()
        assert bench.got == []
        bench.clock.jump(HOLD_AT_MOST)
        await until(lambda: bench.got == ["admin", "new"])

    async def test_all_are_told_in_the_order_of_their_times(self, bench: Bench) -> None:
        async def first() -> list[Message]:
            return [direct("third", "d1", 3), direct("first", "d1", 1)]

        async def second() -> list[Message]:
            return [direct("fourth", "d2", 4)]

        bench.catch_ups.others = {"d1": first, "d2": second}
        bench.catch_ups.answers = [[caught_up("second", START + timedelta(seconds=2))]]
        await bench.up()
        await until(lambda: len(bench.got) == 4)
        assert bench.got == ["first", "second", "third", "fourth"]

    async def test_a_list_that_is_refused_is_asked_again_and_the_watched_room_does_not_wait(self, bench: Bench) -> None:
        async def found() -> list[Message]:
            return [direct("direct", "d1")]

        bench.jitter = 1.0
        bench.catch_ups.others = {"d1": found}
        bench.catch_ups.list_errors = [Rejected("Rocket.Chat", "GET /api/v1/im.list")]
        bench.catch_ups.answers = [[caught_up("admin")]]
        await bench.up()
        await until(lambda: bench.got == ["admin"])
        bench.clock.jump(1)
        await until(lambda: bench.got == ["admin", "direct"])

    async def test_a_direct_room_in_no_list_is_asked_once_it_is_heard_of(self, bench: Bench) -> None:
        bench.jitter = 1.0
        bench.catch_ups.list_errors = [Rejected("Rocket.Chat", "GET /api/v1/im.list")] * 99

        async def found() -> list[Message]:
            return [direct("missed", "d1")]

        await bench.up()
        bench.catch_ups.others = {"d1": found}
        await bench.server.last.push({**document("new", START + timedelta(seconds=1)), "rid": "d1"}, room_type="d")
        await until(lambda: sorted(bench.got) == ["missed", "new"])

    async def test_a_new_direct_room_of_a_complete_list_missed_nothing(self, bench: Bench) -> None:
        await bench.up()
        await quiet()
        await bench.server.last.push({**document("new"), "rid": "d1"}, room_type="d")
        await until(lambda: bench.got == ["new"])
        assert bench.catch_ups.asked_others == []

    async def test_a_room_that_was_caught_up_keeps_its_own_horizon(self, bench: Bench) -> None:
        """The other one is asked from the start on again, since nothing was heard of it."""
        asked: list[datetime] = []

        async def nothing() -> list[Message]:
            return []

        since = bench.catch_ups.since

        async def noting(room_id: str, moment: datetime) -> list[Message]:
            if room_id == "d1":
                asked.append(moment)
            return await since(room_id, moment)

        bench.catch_ups.since = noting  # type: ignore[method-assign, assignment]
        bench.catch_ups.others = {"d1": nothing}
        await bench.up()
        bench.time.skew = timedelta(hours=2)
        await bench.server.last.push(document("m1", START + timedelta(hours=1)))
        await until(lambda: bench.got == ["m1"])
        bench.server.last.cut()
        await until(lambda: len(asked) == 2 and len(bench.catch_ups.asked) == 2)
        assert asked == [FIRST, FIRST]
        assert bench.catch_ups.asked == [FIRST, START + timedelta(hours=1) - OVERLAP]

    async def test_a_room_that_is_named_late_is_waited_for(self, bench: Bench) -> None:
        bench.catch_ups.answers = [[caught_up("missed")]]
        bench.start(watching=False)
        await until(lambda: bench.connected)
        await bench.server.last.push(document("new", START + timedelta(seconds=1)))
        await quiet()
        assert bench.got == []
        bench.client.watch(ROOM, "p")
        await until(lambda: bench.got == ["missed", "new"])

    async def test_what_busy_says_is_waited_for(self, bench: Bench) -> None:
        busy = Busy("Rocket.Chat", "GET /api/v1/chat.syncMessages")
        busy.retry_after = 30.0
        bench.catch_ups.answers = [busy, []]
        await bench.up()
        await quiet()
        bench.clock.jump(29)
        await quiet()
        assert len(bench.catch_ups.asked) == 1
        bench.clock.jump(1)
        await until(lambda: len(bench.catch_ups.asked) == 2)


class TestTime:
    async def test_it_is_compared_at_each_new_socket_before_anything_is_asked(self, bench: Bench) -> None:
        await bench.up()
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.time.compared == 2

    @pytest.mark.parametrize("found", [True, False], ids=["found", "pushed"])
    async def test_a_time_in_the_future_hides_nothing(self, bench: Bench, found: bool) -> None:
        future = START + timedelta(days=300)
        bench.catch_ups.answers = [[caught_up("odd", future)] if found else []]
        await bench.up()
        if not found:
            await bench.server.last.push(document("odd", future))
        await until(lambda: bench.got == ["odd"])
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.catch_ups.asked[1] <= START

    async def test_one_that_is_ahead_of_the_messages_hides_none_of_them(self, bench: Bench) -> None:
        """A proxy answers for Rocket.Chat, whose own clock sets the times of messages. What was there at the first look
        is not told, and what is newer is."""
        bench.time.ahead = timedelta(hours=1)
        there = [caught_up("older", START - timedelta(hours=3)), caught_up("old", START - timedelta(seconds=9))]
        bench.catch_ups.answers = [there, [*there, caught_up("missed", START - timedelta(seconds=5))]]
        await bench.up()
        assert bench.catch_ups.asked == [START + timedelta(hours=1) - APART]
        bench.server.last.cut()
        await until(lambda: bench.got)
        await quiet()
        assert bench.got == ["missed"]
        assert bench.catch_ups.asked[1] == START - timedelta(seconds=9)

    async def test_one_that_was_set_back_while_there_was_no_socket_hides_nothing(self, bench: Bench) -> None:
        newest, back = START + timedelta(hours=5), timedelta(minutes=20)
        await bench.up()
        bench.time.skew = timedelta(hours=6)
        await bench.server.last.push(document("m1", newest))
        await until(lambda: bench.got == ["m1"])
        bench.catch_ups.answers = [[caught_up("missed", newest - back + timedelta(seconds=1))]]
        bench.time.set_back = back
        bench.server.last.cut()
        await until(lambda: bench.got == ["m1", "missed"])
        assert bench.catch_ups.asked[1] == newest - back - OVERLAP
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 3)
        assert bench.catch_ups.asked[2] == newest - back + timedelta(seconds=1) - OVERLAP, "it was set back once"

    async def test_one_that_was_set_back_while_messages_came_is_what_the_last_one_says(self, bench: Bench) -> None:
        await bench.up()
        bench.time.skew = timedelta(hours=6)
        for hours in (5, 3):
            ts = START + timedelta(hours=hours)
            changed = {"_updatedAt": {"$date": int(ts.timestamp() * 1000)}}
            await bench.server.last.push({**document(f"m{hours}", ts), **changed})
        await until(lambda: len(bench.got) == 2)
        bench.server.last.cut()
        await until(lambda: len(bench.catch_ups.asked) == 2)
        assert bench.catch_ups.asked[1] == START + timedelta(hours=3) - OVERLAP


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
                bench.clock.jump(DEAD_AFTER)
                await bench.lost()
                bench.server.mute = frozenset()
        await until(lambda expected=connections: len(bench.server.connections) > expected)  # type: ignore[misc]
        await until(lambda expected=f"missed{turn}": expected in bench.got)  # type: ignore[misc]
        sent += [f"pushed{turn}", f"missed{turn}"]
    assert set(bench.got) == set(sent)
