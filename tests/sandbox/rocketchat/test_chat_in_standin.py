"""The chat inside the whole stand-in: below a path, across a stop, with the seeded people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.rocketchat.chat.composer import Sent, Swallowed
from sandbox.rocketchat.standin import ADMIN_ROOM, RocketChatStandIn
from tests.support.chat_server import Ddp

ROOM_MESSAGES = "stream-room-messages"


@pytest.fixture
async def standin() -> AsyncIterator[RocketChatStandIn]:
    running = RocketChatStandIn(settle=0.01, path="/chat")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def listener(standin: RocketChatStandIn, http: aiohttp.ClientSession) -> Ddp:
    """The bot, subscribed to everything it may hear."""
    client = Ddp(await http.ws_connect(f"{standin.url}/websocket"))
    await client.connect()
    await client.call("login", {"resume": standin.introduction.account("bot").token})
    assert (await client.subscribe(ROOM_MESSAGES, "__my_messages__", False))["msg"] == "ready"
    return client


async def test_what_the_administrator_types_is_heard_below_a_path(
    standin: RocketChatStandIn, http: aiohttp.ClientSession
) -> None:
    client = await listener(standin, http)
    room = standin.chat.rooms.find(ADMIN_ROOM)
    assert room is not None
    admin = standin.person("admin").id
    assert isinstance(standin.chat.type_as(admin, room, "/sso setup").outcome, Swallowed)
    assert isinstance(standin.chat.type_as(admin, room, "!sso setup").outcome, Sent)
    message, about = (await client.event(ROOM_MESSAGES))["args"]
    assert (message["msg"], message["u"]["_id"], about["roomName"]) == ("!sso setup", admin, ADMIN_ROOM)


async def test_a_restart_ends_connections_and_keeps_messages(
    standin: RocketChatStandIn, http: aiohttp.ClientSession
) -> None:
    client = await listener(standin, http)
    room = standin.chat.rooms.find(ADMIN_ROOM)
    assert room is not None
    message = standin.chat.post(room, standin.person("admin").id, "before")
    await standin.restart()
    await client.ended()
    again = await listener(standin, http)
    standin.chat.resend(message)
    assert (await again.event(ROOM_MESSAGES))["args"][0]["msg"] == "before"


async def test_a_stop_ends_even_frozen_connections(standin: RocketChatStandIn, http: aiohttp.ClientSession) -> None:
    client = await listener(standin, http)
    standin.sockets.freeze()
    await standin.stop()
    await client.ended()
    await standin.start()
    await listener(standin, http)
