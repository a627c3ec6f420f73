"""The official client of the realtime side, `@rocket.chat/ddp-client`, against the Rocket.Chat stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.standin import Switches
from tests.judges.rocketchat.node import Official, OrderFailed, official
from tests.support.rocket import Rocket, running

pytestmark = pytest.mark.needs("node")


@pytest.fixture
async def client(rocket: Rocket) -> AsyncIterator[Official]:
    """Connected, nobody logged in."""
    async with official("ddp_client") as client:
        assert await client.do("connect", rocket.standin.url)
        yield client


@pytest.fixture
async def bot(rocket: Rocket, client: Official) -> Official:
    """Logged in with the bot's token."""
    await client.do("loginWithToken", rocket.standin.introduction.account("bot").token)
    return client


async def say(rocket: Rocket, text: str) -> str:
    reply = await rocket.post("chat.postMessage", {"roomId": rocket.room, "text": text}, who="admin")
    return str(reply.body["message"]["_id"])


async def test_logs_in_by_password(rocket: Rocket, client: Official) -> None:
    login = await client.do("loginWithPassword", "admin", rocket.factor("admin"))
    assert login["uid"] == rocket.user("admin").id
    assert login["expires"]


async def test_logs_in_by_token(rocket: Rocket, client: Official) -> None:
    login = await client.do("loginWithToken", rocket.standin.introduction.account("bot").token)
    assert login["uid"] == rocket.user("bot").id


async def test_learns_its_own_name(bot: Official) -> None:
    assert await bot.do("username") == "ssobot"


async def test_wrong_password_is_refused(client: Official) -> None:
    with pytest.raises(OrderFailed) as failure:
        await client.do("loginWithPassword", "admin", "0" * 64)
    assert failure.value.error["error"] == 403


async def test_receives_messages_and_edits(rocket: Rocket, bot: Official) -> None:
    await bot.do("subscribe", rocket.room)
    sent = await say(rocket, "first")
    first = await bot.do("message")
    assert (first["_id"], first["msg"], "editedAt" in first) == (sent, "first", False)
    await rocket.post("chat.update", {"roomId": rocket.room, "msgId": sent, "text": "second"}, who="admin")
    second = await bot.do("message")
    assert (second["_id"], second["msg"], "editedAt" in second) == (sent, "second", True)


async def test_receives_from_all_its_rooms(rocket: Rocket, bot: Official) -> None:
    await bot.do("subscribe", "__my_messages__")
    await say(rocket, "anywhere")
    assert (await bot.do("message"))["msg"] == "anywhere"


async def test_a_foreign_room_is_refused(bot: Official) -> None:
    with pytest.raises(OrderFailed) as failure:
        await bot.do("subscribe", "no-such-room")
    assert failure.value.error["error"] == "not-allowed"


async def test_is_told_of_live_login_services(rocket: Rocket, client: Official) -> None:
    rocket.standin.sockets.login_services = Publication.PUSHED
    await client.do("subscribeToServices")
    await rocket.service(scope="openid")
    service = await client.do("service")
    assert (service["msg"], service["fields"]["service"]) == ("added", "encvoyid")
    assert "secret" not in service["fields"]


async def test_is_back_after_the_socket_is_cut(rocket: Rocket, bot: Official) -> None:
    await bot.do("subscribe", rocket.room)
    before = await bot.do("connected")
    rocket.standin.sockets.cut()
    assert await bot.do("connected") != before
    assert rocket.room in {found["_id"] for found in await bot.do("call", "rooms/get")}
    await say(rocket, "after")
    assert (await bot.do("message"))["msg"] == "after"


async def test_sends_a_message(rocket: Rocket, bot: Official) -> None:
    await bot.do("subscribe", rocket.room)
    await bot.do("call", "sendMessage", {"_id": "chosen", "rid": rocket.room, "msg": "sent by the client"})
    assert (await bot.do("message"))["_id"] == "chosen"


async def test_logs_out(bot: Official) -> None:
    assert await bot.do("logout") is None


async def test_asks_by_rest_with_the_same_login(rocket: Rocket, bot: Official) -> None:
    answer = await bot.do("get", "/v1/rooms.info", {"roomId": rocket.room})
    assert answer["room"]["name"] == "sso-admins"


async def test_a_login_with_a_second_factor_says_what_is_needed() -> None:
    async with running(switches=Switches(twofa="totp")) as rocket, official("ddp_client") as client:
        await client.do("connect", rocket.standin.url)
        with pytest.raises(OrderFailed) as failure:
            await client.do("loginWithPassword", "admin", rocket.factor("admin"))
    assert failure.value.error["error"] == "totp-required"
    assert failure.value.error["details"]["method"] == "totp"
