"""The switches that break the websockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.settings import Setting
from tests.support.chat_server import ChatServer, chat_server

ROOM_MESSAGES = "stream-room-messages"


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        yield running


async def test_cut_ends_every_connection_without_a_close_frame(server: ChatServer) -> None:
    clients = [await server.ddp(server.bot), await server.ddp(server.ada)]
    server.sockets.cut()
    for client in clients:
        await client.ended()
        assert client.socket.close_code in {None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE}


async def test_after_a_cut_nothing_is_left_and_a_new_connection_works(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    server.sockets.cut()
    await client.ended()
    again = await server.ddp(server.bot)
    assert (len(server.sockets.open), server.sockets.opened) == (1, 2)
    assert (await again.call("getRoomNameById", server.room.id))["result"] == "sso-admins"


async def test_a_frozen_connection_is_open_and_says_and_hears_nothing(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.sockets.freeze()
    server.chat.post(server.room, server.ada.id, "hello")
    await client.send(
        {"msg": "method", "id": "x", "method": "sendMessage", "params": [{"rid": server.room.id, "msg": "a"}]}
    )
    with pytest.raises(TimeoutError):
        await client.event(ROOM_MESSAGES, timeout=0.1)
    assert not client.socket.closed
    assert [m.msg for m in server.chat.messages.values()] == ["hello"]


async def test_a_thawed_connection_goes_on_where_it_stopped(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.sockets.freeze()
    server.chat.post(server.room, server.ada.id, "one")
    await client.send(
        {"msg": "method", "id": "x", "method": "sendMessage", "params": [{"rid": server.room.id, "msg": "two"}]}
    )
    await asyncio.sleep(0.02)
    server.sockets.thaw()
    heard = [(await client.event(ROOM_MESSAGES))["args"][0]["msg"] for _ in range(2)]
    assert heard == ["one", "two"]


async def test_a_frozen_connection_can_be_cut(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    server.sockets.freeze()
    server.sockets.cut()
    await client.ended()


async def test_refused_websockets_get_503_and_later_none(server: ChatServer) -> None:
    old = await server.ddp(server.bot)
    server.sockets.refuse(0.1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await server.open()
    assert refusal.value.status == 503
    assert (await old.call("getRoomNameById", server.room.id))["result"] == "sso-admins"
    await asyncio.sleep(0.1)
    await server.ddp(server.bot)


async def test_refusing_lasts_until_it_is_taken_back(server: ChatServer) -> None:
    server.sockets.refuse()
    assert server.sockets.refusing
    server.sockets.accept()
    await server.ddp(server.bot)


async def test_duplicate_sends_each_event_twice(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    await client.subscribe(ROOM_MESSAGES, server.room.id, False)
    server.sockets.duplicate = True
    message = server.chat.post(server.room, server.ada.id, "hello")
    heard = [(await client.event(ROOM_MESSAGES))["args"][0]["_id"] for _ in range(2)]
    assert heard == [message.id, message.id]


@pytest.mark.parametrize(
    ("switch", "answer"),
    [
        (Publication.REFUSED, "nosub"),
        (Publication.SILENT, "ready"),
        (Publication.NORMAL, "ready"),
        (Publication.PUSHED, "ready"),
    ],
)
async def test_the_login_services_can_be_refused_silent_or_pushed(
    server: ChatServer, switch: Publication, answer: str
) -> None:
    server.sockets.login_services = switch
    client = await server.ddp()
    assert (await client.subscribe("meteor.loginServiceConfiguration"))["msg"] == answer
    server.settings.add(Setting("Accounts_OAuth_Custom-Encvoyid", "boolean", True))
    server.services.rewrite()
    await client.quiet()
    assert [frame["msg"] for frame in client.heard] == (["added"] if switch is Publication.PUSHED else [])


async def test_a_stand_in_that_stops_ends_its_connections(server: ChatServer) -> None:
    client = await server.ddp(server.bot)
    server.sockets.freeze()
    server.endpoint.close_all()
    await client.ended()
