"""Whether an address can be listened on, and who holds it if not; on real ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from bot.doctor.own import Port, PortState
from bot.values import Listen
from bot.web.health import application, serving
from bot.web.port import try_port
from tests.web.test_ask import answering, saying

FAILING: Mapping[str, str | None] = {"rocketchat": "connecting", "database": None, "listening": "starting"}


@asynccontextmanager
async def silent() -> AsyncIterator[Listen]:
    """Something that accepts connections and hangs up."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield Listen("127.0.0.1", server.sockets[0].getsockname()[1])


async def test_a_free_port_is_free_before_and_after() -> None:
    async with silent() as listen:
        pass
    for _ in range(2):
        assert await try_port(listen) == Port(str(listen), PortState.FREE)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_bot_that_runs_there_is_told_apart_whether_it_works_or_not(host: str) -> None:
    for parts in (FAILING, dict.fromkeys(FAILING)):
        async with serving(application(saying(parts)), Listen(host, 0)) as listen:
            assert (await try_port(listen)).state is PortState.OURS


async def test_a_port_of_something_else_is_taken() -> None:
    async with silent() as listen:
        assert await try_port(listen) == Port(str(listen), PortState.TAKEN, "address already in use")


@pytest.mark.parametrize("text", ["<html>", '{"parts": {}}', '{"parts": {"database": "ok"}}', '{"parts": 3}'])
async def test_whatever_answers_otherwise_is_no_bot(text: str) -> None:
    async with answering(text) as listen:
        assert (await try_port(listen)).state is PortState.TAKEN


async def test_an_address_of_another_machine_is_impossible() -> None:
    found = await try_port(Listen("192.0.2.1", 8080))
    assert (found.state, bool(found.reason)) == (PortState.IMPOSSIBLE, True)
