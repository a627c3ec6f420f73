"""A bot that is monitored, as the program that it is."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.support.monitor import monitoring
from tests.support.prometheus import Samples, of, promtool, samples
from tests.support.world import World
from tools.bot_process import BotProcess

KEY = "a-key-of-this-test-only"


async def test_the_monitor_hears_a_running_bot_and_the_log_does_not_hold_its_address(quiet_world: World) -> None:
    async with monitoring() as monitor:
        bot = quiet_world.process(SSOBOT_HEARTBEAT_URL=f"{monitor.url}/{KEY}?create=1")
        await bot.start()
        try:
            assert await monitor.next() == (f"/{KEY}?create=1", {"status": "alive"})
        finally:
            await bot.stop()
    log = bot.log.read_text()
    assert '"event": "heartbeat.heard"' in log
    assert KEY not in log


async def test_a_monitor_that_is_away_costs_the_bot_nothing(quiet_world: World) -> None:
    bot = quiet_world.process(SSOBOT_HEARTBEAT_URL=f"http://127.0.0.1:9/{KEY}")
    await bot.start()
    try:
        assert await quiet_world.ask("help") != ""
    finally:
        assert await bot.stop() == 0
    assert KEY not in bot.log.read_text()


async def exposed(bot: BotProcess) -> bytes:
    """What its `/metrics` says; its log says where that is."""
    lines = [json.loads(line) for line in bot.log.read_text().splitlines()]
    url = next(line["health"] for line in lines if line["event"] == "started")
    async with aiohttp.ClientSession() as session, session.get(url.replace("healthz", "metrics")) as answer:
        assert answer.status == 200
        return await answer.read()


def one(found: Samples, name: str) -> float:
    """The value of a metric without labels."""
    value = of(found, name)
    assert isinstance(value, float)
    return value


async def test_a_bot_shows_what_was_done_and_how_old_the_secret_is(quiet_world: World) -> None:
    bot = quiet_world.process()
    await bot.start()
    try:
        before = samples(await exposed(bot))
        for words in ("setup", "test", "rotate"):
            await quiet_world.ask(words)
        body = await exposed(bot)
    finally:
        await bot.stop()
    assert of(before, "ssobot_secret_age_seconds") is None
    assert of(before, "ssobot_part_up") == {"rocketchat": 1, "database": 1, "listening": 1}
    after = samples(body)
    assert of(after, "ssobot_operations_total") == {"setup done": 1, "test done": 1, "rotate done": 1}
    assert 0 <= one(after, "ssobot_secret_age_seconds") < 60
    assert 0 < one(after, "ssobot_last_rotation_gap_seconds") < 5
    assert 0 <= one(after, "ssobot_last_message_age_seconds") < 60
    assert (of(after, "ssobot_rotation_overdue"), of(after, "ssobot_schedule_suspended")) == (0, 0)
    findings = of(after, "ssobot_findings")
    assert isinstance(findings, dict)
    assert (findings["failed"], findings["passed"] > 20) == (0, True)
    account = quiet_world.rocketchat.introduction.account("admin")
    room, servers = quiet_world.admin.room_id, (quiet_world.rocketchat.url, quiet_world.encvoy.url)
    private = (account.user_id, account.token, "sso-admins", room, *servers)
    assert [text for text in private if text in body.decode()] == []


@pytest.mark.needs("promtool")
async def test_prometheus_finds_nothing_wrong_with_a_running_bot(quiet_world: World) -> None:
    bot = quiet_world.process()
    await bot.start()
    try:
        assert promtool("check", "metrics", given=await exposed(bot)) == ""
    finally:
        await bot.stop()
