"""The part of the demo in which nobody types: a scheduled rotation, and an incident. The clock is pushed forward, so
that the window is a few seconds away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click

from sandbox.clock import ShiftedClock
from sandbox.stage import Stage
from sandbox.visitor import Visitor, as_seen

DAILY = "/sso schedule rotate every 1 day between 02:00 and 05:00 UTC"
TESTS = "/sso schedule test every 15 minutes"
WITHIN = 30.0
"""Seconds until the channel must have heard it."""
NUDGED_EVERY = 2.0
"""Seconds between two pushes of the clock: long enough for a full test."""


@dataclass
class Channel:
    """The admin room as somebody sees it who opens no thread."""

    admin: Visitor
    seen: set[str] = field(default_factory=set)

    async def new(self) -> list[str]:
        """What the bot has said there since, oldest first; what is still at work is left for later."""
        page = await self.admin.call("GET", "groups.history", params={"roomId": self.admin.room_id, "count": "100"})
        found = [m for m in page["messages"] if m["u"]["username"] == "ssobot" and not m.get("t")]
        fresh = [m for m in sorted(found, key=lambda m: str(m["ts"])) if m["_id"] not in self.seen and not _works(m)]
        self.seen |= {m["_id"] for m in fresh}
        return [as_seen(str(m["msg"])) for m in fresh]

    async def hears(self, when: str, words: str, later: Callable[[], None] = lambda: None) -> None:
        """Waits until a message has these words, and prints all that came. `later` pushes the clock, again and again.
        TimeoutError."""
        click.echo(f"{when}, in the channel:")
        async with asyncio.timeout(WITHIN):
            nudged = asyncio.get_running_loop().time()
            while True:
                texts = await self.new()
                for line in (line for text in texts for line in text.splitlines()):
                    click.echo(f"       {line}")
                if any(words in text for text in texts):
                    break
                if asyncio.get_running_loop().time() - nudged > NUDGED_EVERY:
                    nudged = asyncio.get_running_loop().time()
                    later()
                await asyncio.sleep(0.1)
        click.echo()


def _works(message: dict[str, Any]) -> bool:
    return str(message["msg"]).rsplit("\n", 1)[-1].startswith("…")


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """TimeoutError."""
    async with asyncio.timeout(WITHIN):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.1)


async def unattended(
    play: Stage,
    admin: Visitor,
    clock: ShiftedClock,
    due: Callable[[], Awaitable[datetime]],
    tested: Callable[[], Awaitable[bool]],
    wake: Callable[[], None],
) -> None:
    """`due` tells when the next rotation is, `tested` whether no test is due or running; `wake` lets the scheduler look
    at the clock."""
    channel = Channel(admin)
    await channel.new()

    def jump(to: datetime) -> None:
        clock.jump(to)
        wake()

    def after(duration: timedelta) -> Callable[[], None]:
        return lambda: jump(clock.now() + duration)

    at = await due()
    jump(at - timedelta(minutes=50))
    await channel.hears("An hour before the rotation", "as scheduled")
    jump(at)
    await channel.hears("At the time of the rotation", "Rotated")
    await _until(tested)  # a test that has begun would see half of Encvoy ID's end
    await play.encvoy.stop()
    jump(clock.now() + timedelta(minutes=16))
    # The test that is due fails, and is looked at again before anybody hears of it.
    await channel.hears("Encvoy ID is stopped; after the second look", "failed:", after(timedelta(minutes=5)))
    await play.encvoy.start()
    # The message is edited at the next test; the new one comes when the failure is an hour old.
    await channel.hears("Encvoy ID is back; within an hour", "Recovered", after(timedelta(minutes=20)))
