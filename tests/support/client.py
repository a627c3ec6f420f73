"""The bot's client of Rocket.Chat, with connections of its own, for tests that drive it alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clock import Clock, SystemClock
from bot.http import HttpClient
from bot.rocketchat.client import RocketChatClient
from bot.rocketchat.live import LiveTable
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest


@asynccontextmanager
async def rocketchat_client(
    rest: Rest, table: LiveTable | None = None, clock: Clock | None = None
) -> AsyncIterator[RocketChatClient]:
    """Without a websocket, unless `table` is fed by one."""
    clock = clock or SystemClock()
    async with HttpClient("Rocket.Chat") as http:
        yield RocketChatClient(rest, table or LiveTable(), clock, quiet=Quiet(clock), http=http, patient=http)
