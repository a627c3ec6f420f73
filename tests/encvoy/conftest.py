"""A client of Encvoy ID before the stand-in, and before servers that behave as no stand-in should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from bot.encvoy.client import EncvoyIdClient
from bot.secret import Secret
from sandbox.encvoy.standin import EncvoyStandIn
from tests.support.clocks import ManualClock
from tests.support.served import Handler, served


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def standin() -> AsyncIterator[EncvoyStandIn]:
    server = EncvoyStandIn()
    await server.start()
    yield server
    await server.stop()


ClientMaker = Callable[..., EncvoyIdClient]


@pytest.fixture
async def make_client(standin: EncvoyStandIn, clock: ManualClock) -> AsyncIterator[ClientMaker]:
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
