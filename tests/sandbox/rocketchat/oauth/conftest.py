"""A Rocket.Chat stand-in joined to the smallest identity provider."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.rocketchat.oauth.provider import Provider, connect
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
