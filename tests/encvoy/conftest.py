"""A client of Encvoy ID before the stand-in, and before servers that behave as no stand-in should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from bot.encvoy.client import EncvoyIdClient
from bot.sandbox.encvoy.standin import EncvoyStandIn
from bot.secret import Secret
from tests.support.served import Handler, served


class HandClock:
    """Stands still until it is set forward."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def standin() -> AsyncIterator[EncvoyStandIn]:
    server = EncvoyStandIn()
    await server.start()
    yield server
    await server.stop()


ClientMaker = Callable[..., EncvoyIdClient]


@pytest.fixture
async def make_client(standin: EncvoyStandIn, clock: HandClock) -> AsyncIterator[ClientMaker]:
    """A client for the stand-in as the person of a role; `timeout` in seconds."""
    made: list[EncvoyIdClient] = []

    def make(
        role: str = "manager",
        *,
        timeout: float = 5.0,
        login: str = "",
        password: str = "",
        client_id: str = "",
        url: str = "",
    ) -> EncvoyIdClient:
        person = standin.person(role)
        client = EncvoyIdClient(
            url or standin.url,
            client_id=client_id or standin.state.main_id,
            login=login or person.login,
            password=Secret(password or person.password),
            clock=clock,
            timeout=timeout,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
async def client(make_client: ClientMaker) -> EncvoyIdClient:
    return make_client()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Serves one handler for every route on a loopback port; gives the base URL."""
    async with AsyncExitStack() as servers:
        yield lambda handler: servers.enter_async_context(served(handler))
