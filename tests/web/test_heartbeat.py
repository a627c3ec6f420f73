"""The heartbeat, against a monitor on a real socket; the clock is the test's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog.testing
import trustme
from aiohttp import web

from bot.errors import StoreUnavailable
from bot.redaction import redact_values
from bot.secret import Secret
from bot.tls import client_context
from bot.web.heartbeat import (
    AGAIN_SECONDS,
    EVERY_SECONDS,
    GATHER_SECONDS,
    LONGEST_REASON,
    TOTAL_SECONDS,
    Heartbeat,
    failing_url,
)
from tests.support.clocks import SteppedClock
from tests.support.monitor import Monitor, monitoring
from tests.support.realtime import until
from tests.support.served import served
from tests.support.transports import answering

PING = "/0e0f3a4c-heartbeat-key-9d1b/ssobot"
ALIVE, FAILING = {"status": "alive"}, {"status": "failing", "reason": "the rotation is overdue"}


@dataclass
class State:
    """What the heartbeat asks for."""

    reason: str | None = None
    error: Exception | None = None

    async def failing(self) -> str | None:
        if self.error is not None:
            raise self.error
        return self.reason


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    async with monitoring() as monitor:
        yield monitor


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@asynccontextmanager
async def beating(heartbeat: Heartbeat) -> AsyncIterator[Heartbeat]:
    """While the block runs; it must not have ended by itself."""
    task = asyncio.create_task(heartbeat.run())
    try:
        yield heartbeat
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def asleep(clock: SteppedClock, seconds: float) -> None:
    """Returns when the heartbeat has lain down for so long."""
    await until(lambda: clock.slept and clock.slept[-1] == pytest.approx(seconds))
    clock.slept.clear()


async def test_it_beats_at_once_and_then_every_five_minutes(monitor: Monitor, clock: SteppedClock) -> None:
    async with beating(Heartbeat(Secret(monitor.url + PING), clock)):
        assert await monitor.next() == (PING, ALIVE)
        await asleep(clock, EVERY_SECONDS)
        clock.jump(EVERY_SECONDS - 0.1)
        await asyncio.sleep(0.05)
        assert monitor.heard.empty()
        clock.jump(0.1)
        assert await monitor.next() == (PING, ALIVE)


async def test_beats_within_a_second_are_one_and_the_five_minutes_count_from_it(
    monitor: Monitor, clock: SteppedClock
) -> None:
    async with beating(Heartbeat(Secret(monitor.url + PING), clock)) as heartbeat:
        await monitor.next()
        await asleep(clock, EVERY_SECONDS)
        clock.jump(200)
        for _ in range(5):
            heartbeat.beat()
        await asleep(clock, GATHER_SECONDS)
        heartbeat.beat()
        clock.jump(GATHER_SECONDS)
        await monitor.next()
        await asleep(clock, EVERY_SECONDS)
        assert monitor.heard.empty()


async def test_a_beat_while_something_is_sent_is_not_lost(clock: SteppedClock) -> None:
    going_on, go_on = asyncio.Event(), asyncio.Event()
    number = 0

    async def slow(_: web.Request) -> web.StreamResponse:
        nonlocal number
        number += 1
        going_on.set()
        await go_on.wait()
        return web.Response()

    async with served(slow) as url, beating(Heartbeat(Secret(url), clock)) as heartbeat:
        await going_on.wait()
        heartbeat.beat()
        go_on.set()
        await asleep(clock, GATHER_SECONDS)
        clock.jump(GATHER_SECONDS)
        await asleep(clock, EVERY_SECONDS)
    assert number == 2


async def test_it_fails_for_as_long_as_there_is_a_reason(monitor: Monitor, clock: SteppedClock) -> None:
    state = State("the rotation is overdue")
    async with beating(Heartbeat(Secret(monitor.url + PING), clock, state.failing)):
        for reason, expected in (
            (state.reason, (f"{PING}/fail", FAILING)),
            (state.reason, (f"{PING}/fail", FAILING)),
            (None, (PING, ALIVE)),
        ):
            state.reason = reason
            clock.jump(EVERY_SECONDS)
            assert await monitor.next() == expected
            await asleep(clock, EVERY_SECONDS)


@pytest.mark.parametrize(
    ("url", "failing"),
    [
        ("https://hc-ping.com/a-b-c", "https://hc-ping.com/a-b-c/fail"),
        ("https://hc-ping.com/key/ssobot?create=1&rid=7", "https://hc-ping.com/key/ssobot/fail?create=1&rid=7"),
        ("https://checks.example.org/ping/a-b-c/", "https://checks.example.org/ping/a-b-c/fail"),
        ("https://checks.example.org/a/?next=/b/?c", "https://checks.example.org/a/fail?next=/b/?c"),
        ("https://checks.example.org", "https://checks.example.org/fail"),
    ],
)
def test_fail_belongs_to_the_path(url: str, failing: str) -> None:
    assert failing_url(url) == failing


async def test_a_query_is_sent_as_it_is(monitor: Monitor, clock: SteppedClock) -> None:
    state = State("the rotation is overdue")
    async with beating(Heartbeat(Secret(f"{monitor.url}{PING}?create=1&x=%2F"), clock, state.failing)):
        assert (await monitor.next())[0] == f"{PING}/fail?create=1&x=%2F"


async def test_a_reason_is_short_and_holds_no_known_secret(monitor: Monitor, clock: SteppedClock) -> None:
    redact_values([Secret("known-to-the-redaction")])
    state = State("known-to-the-redaction " + "x" * 1000)
    async with beating(Heartbeat(Secret(monitor.url), clock, state.failing)):
        _, body = await monitor.next()
    assert isinstance(body, dict)
    assert body["reason"] == ("… " + "x" * 1000)[:LONGEST_REASON]


async def test_without_an_address_nothing_runs(clock: SteppedClock) -> None:
    heartbeat = Heartbeat(None, clock)
    heartbeat.beat()
    await asyncio.wait_for(heartbeat.run(), 1)


# --- failures --------------------------------------------------------------------------------------------------------


async def test_a_failed_request_is_repeated_once_with_what_is_true_by_then(
    monitor: Monitor, clock: SteppedClock
) -> None:
    state = State("the rotation is overdue")
    monitor.answers += [web.Response(status=503), web.Response(status=503)]
    async with beating(Heartbeat(Secret(monitor.url + PING), clock, state.failing)):
        assert await monitor.next() == (f"{PING}/fail", FAILING)
        await asleep(clock, AGAIN_SECONDS)
        state.reason = None
        clock.jump(AGAIN_SECONDS)
        assert await monitor.next() == (PING, ALIVE)
        await asleep(clock, EVERY_SECONDS - AGAIN_SECONDS)
        assert monitor.heard.empty()


async def test_a_redirect_is_not_followed(monitor: Monitor, clock: SteppedClock) -> None:
    monitor.answers += [web.Response(status=302, headers={"Location": "/elsewhere"}) for _ in range(2)]
    with structlog.testing.capture_logs() as lines:
        async with beating(Heartbeat(Secret(monitor.url + PING), clock)):
            await monitor.next()
            await asleep(clock, AGAIN_SECONDS)
            clock.jump(AGAIN_SECONDS)
            assert await monitor.next() == (PING, ALIVE)
            await asleep(clock, EVERY_SECONDS - AGAIN_SECONDS)
    assert [line.get("reason") for line in lines] == ["Monitoring answered with status 302."]


async def test_only_a_change_of_outcome_is_logged_and_with_the_host_alone(
    monitor: Monitor, clock: SteppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        async with beating(Heartbeat(Secret(f"{monitor.url}{PING}?rid=of-this-run"), clock)):
            for statuses in ([], [], [404, 404], [404, 404], [500, 500], [], []):
                monitor.answers += [web.Response(status=status) for status in statuses]
                clock.jump(EVERY_SECONDS)
                await monitor.next()
                if statuses:
                    await asleep(clock, AGAIN_SECONDS)
                    clock.jump(AGAIN_SECONDS)
                    await monitor.next()
                await asleep(clock, EVERY_SECONDS - (AGAIN_SECONDS if statuses else 0))
    assert [(line["event"], line["log_level"], line.get("reason")) for line in lines] == [
        ("heartbeat.heard", "info", None),
        ("heartbeat.lost", "warning", "Monitoring answered with status 404."),
        ("heartbeat.lost", "warning", "Monitoring answered with status 500."),
        ("heartbeat.heard", "info", None),
    ]
    assert {line["monitor"] for line in lines} == {"127.0.0.1"}
    said = f"{lines} {caplog.text}"
    assert [part for part in (PING, "of-this-run", monitor.url) if part in said] == []


async def twice(heartbeat: Heartbeat, clock: SteppedClock) -> list[str]:
    """Why both requests failed, as the log says it: one line."""
    with structlog.testing.capture_logs() as lines:
        async with beating(heartbeat):
            await asleep(clock, AGAIN_SECONDS)
            clock.jump(AGAIN_SECONDS)
            await asleep(clock, EVERY_SECONDS - AGAIN_SECONDS)
    return [line["reason"] for line in lines]


async def test_nobody_at_the_address_ends_nothing(clock: SteppedClock) -> None:
    [reason] = await twice(Heartbeat(Secret(f"http://127.0.0.1:9{PING}"), clock), clock)
    assert reason == (
        "Monitoring cannot be reached. Nothing responds at its address. "
        "Check that Monitoring is running, and that SSOBOT_HEARTBEAT_URL leads to it from here."
    )


async def test_a_monitor_that_never_answers_is_given_up(clock: SteppedClock) -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with served(silent) as url:
        [reason] = await twice(Heartbeat(Secret(url + PING), clock, timeout=0.1), clock)
    assert reason.startswith("Monitoring did not respond in time: POST heartbeat. It took longer than 0.1 seconds.")


async def test_its_certificate_is_checked_against_the_same_authorities(clock: SteppedClock, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with answering(context) as server:
        url = Secret(f"https://127.0.0.1:{server.port}{PING}")
        [reason] = await twice(Heartbeat(url, clock), clock)
        assert "not signed by a trusted authority" in reason
        with structlog.testing.capture_logs() as lines:
            async with beating(Heartbeat(url, clock, tls=client_context(tmp_path / "ca.pem"))):
                await asleep(clock, EVERY_SECONDS)
        assert [line["event"] for line in lines] == ["heartbeat.heard"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreUnavailable(), "Nothing was sent. The bot's own database cannot be used right now."),
        (KeyError("a text from somewhere"), r"Nothing was sent: KeyError at test_heartbeat.py:"),
    ],
)
async def test_nothing_is_sent_while_nobody_knows_whether_it_fails(
    monitor: Monitor, clock: SteppedClock, error: Exception, said: str
) -> None:
    state = State(error=error)
    [reason] = await twice(Heartbeat(Secret(monitor.url), clock, state.failing), clock)
    assert reason.startswith(said)
    assert "somewhere" not in reason
    assert monitor.heard.empty()


async def test_it_beats_again_once_it_is_known(monitor: Monitor, clock: SteppedClock) -> None:
    state = State(error=StoreUnavailable())
    async with beating(Heartbeat(Secret(monitor.url + PING), clock, state.failing)):
        await asleep(clock, AGAIN_SECONDS)
        state.error = None
        clock.jump(AGAIN_SECONDS)
        assert await monitor.next() == (PING, ALIVE)


async def test_a_question_without_an_answer_does_not_hold_it_up(monitor: Monitor, clock: SteppedClock) -> None:
    async def hanging() -> str | None:
        await asyncio.Event().wait()
        return None

    async with beating(Heartbeat(Secret(monitor.url), clock, hanging)):
        await asleep(clock, TOTAL_SECONDS)
        clock.jump(TOTAL_SECONDS)
        await asleep(clock, AGAIN_SECONDS)
    with contextlib.suppress(asyncio.QueueEmpty):
        pytest.fail(f"it sent {monitor.heard.get_nowait()}")
