"""A monitor that hears a heartbeat, on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.served import served


@dataclass
class Monitor:
    """Takes what is sent, and answers as the test says."""

    answers: list[web.Response] = field(default_factory=list)
    """The next answers; then 200."""
    heard: asyncio.Queue[tuple[str, object]] = field(default_factory=asyncio.Queue)
    """Path with query, and body."""
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        assert request.method == "POST"
        self.heard.put_nowait((request.path_qs, json.loads(await request.text())))
        return self.answers.pop(0) if self.answers else web.Response(text="OK")

    async def next(self, seconds: float = 5.0) -> tuple[str, object]:
        """The next request, soon."""
        async with asyncio.timeout(seconds):
            return await self.heard.get()


@asynccontextmanager
async def monitoring() -> AsyncIterator[Monitor]:
    """While the block runs."""
    monitor = Monitor()
    async with served(monitor.answer) as url:
        monitor.url = url
        yield monitor
