"""`ssobot health`, against a bot's `/healthz` and what is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.errors import ConfigError
from bot.values import Listen
from bot.web.ask import STANDBY, ask, is_ours
from bot.web.health import Parts, application, serving

WIDE = Listen("0.0.0.0", 0)
WORKING = {"rocketchat": None, "listening": None}


def saying(parts: Mapping[str, str | None]) -> Parts:
    """What `/healthz` is made of."""

    async def parts_now() -> Mapping[str, str | None]:
        return parts

    return parts_now


@asynccontextmanager
async def answering(text: str) -> AsyncIterator[Listen]:
    """Something else at that port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/healthz", answer)
    async with serving(app, Listen("127.0.0.1", 0)) as listen:
        yield listen


async def test_a_bot_that_works_is_ok(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(application(saying(WORKING)), WIDE) as listen:
        assert await asyncio.to_thread(ask, listen) == 0
    assert capsys.readouterr().out == "ok\n"


async def test_a_part_that_fails_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    failing = {"rocketchat": "no answer within 10 s", "listening": None}
    async with serving(application(saying(failing)), WIDE) as listen:
        assert await asyncio.to_thread(ask, listen) == 1
    assert capsys.readouterr().out == "rocketchat: no answer within 10 s\n"


@pytest.mark.parametrize("text", ["<html>", "{}", "[]", "3"])
async def test_somebody_else_at_that_port_is_not_the_bot(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with answering(text) as listen:
        assert await asyncio.to_thread(ask, listen) == 1
    assert capsys.readouterr().out == f"What answers at {listen} is not ssobot.\n"


async def test_nobody_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(application(saying({})), Listen("127.0.0.1", 0)) as listen:
        pass
    assert ask(listen) == 1
    assert capsys.readouterr().out == f"No response from {listen}: Connection refused\n"


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with serving(application(saying(WORKING)), WIDE) as listen:
        assert await asyncio.to_thread(ask, listen) == 0


def test_a_port_that_is_chosen_at_the_start_cannot_be_asked() -> None:
    with pytest.raises(ConfigError, match="port 0"):
        ask(WIDE)


async def test_a_standby_is_ok_and_one_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(application(saying({"database": None, "standby": None})), WIDE) as listen:
        assert await asyncio.to_thread(ask, listen) == 0
        assert await asyncio.to_thread(is_ours, listen)
    assert capsys.readouterr().out == f"{STANDBY}\n"


async def test_a_standby_that_has_not_asked_yet_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(application(saying({"database": None, "standby": "starting"})), WIDE) as listen:
        assert await asyncio.to_thread(ask, listen) == 1
    assert capsys.readouterr().out == "standby: starting\n"
