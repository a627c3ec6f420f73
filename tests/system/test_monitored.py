"""A bot that is monitored, as the program that it is."""

from __future__ import annotations

from tests.support.monitor import monitoring
from tests.support.world import World

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
