"""How long ago login settings were changed."""

from __future__ import annotations

import asyncio

import pytest

from bot.rocketchat.quiet import AT_MOST, Quiet
from tests.support.clocks import ManualClock, SteppedClock


async def waited(quiet: Quiet, clock: ManualClock, seconds: float) -> float:
    began = clock.monotonic()
    await quiet.wait(seconds)
    return clock.monotonic() - began


async def test_nothing_was_ever_changed() -> None:
    clock = ManualClock()
    assert await waited(Quiet(clock), clock, 2.6) == 0


async def test_since_our_own_write() -> None:
    clock = ManualClock()
    quiet = Quiet(clock)
    quiet.wrote()
    clock.seconds += 1.0
    assert await waited(quiet, clock, 2.6) == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("setting", "counts"),
    [
        ("Accounts_OAuth_Custom-Encvoyid-scope", True),
        ("Accounts_OAuth_Github", True),
        ("", True),
        ("Accounts_AllowedDomainsList", False),
        ("Site_Name", False),
    ],
)
async def test_since_somebody_elses_change(setting: str, counts: bool) -> None:
    clock = ManualClock()
    quiet = Quiet(clock)
    quiet.heard(setting)
    assert (await waited(quiet, clock, 2.6) > 0) == counts


async def test_a_change_meanwhile_begins_it_anew() -> None:
    clock = SteppedClock()
    quiet = Quiet(clock)
    quiet.wrote()
    waiting = asyncio.create_task(quiet.wait(2.6))
    await clock.advance(2.0)
    quiet.heard("Accounts_OAuth_Github")
    await clock.advance(2.0)
    assert not waiting.done()
    await clock.advance(0.7)
    assert waiting.done()


async def test_it_ends_for_whoever_changes_settings_again_and_again() -> None:
    clock = SteppedClock()
    quiet = Quiet(clock)
    quiet.wrote()
    waiting = asyncio.create_task(quiet.wait(2.6))
    for _ in range(round(AT_MOST)):
        assert not waiting.done()
        await clock.advance(1.0)
        quiet.wrote()
    await clock.advance(0.1)
    assert waiting.done()
