"""The port, joined: each call reaches its room, and the budget is one for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.connection.ports import RocketChat
from bot.connection.state import LiveService, Marker, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import NoAnswer
from bot.rocketchat.client import RocketChatClient
from bot.rocketchat.open_routes import LISTS
from bot.rocketchat.rate_budget import CALLS
from bot.secret import Secret
from tests.support.client import rocketchat_client
from tests.support.rocket_routes import BARE_FAILURE, Body, Routes, rocket

NAME = ServiceName("Encvoy ID", "Encvoyid")
RECORD: Body = {"service": "encvoyid", "custom": True, "serverURL": "https://id.test", "scope": "openid"}


@pytest.fixture
def routes() -> Routes:
    return Routes({"GET settings.oauth": {"services": [RECORD]}, "GET info": {"version": "8.8"}})


@pytest.fixture
async def client(routes: Routes) -> AsyncIterator[RocketChatClient]:
    async with rocket(routes) as rest, rocketchat_client(rest) as client:
        yield client


async def test_live_by_a_poll(client: RocketChatClient) -> None:
    assert await client.live(NAME) == LiveService("encvoyid", {"url": "https://id.test", "scope": "openid"})


async def test_awaiting_by_polls(client: RocketChatClient) -> None:
    seen = await client.await_live(NAME, lambda live: live is not None, None, 2)
    assert seen.by == "poll"


async def test_awaiting_what_never_comes(client: RocketChatClient) -> None:
    with pytest.raises(NoAnswer):
        await client.await_live(NAME, lambda live: live is None, None, 0.1)


async def test_routes_have_budgets_of_their_own(client: RocketChatClient, routes: Routes) -> None:
    for route in LISTS:
        while client.facts.budget.take(route):
            pass
    assert isinstance(await client.live(NAME), Unknown)
    assert await client.facts.version() == (8, 8)
    assert client.facts.budget.left("info") == CALLS - 1
    assert routes.of("GET settings.oauth") == []


async def test_writing_and_removing_reach_the_server(client: RocketChatClient, routes: Routes) -> None:
    routes.replies |= {
        "GET settings/Accounts_OAuth_Custom-Ssobot": BARE_FAILURE,
        "POST settings/Accounts_OAuth_Custom-Encvoyid-secret": {},
        "POST settings/Accounts_OAuth_Custom-Encvoyid-scope": {},
        "POST settings.addCustomOAuth": {},
        "POST settings": {},
        "POST settings.removeCustomOAuth": {},
        "GET settings": {"settings": [{"_id": "X", "value": 1}], "total": 1},
    }
    port: RocketChat = client
    await port.create_service(NAME)
    await port.write_service(NAME, {"url": "u", "scope": "openid"})
    await port.write_secret(NAME, Secret("s" * 64), Marker("scope", "email openid"), 0.0)
    await port.repeat_secret(NAME, Secret("s" * 64))
    await port.remove_service(NAME)
    assert await port.stored(NAME) is None
    assert (await port.listed()).services == ()
    assert list(dict.fromkeys(asked.route for asked in routes.asked if asked.route.startswith("POST"))) == [
        "POST settings.addCustomOAuth",
        "POST settings",
        "POST settings/Accounts_OAuth_Custom-Encvoyid-secret",
        "POST settings/Accounts_OAuth_Custom-Encvoyid-scope",
        "POST settings.removeCustomOAuth",
    ]
