"""For how long sign-ins fail while the secret is exchanged, from the ledgers of both stand-ins."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.app import Bot
from bot.clock import SystemClock
from bot.store.operations import SqlOperations
from sandbox.faults import Fault, FaultEffect, When
from sandbox.gaps import Gap, gaps
from sandbox.rocketchat.ddp.sockets import Publication
from tests.support.world import REAL_SETTLE, SETTINGS, World, world_at
from tools.bench_rotation import BOUNDS

SECRET = f"/api/v1/settings/{SETTINGS}-secret"
MARKER = f"/api/v1/settings/{SETTINGS}-button_label_color"
WORST = BOUNDS["silent"][1]
"""Seconds, as the bench asks for where the publication is silent, as it is since 7.7."""


def measured(world: World) -> tuple[Gap, ...]:
    return gaps(world.rocketchat.ledger, world.encvoy.ledger)


async def rotate(world: World, times: int = 1) -> list[float]:
    """The gap of each of so many rotations, in seconds."""
    before = len(measured(world))
    for _ in range(times):
        assert "Rotated" in await world.ask("rotate")
    return [gap.seconds for gap in measured(world)[before:]]


async def receipt(bot: Bot) -> dict[str, Any]:
    """What the last rotation left behind."""
    operation = await SqlOperations(bot.database, SystemClock()).last("rotate")
    assert operation is not None
    return dict(operation.receipt or {})


async def test_at_a_real_servers_settle_a_bot_of_its_own_process_keeps_the_gap_short(tmp_path: Path) -> None:
    async with world_at(tmp_path, settle=REAL_SETTLE) as world:
        bot = world.process()
        await bot.start()
        try:
            await world.ask("setup")
            seconds = await rotate(world, 2)
        finally:
            await bot.stop()
    assert len(seconds) == 2
    assert max(seconds) < WORST


async def test_whoever_floods_the_health_port_of_a_bot_of_its_own_process_opens_no_gap(tmp_path: Path) -> None:
    asked = 0

    async def flood(host: str, port: int) -> None:
        nonlocal asked
        while True:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /healthz" + b"/" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await reader.readline()
            writer.close()
            asked += 1
            await asyncio.sleep(0.02)

    async with world_at(tmp_path, settle=2.0) as world:
        bot = world.process()
        await bot.start()
        try:
            await world.ask("setup")
            [(host, port)] = re.findall(r'"health": "http://([^:"]+):(\d+)/', bot.log.read_text())
            flooding = asyncio.create_task(flood(host, int(port)))
            seconds = await rotate(world)
            assert not flooding.done()
            flooding.cancel()
            log = bot.log.read_text()
        finally:
            await bot.stop()
    assert max(seconds) < WORST
    assert asked > 20
    assert "///" not in log
    assert len(log) < 20_000


@pytest.mark.parametrize("path", [SECRET, MARKER], ids=["between its two writes", "while it waits for live"])
async def test_a_process_that_is_held_up_says_no_less_than_it_was(tmp_path: Path, path: str) -> None:
    """Stopped by the machine it runs on, and gone on after Rocket.Chat uses the new secret."""
    async with world_at(tmp_path, settle=0.5) as world:
        bot = world.process()
        await bot.start()
        try:
            await world.ask("setup")

            async def hold_up(_: web.Request) -> None:
                assert bot.process is not None
                bot.process.send_signal(signal.SIGSTOP)
                asyncio.get_running_loop().call_later(2.0, bot.process.send_signal, signal.SIGCONT)

            written = Fault("POST", path, FaultEffect.PASS, When.AFTER, times=1, call=hold_up)
            world.rocketchat.faults.add(written)
            text = await world.ask("rotate", timeout=30.0)
            [gap] = measured(world)[-1:]
        finally:
            await bot.stop()
    assert gap.seconds > 1.0
    [told] = re.findall(r"for (\d+) ms at most", text)
    assert int(told) >= gap.seconds * 1000


async def test_many_rotations_each_have_a_gap_and_all_are_short(world: World) -> None:
    await world.ask("setup")
    seconds = await rotate(world, 8)
    assert len(seconds) == 8
    assert max(seconds) < WORST


async def test_encvoy_id_switches_after_rocketchat_and_never_before(world: World) -> None:
    await world.ask("setup")
    await rotate(world, 2)
    assert all(gap.switched > gap.live for gap in measured(world)[-2:])


async def test_the_receipt_bounds_the_gap_that_the_ledgers_show(quiet_world: World) -> None:
    async with quiet_world.play.bot() as bot:
        await quiet_world.ask("setup")
        [seconds] = await rotate(quiet_world)
        told = await receipt(bot)
    assert seconds <= told["gap"] < seconds + 0.5  # a bound: the last look before may have been a moment earlier


@pytest.mark.parametrize("publication", [Publication.REFUSED, Publication.SILENT])
async def test_without_a_publication_the_moment_is_seen_by_polls(quiet_world: World, publication: Publication) -> None:
    quiet_world.rocketchat.sockets.login_services = publication
    async with quiet_world.play.bot() as bot:
        await quiet_world.ask("setup")
        before = quiet_world.state()
        [seconds] = await rotate(quiet_world)
        told = await receipt(bot)
    now = quiet_world.state()
    assert now.accepted == now.stored == now.live != before.live
    assert told["seen_by"] == "poll"
    assert told["gap"] >= seconds, "what is told as the longest gap was longer"


async def test_at_a_real_servers_settle_polls_alone_keep_the_gap_as_short(tmp_path: Path) -> None:
    async with world_at(tmp_path, settle=REAL_SETTLE) as world, world.play.bot():
        await world.ask("setup")
        world.rocketchat.sockets.login_services = Publication.REFUSED
        world.rocketchat.sockets.cut()
        [seconds] = await rotate(world)
    assert seconds < WORST
