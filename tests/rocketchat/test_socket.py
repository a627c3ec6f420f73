"""The socket over real loopback websockets, on a clock that only moves when a test says so."""

from __future__ import annotations

import asyncio

import pytest
import structlog.testing

from bot.connection.state import LiveService
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer, NoAnswer, Redirected, Unauthenticated, Unreachable
from bot.rocketchat.ddp import DEAD_AFTER, PING_AFTER
from bot.rocketchat.socket import RealtimeState
from bot.rocketchat.websocket import CONNECT_WITHIN, websocket_url
from tests.support.clocks import START, SteppedClock
from tests.support.realtime import MESSAGES, RECORDS, ROOM, SERVICES, CatchUps, ScriptedServer, document, quiet, until
from tests.support.socket_bench import ME, TOKEN, Bench

DENIED: dict[str, object] = {"error": 403, "reason": f"You've been logged out {TOKEN.reveal()}", "message": "[403]"}


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
        assert kinds == ["connect", "method", "sub", "sub", "sub"]
        assert bench.client.state == RealtimeState(connected=True, since=START)

    async def test_whoever_waits_until_it_is_connected_is_told(self, bench: Bench) -> None:
        bench.server.hang = True
        bench.start()
        waiting = asyncio.create_task(bench.client.connected.wait())
        await until(lambda: bench.server.attempts == 1)
        assert not waiting.done()
        bench.server.hang = False
        bench.clock.jump(CONNECT_WITHIN)
        assert await waiting
        bench.server.last.cut()
        await bench.lost()
        assert not bench.client.connected.is_set()

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
        bench.clock.jump(CONNECT_WITHIN)
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
        assert "SSOBOT_ROCKETCHAT_URL" in bench.client.state.error.fix
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
            bench.clock.jump(20)
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
            bench.clock.jump(20)
        bench.server.status = None
        await until(lambda: bench.connected)
        for _ in range(4):
            await bench.pinged()
            bench.clock.jump(10)
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
        bench.clock.jump(14)
        await quiet()
        assert not bench.connected
        bench.clock.jump(2)
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
        bench.clock.jump(PING_AFTER)
        await until(lambda: bench.server.last.of("ping"))
        await quiet()
        bench.clock.jump(PING_AFTER - 1)
        await quiet()
        assert len(bench.server.connections) == 1
        assert bench.connected

    async def test_a_silent_server_is_left_for_a_new_socket(self, bench: Bench) -> None:
        await bench.up()
        bench.server.mute = frozenset({"ping"})
        bench.clock.jump(PING_AFTER)
        await until(lambda: bench.server.last.of("ping"))
        bench.clock.jump(DEAD_AFTER - PING_AFTER)
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
        bench.clock.jump(15)
        await until(lambda: bench.connected)
        assert len(bench.server.connections) == 2


class TestLiveServices:
    async def test_a_listener_hears_of_a_change_as_it_arrives(self, bench: Bench) -> None:
        bench.server.records = {"k": {"service": "encvoyid", "scope": "a b"}}
        await bench.up()
        await until(lambda: bench.client.live.unknown is None)
        told: list[tuple[float, object]] = []
        bench.client.live.listen(lambda at: told.append((at, bench.client.live.current("encvoyid"))))
        bench.clock.jump(3)
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
        bench.clock.jump(1)
        await until(lambda: bench.client.live.current("encvoyid") is None)

    async def test_a_refused_publication_holds_no_message_up(self, bench: Bench) -> None:
        bench.server.refusals = {SERVICES: [{"error": "not-allowed"}]}
        await bench.up()
        await bench.server.last.push(document("m"))
        await until(lambda: bench.got == ["m"])
        assert isinstance(bench.client.live.current("encvoyid"), Unknown)
        bench.clock.jump(2)
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
            bench.clock.jump(1)
            await quiet()
        await until(lambda: bench.connected and len(bench.catch_ups.asked) == 2)
        assert len(bench.server.connections) == 1


async def test_a_server_that_was_away_is_found_again(bench: Bench) -> None:
    await bench.up()
    await bench.server.stop()
    await bench.lost()
    bench.jitter = 1.0
    await quiet()
    await bench.server.restart()
    for _ in range(4):
        bench.clock.jump(20)
        await quiet()
    await until(lambda: bench.connected)


async def test_run_again_it_begins_anew(bench: Bench) -> None:
    """As an instance that lost its lease and has it again: what was not read is found by catching up."""
    await bench.up()
    running, reading = bench.tasks
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await bench.server.last.push(document("not read"))
    await bench.pinged()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not bench.connected
    bench.catch_ups.asked.clear()
    bench.client.watch(ROOM, "p")
    bench.tasks = [asyncio.create_task(bench.client.run()), asyncio.create_task(bench._read())]
    await until(lambda: bench.connected and bench.catch_ups.asked)
    await bench.server.last.push(document("new"))
    await until(lambda: bench.got)
    assert bench.got == ["new"]
