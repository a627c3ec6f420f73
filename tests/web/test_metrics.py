"""`/metrics`, over a real socket, and what it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import metadata

import aiohttp
import pytest

from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.verdict import Verdict
from bot.errors import StoreUnavailable
from bot.values import Listen
from bot.web.exposition import MEDIA_TYPE
from bot.web.health import application, serving
from bot.web.metrics import READ_SECONDS, Metrics, own_version
from bot.web.readings import NOTHING_KNOWN, Readings
from tests.support.clocks import ManualClock, SteppedClock, settle
from tests.support.prometheus import Samples, of, samples
from tests.web.test_ask import saying

ANYWHERE = Listen("127.0.0.1", 0)
PARTS: Mapping[str, str | None] = {"rocketchat": "Rocket.Chat cannot be reached.", "database": None}


async def scrape(metrics: Metrics) -> Samples:
    return samples(await metrics.scraped({}))


async def known() -> Readings:
    return Readings(secret_age=5.0, overdue=False)


async def test_it_is_served_beside_healthz() -> None:
    metrics = Metrics(ManualClock())
    async with serving(application(saying(PARTS), metrics), ANYWHERE) as listen, aiohttp.ClientSession() as session:
        async with session.get(f"http://{listen}/metrics") as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, MEDIA_TYPE)
            assert answer.headers["Cache-Control"] == "no-store"
            found = samples(await answer.read())
        assert (await session.get(f"http://{listen}/healthz")).status == 503
        assert (await session.post(f"http://{listen}/metrics")).status == 405
    assert of(found, "ssobot_part_up") == {"rocketchat": 0, "database": 1}


@pytest.mark.parametrize("accept", ["application/openmetrics-text;version=1.0.0", "text/html", "a/b;version=x;;"])
async def test_there_is_one_format_whatever_is_asked_for(accept: str) -> None:
    async with (
        serving(application(saying(PARTS), Metrics(ManualClock())), ANYWHERE) as listen,
        aiohttp.ClientSession(headers={"Accept": accept}) as session,
        session.get(f"http://{listen}/metrics") as answer,
    ):
        assert (answer.status, answer.headers["Content-Type"]) == (200, MEDIA_TYPE)


async def test_the_reasons_of_healthz_are_not_repeated() -> None:
    assert b"cannot be reached" not in await Metrics(ManualClock()).scraped(PARTS)


async def test_without_metrics_there_is_no_such_page() -> None:
    async with serving(application(saying(PARTS)), ANYWHERE) as listen, aiohttp.ClientSession() as session:
        assert (await session.get(f"http://{listen}/metrics")).status == 404


# --- what is counted -------------------------------------------------------------------------------------------------


async def test_operations_are_counted_by_kind_and_outcome() -> None:
    metrics = Metrics(ManualClock())
    for kind, outcome in (("rotate", "done"), ("rotate", "failed"), ("rotate", "done"), ("status", "refused")):
        metrics.operation_ended(kind, outcome)
    expected = {"rotate done": 2, "rotate failed": 1, "status refused": 1}
    assert of(await scrape(metrics), "ssobot_operations_total") == expected


async def test_events_of_the_scheduler_are_counted() -> None:
    metrics = Metrics(ManualClock())
    metrics.scheduler_event("missed")
    metrics.scheduler_event("missed")
    expected = {"missed": 2, "error": 0, "max_instances": 0}
    assert of(await scrape(metrics), "ssobot_scheduler_events_total") == expected


def test_an_event_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="is no event of the scheduler"):
        Metrics(ManualClock()).scheduler_event("free text")


async def test_the_last_verdict_replaces_the_one_before() -> None:
    metrics = Metrics(ManualClock())
    states = (CheckState.PASSED, CheckState.PASSED, CheckState.FAILED, CheckState.SKIPPED)
    metrics.verdict(Verdict(tuple(Finding(f"check {state}", Result(state, "seen")) for state in states)))
    assert of(await scrape(metrics), "ssobot_findings") == {"passed": 2, "failed": 1, "note": 0, "skipped": 1}
    metrics.verdict(Verdict((Finding("check", Result(CheckState.NOTE, "seen")),)))
    assert of(await scrape(metrics), "ssobot_findings") == {"passed": 0, "failed": 0, "note": 1, "skipped": 0}


async def test_the_age_of_the_last_message_grows_until_the_next_one() -> None:
    clock = ManualClock()
    metrics = Metrics(clock)
    assert of(await scrape(metrics), "ssobot_last_message_age_seconds") is None
    metrics.message_heard()
    clock.seconds += 90
    assert of(await scrape(metrics), "ssobot_last_message_age_seconds") == 90
    metrics.message_heard()
    assert of(await scrape(metrics), "ssobot_last_message_age_seconds") == 0


async def test_a_standby_keeps_its_counters_and_knows_nothing_else() -> None:
    metrics = Metrics(ManualClock(), known)
    metrics.operation_ended("rotate", "done")
    metrics.message_heard()
    metrics.verdict(Verdict(()))
    metrics.forget()
    names = {name for name, _ in await scrape(metrics)}
    assert names == {
        "ssobot_build_info",
        "ssobot_verdict",
        "ssobot_operations_total",
        "ssobot_scheduler_events_total",
    }


async def test_the_version_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {metadata.version("ssobot"): 1}
    assert of(await scrape(Metrics(ManualClock())), "ssobot_build_info") == expected

    def absent(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", absent)
    assert own_version() == "unknown"


# --- what is read ----------------------------------------------------------------------------------------------------


async def test_readings_are_asked_anew_at_each_scrape() -> None:
    state = Readings(overdue=False)

    async def read() -> Readings:
        return state

    metrics = Metrics(ManualClock(), read)
    assert of(await scrape(metrics), "ssobot_rotation_overdue") == 0
    state = Readings(overdue=True)
    assert of(await scrape(metrics), "ssobot_rotation_overdue") == 1


async def test_a_database_that_is_away_leaves_the_rest() -> None:
    async def away() -> Readings:
        raise StoreUnavailable

    metrics = Metrics(ManualClock(), away)
    metrics.message_heard()
    assert await scrape(metrics) == await scrape(_with(metrics, NOTHING_KNOWN))


async def test_a_database_that_hangs_is_not_waited_for() -> None:
    clock = SteppedClock()

    async def hanging() -> Readings:
        await asyncio.Event().wait()
        return NOTHING_KNOWN

    scraping = asyncio.create_task(Metrics(clock, hanging).scraped({}))
    await settle()
    assert not scraping.done()
    await clock.advance(READ_SECONDS)
    assert of(samples(await scraping), "ssobot_rotation_overdue") is None


def _with(metrics: Metrics, readings: Readings) -> Metrics:
    async def read() -> Readings:
        return readings

    metrics.readings = read
    return metrics
