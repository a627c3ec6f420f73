"""`/healthz`, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

import aiohttp
import pytest

from bot.errors import ConfigError
from bot.values import Listen
from bot.web.health import Parts, application, serving

ANYWHERE = Listen("127.0.0.1", 0)


def telling(state: Mapping[str, str | None]) -> Parts:
    async def parts() -> Mapping[str, str | None]:
        return state

    return parts


async def ask(listen: Listen) -> tuple[int, object]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{listen}/healthz") as answer:
        return answer.status, await answer.json()


async def test_all_is_well() -> None:
    async with serving(application(telling({"database": None})), ANYWHERE) as listen:
        assert await ask(listen) == (200, {"status": "ok", "parts": {"database": "ok"}})


async def test_the_part_that_fails_is_named_and_asked_anew() -> None:
    state: dict[str, str | None] = {"database": None, "socket": "not connected for 12 s"}
    async with serving(application(telling(state)), ANYWHERE) as listen:
        assert await ask(listen) == (
            503,
            {"status": "failing", "parts": {"database": "ok", "socket": "not connected for 12 s"}},
        )
        state["socket"] = None
        assert (await ask(listen))[0] == 200


async def test_a_port_in_use_is_a_wrong_configuration() -> None:
    async with serving(application(telling({})), ANYWHERE) as taken:
        with pytest.raises(ConfigError) as caught:
            async with serving(application(telling({})), taken):
                pytest.fail("two servers on one port")
    assert caught.value.text == f"SSOBOT_LISTEN cannot be listened on: {taken}: address already in use."


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
async def test_an_address_of_another_machine_is_a_wrong_configuration(host: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with serving(application(telling({})), Listen(host, 8080)):
            pytest.fail("that address is ours")
    assert caught.value.text.startswith(f"SSOBOT_LISTEN cannot be listened on: {host}:8080: ")
    assert "[" not in caught.value.text, "no number of the system's, no address twice"


async def test_the_port_is_free_afterwards() -> None:
    async with serving(application(telling({})), ANYWHERE) as listen:
        pass
    async with serving(application(telling({})), listen) as again:
        assert again == listen


BAD_REQUESTS = [
    b"GET /healthz" + b"/" * 60_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /healthz" + b"/" * 60_000,
    b"GET /healthz?token=abc HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"/" * 60_000 + b"\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10,
    b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3,
]


@pytest.mark.parametrize("request_", BAD_REQUESTS, ids=range(len(BAD_REQUESTS)))
async def test_nothing_that_was_asked_gets_into_the_log(request_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(application(telling({})), ANYWHERE) as listen:
        reader, writer = await asyncio.open_connection(listen.host, listen.port)
        writer.write(request_)
        writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        assert (await ask(listen))[0] == 200
    assert caplog.text == ""


async def test_a_fault_of_our_own_does(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> Mapping[str, str | None]:
        raise RuntimeError("a bug")

    async with serving(application(broken), ANYWHERE) as listen, aiohttp.ClientSession() as session:
        assert (await session.get(f"http://{listen}/healthz")).status == 500
    assert "a bug" in caplog.text
