"""Tasks beside the listening."""

from __future__ import annotations

import asyncio

import structlog.testing

from bot.chatops.background import Background


async def test_it_is_idle_when_everything_has_ended_what_was_begun_meanwhile_too() -> None:
    work, done = Background(), list[str]()

    async def second() -> None:
        done.append("second")

    async def first() -> None:
        done.append("first")
        work.spawn(second())

    work.spawn(first())
    assert done == []
    await work.idle()
    assert done == ["first", "second"]


async def test_a_bug_in_one_is_logged_and_the_others_go_on() -> None:
    work, done = Background(), list[str]()

    async def broken() -> None:
        raise ValueError("x")

    async def fine() -> None:
        await asyncio.sleep(0)
        done.append("fine")

    with structlog.testing.capture_logs() as logged:
        work.spawn(broken())
        work.spawn(fine())
        await work.idle()
    assert done == ["fine"]
    assert [entry["kind"] for entry in logged] == ["ValueError"]


async def test_cancelling_waits_for_their_ends_and_logs_nothing() -> None:
    work, ended = Background(), asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with structlog.testing.capture_logs() as logged:
        work.spawn(long())
        await asyncio.sleep(0)
        await work.cancel()
    assert ended.is_set()
    assert logged == []
    await work.idle()
