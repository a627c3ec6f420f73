"""The official client of the REST side, `@rocket.chat/api-client`, against the Rocket.Chat stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.rocketchat.second_factor import totp
from sandbox.rocketchat.standin import Switches
from tests.judges.rocketchat.node import Official, OrderFailed, official
from tests.support.rocket import Rocket, running

pytestmark = pytest.mark.needs("node")
SLASH = "/v1/settings/Message_AllowUnrecognizedSlashCommand"


@pytest.fixture
async def client(rocket: Rocket) -> AsyncIterator[Official]:
    """Nobody logged in."""
    async with official("api_client") as client:
        await client.do("connect", rocket.standin.url)
        yield client


@pytest.fixture
async def admin(rocket: Rocket, client: Official) -> Official:
    await client.do("login", {"user": "admin", "password": rocket.password("admin")})
    return client


async def test_logs_in_by_password(rocket: Rocket, client: Official) -> None:
    me = await client.do("login", {"user": "admin", "password": rocket.password("admin")})
    assert me["_id"] == rocket.user("admin").id
    assert (await client.do("get", "/v1/me"))["username"] == "admin"


async def test_logs_in_by_token(rocket: Rocket, client: Official) -> None:
    bot = rocket.standin.introduction.account("bot")
    assert (await client.do("login", {"resume": bot.token}))["_id"] == bot.user_id


async def test_logs_in_with_a_code() -> None:
    async with running(switches=Switches(twofa="totp")) as rocket, official("api_client") as client:
        await client.do("connect", rocket.standin.url)
        password = {"user": "admin", "password": rocket.password("admin")}
        with pytest.raises(OrderFailed) as failure:
            await client.do("login", password)
        me = await client.do("login", password | {"code": code(rocket)})
    assert (failure.value.error["status"], failure.value.error["body"]["error"]) == (401, "totp-required")
    assert me["username"] == "admin"


async def test_wrong_password_is_refused(client: Official) -> None:
    with pytest.raises(OrderFailed) as failure:
        await client.do("login", {"user": "admin", "password": "wrong"})
    assert (failure.value.error["status"], failure.value.error["body"]["status"]) == (401, "error")


async def test_without_a_token_it_is_refused(client: Official) -> None:
    with pytest.raises(OrderFailed) as failure:
        await client.do("get", "/v1/me")
    assert (failure.value.error["status"], failure.value.error["body"]["success"]) == (401, False)


async def test_one_call_too_many_is_refused_with_the_end_of_the_wait(rocket: Rocket, client: Official) -> None:
    for _ in range(10):
        await client.do("get", "/v1/settings.oauth")
    with pytest.raises(OrderFailed) as failure:
        await client.do("get", "/v1/settings.oauth")
    error = failure.value.error
    assert (error["status"], error["headers"]["x-ratelimit-remaining"]) == (429, "0")
    assert int(error["headers"]["x-ratelimit-reset"]) > rocket.clock.now().timestamp() * 1000


async def test_second_factor_by_password(rocket: Rocket, admin: Official) -> None:
    await admin.do("answerWith", [rocket.password("admin")])
    assert await admin.do("post", SLASH, {"value": True}) == {"success": True}
    assert await admin.do("asked") == [{"method": "password", "invalidAttempt": False}]


async def test_second_factor_by_password_after_a_wrong_one(rocket: Rocket, admin: Official) -> None:
    await admin.do("answerWith", ["wrong", rocket.password("admin")])
    assert await admin.do("post", SLASH, {"value": True}) == {"success": True}
    assert [asked["invalidAttempt"] for asked in await admin.do("asked")] == [False, True]


async def test_second_factor_by_code() -> None:
    async with running(switches=Switches(twofa="totp")) as rocket, official("api_client") as client:
        await client.do("connect", rocket.standin.url)
        await client.do("login", {"user": "admin", "password": rocket.password("admin"), "code": code(rocket)})
        await client.do("answerWith", [code(rocket)])
        assert await client.do("post", SLASH, {"value": True}) == {"success": True}
        assert await client.do("asked") == [{"method": "totp", "invalidAttempt": False}]


async def test_sends_edits_and_reads_a_message(rocket: Rocket, admin: Official) -> None:
    sent = await admin.do("post", "/v1/chat.sendMessage", {"message": {"rid": rocket.room, "msg": "hello"}})
    told = {"roomId": rocket.room, "msgId": sent["message"]["_id"], "text": "goodbye"}
    await admin.do("post", "/v1/chat.update", told)
    read = await admin.do("get", "/v1/chat.getMessage", {"msgId": sent["message"]["_id"]})
    assert read["message"]["msg"] == "goodbye"


async def test_logs_out(rocket: Rocket, admin: Official) -> None:
    await admin.do("post", "/v1/logout", {})
    with pytest.raises(OrderFailed) as failure:
        await admin.do("get", "/v1/me")
    assert failure.value.error["status"] == 401


def code(rocket: Rocket) -> str:
    """The administrator's code of this moment."""
    return totp(rocket.user("admin").services["totp"]["secret"], rocket.clock.now())
