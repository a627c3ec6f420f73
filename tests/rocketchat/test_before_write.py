"""Every write to Rocket.Chat is announced, may be held back, and is never sent later than it was announced for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.errors import NoAnswer
from bot.rocketchat.rest import LIMIT, Rest
from bot.secret import new_secret
from tests.support.served import served


class Scene:
    def __init__(self) -> None:
        self.came: list[str] = []
        self.asked: list[float] = []
        self.may = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.came.append(f"{request.method} {request.path.removeprefix('/api/v1/')}")
        return web.json_response({"success": True, "message": "{}"})

    async def before_write(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.may.wait()

    @asynccontextmanager
    async def rest(self) -> AsyncIterator[Rest]:
        async with served(self.handle) as url:
            rest = Rest(url, "id", new_secret(), clock=SystemClock(), before_write=self.before_write)
            try:
                yield rest
            finally:
                rest.close()


async def test_a_read_asks_nobody() -> None:
    scene = Scene()
    async with scene.rest() as rest:
        await rest.get("me")
        await rest.call(lambda api: api.me())
    assert (scene.came, scene.asked) == (["GET me", "GET me"], [])


async def test_a_write_waits_until_it_may_be_sent() -> None:
    scene = Scene()
    async with scene.rest() as rest:
        writes = [rest.post("settings", {}), rest.write(lambda api: api.settings_update("x", 1))]
        both = asyncio.gather(*writes)
        await asyncio.sleep(0.05)
        assert (scene.came, scene.asked) == ([], [LIMIT, LIMIT])
        scene.may.set()
        await both
    assert sorted(scene.came) == ["POST settings", "POST settings/x"]


async def test_a_write_that_is_not_called_as_one_is_a_bug_and_not_sent() -> None:
    scene = Scene()
    async with scene.rest() as rest:
        with pytest.raises(RuntimeError, match="not called as one"):
            await rest.call(lambda api: api.settings_update("x", 1))
    assert scene.came == []


async def test_a_write_that_is_late_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a process was stopped between the question and the request."""
    scene = Scene()
    scene.may.set()
    now = SystemClock().monotonic()
    monkeypatch.setattr("bot.rocketchat.rest.steady", lambda: now)
    async with scene.rest() as rest:
        await rest.post("settings", {})
        monkeypatch.setattr("bot.rocketchat.cancellation.steady", lambda: now + LIMIT + 1.0)
        with pytest.raises(NoAnswer):
            await rest.post("settings", {})
    assert scene.came == ["POST settings"]
