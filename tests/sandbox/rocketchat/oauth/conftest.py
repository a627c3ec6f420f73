"""A Rocket.Chat stand-in joined to the smallest identity provider, and a 9.0 with somebody at a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.rocketchat.oauth.provider import Provider, connect
from tests.support.modern import Modern, modern_at
from tests.support.rocket import Rocket, running


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    await provider.server.start()
    yield provider
    await provider.server.stop()


@pytest_asyncio.fixture
async def rocket(provider: Provider) -> AsyncIterator[Rocket]:
    async with running() as rocket:
        rocket.standin.settings.write("API_Enable_Rate_Limiter", False)
        await connect(rocket, provider)
        yield rocket


@pytest_asyncio.fixture
async def modern(provider: Provider) -> AsyncIterator[Modern]:
    async with modern_at(provider) as modern:
        yield modern
