"""The socket over real loopback websockets, on a clock that only moves when a test says so."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog.testing

from bot.connection.state import LiveService, Unknown
from bot.errors import BadAnswer, NoAnswer, Redirected, Unauthenticated, Unreachable
from bot.rocketchat.ddp import DEAD_AFTER, PING_AFTER
from bot.rocketchat.horizon import OVERLAP
from bot.rocketchat.socket import HOLD_AT_MOST, RealtimeClient, RealtimeState
from bot.rocketchat.upgrade import CONNECT_WITHIN, websocket_url
from bot.secret import Secret
from tests.support.realtime import (
    MESSAGES,
    RECORDS,
    SERVICES,
    START,
    CatchUps,
    ScriptedServer,
    SteppedClock,
    caught_up,
    document,
    quiet,
    until,
)

ME = "botuser"
TOKEN = Secret("generated-token-for-a-test")
DENIED: dict[str, object] = {"error": 403, "reason": f"You've been logged out {TOKEN.reveal()}", "message": "[403]"}


@dataclasses.dataclass
class Bench:
    """A server, a client and what it gave out."""

    server: ScriptedServer
    clock: SteppedClock
    catch_ups: CatchUps
    jitter: float = 0.0
    states: list[RealtimeState] = dataclasses.field(default_factory=list)
    got: list[str] = dataclasses.field(default_factory=list)
    tasks: list[asyncio.Task[None]] = dataclasses.field(default_factory=list)
    client: RealtimeClient = dataclasses.field(init=False)

    def start(self, prefix: str = "") -> None:
        self.client = RealtimeClient(
            self.server.url + prefix,
            ME,
            TOKEN,
            self.clock,
            self.catch_ups,
            on_state=self.states.append,
            jitter=lambda: self.jitter,
        )
        self.tasks = [asyncio.create_task(self.client.run()), asyncio.create_task(self._read())]

    async def _read(self) -> None:
        async for message in self.client.messages():
            self.got.append(message.id)

    async def up(self) -> None:
        """Started, connected, caught up."""
        self.start()
        await until(lambda: self.connected and self.catch_ups.asked)

    @property
    def connected(self) -> bool:
        return self.client.state.connected

    async def pinged(self) -> None:
        """The server gave a sign of life, and it has arrived."""
        answered = len(self.server.last.of("pong"))
        await self.server.last.send(msg="ping")
        await until(lambda: len(self.server.last.of("pong")) > answered)

    async def lost(self) -> None:
        await until(lambda: not self.connected)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = ScriptedServer(ME)
    await server.start()
    bench = Bench(server, SteppedClock(), CatchUps())
    yield bench
    await bench.stop()
    await server.stop()


class TestConnecting:
    @pytest.mark.parametrize(
        ("url", "websocket"),
        [
            ("http://chat.example.org", "ws://chat.example.org/websocket"),
            ("https://chat.example.org/", "wss://chat.example.org/websocket"),
            ("https://example.org/chat", "wss://example.org/chat/websocket"),
            ("HTTPS://http.example.org:3000/http", "wss://http.example.org:3000/http/websocket"),
        ],
    )
    def test_the_address_follows_from_the_base_url(self, url: str, websocket: str) -> None:
        assert websocket_url(url) == websocket

    async def test_connects_logs_in_and_subscribes(self, bench: Bench) -> None:
        await bench.up()
        kinds = [frame["msg"] for frame in bench.server.last.received]
        assert kinds == ["connect", "method", "sub", "sub"]
        assert bench.client.state == RealtimeState(connected=True, since=START)

    async def test_a_sub_path_is_kept(self) -> None:
        server = ScriptedServer(ME)
        await server.start("/chat")
        bench = Bench(server, SteppedClock(), CatchUps())
        bench.start("/chat")
        await until(lambda: bench.connected)
        await bench.stop()
        await server.stop()

    async def test_nothing_is_known_before(self, bench: Bench) -> None:
        bench.server.hang = True
        bench.start()
        assert bench.client.state == RealtimeState(connected=False, since=START)
        assert isinstance(bench.client.live.current("encvoyid"), Unknown)

    async def test_an_upgrade_never_answered_is_given_up(self, bench: Bench) -> None:
        bench.server.hang = True
        bench.start()
        await until(lambda: bench.server.attempts == 1)
        bench.server.hang = False
        bench.clock.advance(CONNECT_WITHIN)
        await until(lambda: bench.connected)
        assert isinstance(bench.states[0].error, NoAnswer)

    async def test_a_status_instead_of_a_socket_is_named(self, bench: Bench) -> None:
        bench.server.status, bench.jitter = 502, 1.0
        bench.start()
        await until(lambda: bench.states)
        error = bench.client.state.error
        assert isinstance(error, BadAnswer)
        assert error.status == 502

    async def test_a_redirect_is_not_followed(self, bench: Bench) -> None:
        bench.server.status, bench.server.headers, bench.jitter = 302, {"Location": "/elsewhere"}, 1.0
        bench.start()
        await until(lambda: bench.states)
        assert isinstance(bench.client.state.error, Redirected)
        assert "SSOBOT_ROCKETCHAT_URL" in bench.client.state.error.mend
        assert bench.server.attempts == 1

    async def test_a_port_nobody_listens_on_is_unreachable(self, bench: Bench) -> None:
        await bench.server.stop()
        bench.jitter = 1.0
        bench.start()
        await until(lambda: bench.states)
        assert isinstance(bench.client.state.error, Unreachable)

    async def test_the_pause_doubles_up_to_its_bound(self, bench: Bench) -> None:
        bench.server.status, bench.jitter = 503, 1.0
        bench.start()
        for attempt in range(1, 10):
            await until(lambda expected=attempt: bench.server.attempts == expected)  # type: ignore[misc]
            await until(lambda: bench.clock.slept[-1] != CONNECT_WITHIN)
            bench.clock.advance(20)
        pauses = [pause for pause in bench.clock.slept if pause != CONNECT_WITHIN]
        assert pauses[:9] == [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 20.0, 20.0]

    async def test_the_pause_is_jittered(self, bench: Bench) -> None:
        bench.server.status, bench.jitter = 503, 0.5
        bench.start()
        await until(lambda: bench.states and bench.clock.slept[-1] != CONNECT_WITHIN)
        assert bench.clock.slept[-1] == 0.15

    async def test_a_loss_after_a_good_time_counts_as_the_first(self, bench: Bench) -> None:
        bench.server.status, bench.jitter = 503, 1.0
        bench.start()
        for attempt in range(1, 6):
            await until(lambda expected=attempt: bench.server.attempts == expected)  # type: ignore[misc]
            await until(lambda: bench.clock.slept[-1] != CONNECT_WITHIN)
            bench.clock.advance(20)
        bench.server.status = None
        await until(lambda: bench.connected)
        for _ in range(4):
            await bench.pinged()
            bench.clock.advance(10)
        bench.server.last.cut()
        await bench.lost()
        await until(lambda: bench.clock.slept[-1] == 0.3)

    async def test_a_cancelled_run_closes_its_socket(self, bench: Bench) -> None:
        await bench.up()
        await bench.stop()
        await until(lambda: bench.server.last.socket.closed)
        assert not bench.connected


class TestLogin:
    async def test_a_refused_token_is_a_typed_error_and_tried_again_slowly(self, bench: Bench) -> None:
        bench.server.login_errors = [DENIED]
        bench.start()
        await until(lambda: bench.states)
        assert isinstance(bench.client.state.error, Unauthenticated)
        bench.clock.advance(14)
        await quiet()
        assert not bench.connected
        bench.clock.advance(2)
        await until(lambda: bench.connected)
        assert len(bench.server.connections) == 1
        assert bench.client.state.error is None

    async def test_a_refused_token_leaves_the_live_services_visible(self, bench: Bench) -> None:
        bench.server.login_errors = [DENIED]
        bench.server.records = {"k": {"service": "encvoyid"}}
        bench.start()
        await until(lambda: bench.client.live.current("encvoyid") == LiveService("encvoyid", {}))
        assert not bench.connected

    async def test_no_log_line_holds_the_token(self, bench: Bench) -> None:
        bench.server.login_errors = [DENIED]
        with structlog.testing.capture_logs() as lines:
            bench.start()
            await until(lambda: bench.states)
            await bench.server.last.send(msg="error", reason="Bad request", offendingMessage={"resume": TOKEN.reveal()})
            await until(lambda: any(line["event"] == "realtime.complaint" for line in lines))
        assert {"realtime.login_failed", "realtime.complaint"} <= {line["event"] for line in lines}
        assert TOKEN.reveal() not in repr(lines)


class TestWatchdog:
    async def test_a_ping_is_answered_with_its_id(self, bench: Bench) -> None:
        await bench.up()
        await bench.server.last.send(msg="ping", id="p7")
        await until(lambda: bench.server.last.of("pong"))
        assert bench.server.last.of("pong") == [{"msg": "pong", "id": "p7"}]

    async def test_silence_is_asked_about_and_an_answer_is_enough(self, bench: Bench) -> None:
        await bench.up()
        bench.clock.advance(PING_AFTER)
        await until(lambda: bench.server.last.of("ping"))
        await quiet()
        bench.clock.advance(PING_AFTER - 1)
        await quiet()
        assert len(bench.server.connections) == 1
        assert bench.connected

    async def test_a_silent_server_is_left_for_a_new_socket(self, bench: Bench) -> None:
        await bench.up()
        bench.server.mute = frozenset({"ping"})
        bench.clock.advance(PING_AFTER)
        await until(lambda: bench.server.last.of("ping"))
        bench.clock.advance(DEAD_AFTER - PING_AFTER)
        await bench.server.subscribed(2)
        await until(lambda: bench.connected)
        assert isinstance(next(state for state in bench.states if not state.connected).error, NoAnswer)

    @pytest.mark.parametrize("stage", ["connect", "method", MESSAGES])
    async def test_a_server_that_stops_answering_on_the_way_up_is_left(self, bench: Bench, stage: str) -> None:
        bench.server.mute = frozenset({stage})
        bench.start()
        kind = "sub" if stage == MESSAGES else stage
        await until(lambda: bench.server.connections and bench.server.last.of(kind))
        await quiet()
        bench.server.mute = frozenset()
        bench.clock.advance(15)
        await until(lambda: bench.connected)
        assert len(bench.server.connections) == 2


class TestLiveServices:
    async def test_a_listener_hears_of_a_change_as_it_arrives(self, bench: Bench) -> None:
        bench.server.records = {"k": {"service": "encvoyid", "scope": "a b"}}
        await bench.up()
        await until(lambda: bench.client.live.unknown is None)
        told: list[tuple[float, object]] = []
        bench.client.live.listen(lambda at: told.append((at, bench.client.live.current("encvoyid"))))
        bench.clock.advance(3)
        await bench.server.last.send(msg="changed", collection=RECORDS, id="k", fields={"scope": "b a"})
        await until(lambda: told)
        assert told == [(3.0, LiveService("encvoyid", {"scope": "b a"}))]

    async def test_a_cut_makes_it_unknown_and_a_new_socket_reads_it_anew(self, bench: Bench) -> None:
        bench.server.records = {"k": {"service": "encvoyid"}, "l": {"service": "other"}}
        bench.jitter = 1.0
        await bench.up()
        await until(lambda: bench.client.live.current("encvoyid") == LiveService("encvoyid", {}))
        del bench.server.records["k"]
        bench.server.last.cut()
        await until(lambda: isinstance(bench.client.live.current("encvoyid"), Unknown))
        bench.clock.advance(1)
        await until(lambda: bench.client.live.current("encvoyid") is None)

    async def test_a_refused_publication_holds_no_message_up(self, bench: Bench) -> None:
        bench.server.refusals = {SERVICES: [{"error": "not-allowed"}]}
        await bench.up()
        await bench.server.last.push(document("m"))
        await until(lambda: bench.got == ["m"])
        assert isinstance(bench.client.live.current("encvoyid"), Unknown)
        bench.clock.advance(2)
        await until(lambda: bench.client.live.unknown is None)

    async def test_a_listener_that_raises_costs_one_socket_and_not_the_bot(self, bench: Bench) -> None:
        await bench.up()

        def broken(_: float) -> None:
            leave()
            raise KeyError(TOKEN.reveal())

        leave = bench.client.live.listen(broken)
        with structlog.testing.capture_logs() as lines:
            await bench.server.last.send(msg="added", collection=RECORDS, id="k", fields={"service": "x"})
            await bench.server.subscribed(2)
        assert any(line["event"] == "realtime.bug" and line["error"] == "KeyError" for line in lines)
        assert TOKEN.reveal() not in repr(lines)


class TestMessages:
    async def test_come_in_order(self, bench: Bench) -> None:
        await bench.up()
        await bench.server.last.push(*(document(f"m{n}") for n in range(50)))
        await until(lambda: len(bench.got) == 50)
        assert bench.got == [f"m{n}" for n in range(50)]

    async def test_an_odd_document_is_passed_over(self, bench: Bench) -> None:
        await bench.up()
        await bench.server.last.push({"_id": "odd"}, document("m"))
        await until(lambda: bench.got == ["m"])

    async def test_a_refused_stream_is_asked_for_again_and_caught_up(self, bench: Bench) -> None:
        await bench.up()
        sub = bench.server.last.subscription(MESSAGES)
        await bench.server.last.send(msg="nosub", id=sub, error={"error": "internal"})
        await bench.lost()
        for _ in range(2):
            bench.clock.advance(1)
            await quiet()
        await until(lambda: bench.connected and len(bench.catch_ups.asked) == 2)
        assert len(bench.server.connections) == 1


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


async def test_a_server_that_was_away_is_found_again(bench: Bench) -> None:
    await bench.up()
    await bench.server.stop()
    await bench.lost()
    bench.jitter = 1.0
    await quiet()
    await bench.server.restart()
    for _ in range(4):
        bench.clock.advance(20)
        await quiet()
    await until(lambda: bench.connected)
