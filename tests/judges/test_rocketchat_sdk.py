"""The official SDK for bots, `@rocket.chat/sdk` 1.0, against the Rocket.Chat stand-in: REST and realtime in one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.judges.rocketchat.node import Official, OrderFailed, official
from tests.support.rocket import Rocket

pytestmark = pytest.mark.needs("node")


@pytest.fixture
async def client(rocket: Rocket) -> AsyncIterator[Official]:
    """Connected, nobody logged in."""
    async with official("sdk") as client:
        await client.do("connect", rocket.standin.url)
        yield client


@pytest.fixture
async def admin(rocket: Rocket, client: Official) -> Official:
    """Logged in by password on both sides."""
    await client.do("login", "admin", rocket.password("admin"))
    return client


async def test_logs_in_by_password_on_both_sides(rocket: Rocket, client: Official) -> None:
    login = await client.do("login", "admin", rocket.password("admin"))
    assert login == {"rest": rocket.user("admin").id, "realtime": rocket.user("admin").id}


async def test_logs_in_by_token(rocket: Rocket, client: Official) -> None:
    assert await client.do("resume", rocket.standin.introduction.account("bot").token) == rocket.user("bot").id


async def test_wrong_password_is_refused(client: Official) -> None:
    with pytest.raises(OrderFailed) as failure:
        await client.do("login", "admin", "wrong")
    assert (failure.value.error["status"], failure.value.error["data"]["message"]) == (401, "Unauthorized")


async def test_sends_and_receives(rocket: Rocket, admin: Official) -> None:
    await admin.do("subscribe", rocket.room)
    sent = await admin.do("send", "hello", rocket.room)
    received = await admin.do("message")
    assert (received["_id"], received["msg"], received["u"]["username"]) == (sent["_id"], "hello", "admin")


async def test_receives_its_own_edit(rocket: Rocket, admin: Official) -> None:
    await admin.do("subscribe", rocket.room)
    sent = await admin.do("send", "hello", rocket.room)
    await admin.do("message")
    await admin.do("edit", sent["_id"], rocket.room, "goodbye")
    received = await admin.do("message")
    assert (received["_id"], received["msg"], received["editedBy"]["username"]) == (sent["_id"], "goodbye", "admin")


async def test_reacts(rocket: Rocket, admin: Official) -> None:
    sent = await admin.do("send", "hello", rocket.room)
    await admin.do("react", ":tada:", sent["_id"])
    assert rocket.standin.chat.messages[sent["_id"]].reactions == {":tada:": ["admin"]}


async def test_reads_a_room_and_what_was_said_in_it(rocket: Rocket, admin: Official) -> None:
    sent = await admin.do("send", "hello", rocket.room)
    assert (await admin.do("privateInfo", rocket.room))["name"] == "sso-admins"
    history = await admin.do("history", rocket.room, "2026-01-01T00:00:00.000Z")
    assert sent["_id"] in {message["_id"] for message in history["updated"]}


async def test_looks_people_up(rocket: Rocket, admin: Official) -> None:
    assert (await admin.do("person", "ssobot"))["_id"] == rocket.user("bot").id


async def test_opens_a_direct_room(rocket: Rocket, admin: Official) -> None:
    direct = await admin.do("directMessage", "member")
    assert set(direct["usernames"]) == {"admin", "member"}


async def test_is_back_after_the_socket_is_cut(rocket: Rocket, admin: Official) -> None:
    await admin.do("subscribe", rocket.room)
    opened = rocket.standin.sockets.opened
    rocket.standin.sockets.cut()
    await admin.do("reopened")
    await admin.do("send", "after", rocket.room)
    assert (await admin.do("message"))["msg"] == "after"
    assert rocket.standin.sockets.opened > opened


async def test_logs_out(rocket: Rocket, admin: Official) -> None:
    before = len(rocket.user("admin").tokens)
    await admin.do("logout")
    assert len(rocket.user("admin").tokens) == before - 1
