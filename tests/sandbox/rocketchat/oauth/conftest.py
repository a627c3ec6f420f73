"""An identity provider, and somebody with a browser at a Rocket.Chat 9.0 that is joined to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.modern import Modern, modern_at
from tests.support.provider import Provider


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    await provider.server.start()
    yield provider
    await provider.server.stop()


@pytest_asyncio.fixture
async def modern(provider: Provider) -> AsyncIterator[Modern]:
    async with modern_at(provider) as modern:
        yield modern
