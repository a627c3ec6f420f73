"""Several instances on one PostgreSQL: one works, another goes on, and nothing is said or done twice."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.chatops.audit import ENDED
from bot.web.ask import STANDBY
from sandbox.faults import Fault, FaultEffect, When
from sandbox.visitor import is_result
from tests.support.crashes import answered, is_settings_write, records
from tests.support.postgres import Postgres
from tests.support.quick import QUICK_TERMS, REAL_SETTLE
from tests.support.several import Several, events, lines, pause, resume, several

GOES_ON_WITHIN = 30.0
"""Seconds."""


def said_below(made: Several, message: str) -> list[str]:
    """Every message in its thread."""
    return [str(m.msg) for m in made.world.rocketchat.chat.messages.values() if m.tmid == message]


def health_of(made: Several, number: int) -> str:
    [address] = [line["health"] for line in lines(made.started[number]) if line["event"] == "started"]
    return str(address)


async def test_one_listens_and_the_others_stand_by_and_say_so(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 3) as made:
        assert "checks passed" in await made.world.ask("setup")
        assert ["listening" in events(bot) for bot in made.started] == [True, False, False]
        assert ["standby" in events(bot) for bot in made.started] == [False, True, True]
        async with aiohttp.ClientSession() as session:
            for number, parts in enumerate((("rocketchat", "database", "listening"), ("database", "standby"))):
                async with session.get(health_of(made, number)) as answer:
                    assert (answer.status, await answer.json()) == (
                        200,
                        {"status": "ok", "parts": dict.fromkeys(parts, "ok")},
                    )
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "health",
            env={**os.environ, "SSOBOT_LISTEN": health_of(made, 1).removeprefix("http://").removesuffix("/healthz")},
            stdout=subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asked.communicate()
        assert (asked.returncode, out.decode().strip()) == (0, STANDBY)


async def test_when_one_stops_another_goes_on_at_once(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        await made.started[0].stop()
        message = await made.world.admin.send("!sso status")
        await made.started[1].listening()
        await answered(made.world, message)
        assert events(made.started[0]).count("lease.taken") == 1
        assert "lease.lost" not in events(made.started[0])


async def goes_on_after_a_kill(made: Several) -> float:
    """Kills the leader in the middle of a rotation, right after Rocket.Chat has stored the new secret; the seconds
    until another listens. Its answer is true."""
    await made.world.ask("setup")
    leader = await made.leader()
    killed = asyncio.Event()

    async def kill(_: web.Request) -> None:
        killed.set()  # first: what awaits its death here is cancelled with it
        await leader.kill()

    fault = Fault(effect=FaultEffect.DROP, when=When.AFTER, matches=is_settings_write, call=kill, times=1)
    made.world.rocketchat.faults.add(fault)
    message = await made.world.admin.send("!sso rotate")
    await killed.wait()
    await leader.dead()
    began = asyncio.get_running_loop().time()
    other = await made.leader()
    await made.said(other, "listening")
    took = asyncio.get_running_loop().time() - began
    later = await made.world.admin.send("!sso status")
    await answered(made.world, message, timeout=60.0)
    await answered(made.world, later, timeout=60.0)
    [result] = await made.world.admin.results(message)
    assert "Rotated" in result
    state = made.world.state()
    assert state.accepted == state.stored == state.live
    return took


async def test_when_one_is_killed_another_finishes_what_it_had_begun(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        assert await goes_on_after_a_kill(made) < QUICK_TERMS.ttl + 6


@pytest.mark.slow
async def test_with_its_real_time_too_another_goes_on_within_30_seconds(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2, settle=REAL_SETTLE) as made:
        assert await goes_on_after_a_kill(made) < GOES_ON_WITHIN


async def test_twenty_messages_to_three_instances_are_twenty_operations_and_twenty_answers(
    tmp_path: Path, postgres: Postgres
) -> None:
    """The leader is killed in between. A word that is no command gets its hint once, too."""
    async with several(tmp_path, postgres, 3) as made:
        admin = made.world.admin
        messages = [await admin.send("!sso status") for _ in range(10)]
        hinted = [await admin.send("!sso stattus")]
        await asyncio.sleep(0.5)
        await (await made.leader()).kill()
        messages += [await admin.send("!sso status") for _ in range(10)]
        hinted.append(await admin.send("!sso stattus"))
        for message in messages:
            await answered(made.world, message)
        found = await records(made.world, *messages)
        assert (len(found.operations), found.unfinished) == (20, ())
        assert [len(await admin.results(message)) for message in messages] == [1] * 20
        ended = [line["message"] for bot in made.started for line in lines(bot) if line["event"] == ENDED]
        assert sorted(ended) == sorted(messages)
        await made.world.ask("help")
        for message in hinted:
            [hint] = said_below(made, message)
            assert "`!sso status`" in hint


async def test_what_is_typed_while_none_runs_is_found_by_the_next_one(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 1) as made:
        before = await made.world.admin.send("!sso stattus")
        await made.world.ask("help")
        await made.started[0].kill()
        message = await made.world.admin.send("!sso setup")
        hinted = await made.world.admin.send("!sso stattus")
        made.start()
        await answered(made.world, message)
        [result] = await made.world.admin.results(message)
        assert "checks passed" in result
        await made.world.ask("help")
        assert [len(said_below(made, one)) for one in (before, hinted)] == [1, 1]


def traces(made: Several) -> list[str]:
    """Every request that writes to either system, chat included."""
    ledgers = (made.world.rocketchat.ledger, made.world.encvoy.ledger)
    return [f"{entry.method} {entry.path}" for ledger in ledgers for entry in ledger.writes()]


async def paused_in_a_rotation(made: Several, seconds: float) -> None:
    """SIGSTOP in the middle of it, and SIGCONT after the other has finished it: nothing comes of the first any more,
    neither a write nor a commit."""
    await made.world.ask("setup")
    first = await made.leader()
    stopped = asyncio.Event()

    def stop(_: web.Request) -> None:
        pause(first)
        stopped.set()

    fault = Fault(effect=FaultEffect.PASS, when=When.AFTER, matches=is_settings_write, call=stop, times=1)
    made.world.rocketchat.faults.add(fault)
    message = await made.world.admin.send("!sso rotate")
    await stopped.wait()
    began = asyncio.get_running_loop().time()
    await answered(made.world, message, timeout=90.0)
    assert (await made.leader()) is not first
    await made.world.ask("help")
    await asyncio.sleep(max(1.0, seconds - (asyncio.get_running_loop().time() - began)))
    before, kept, state = traces(made), await records(made.world, message), made.world.state()
    resume(first)
    await made.said(first, "lease.lost")
    await asyncio.sleep(2.0)
    assert traces(made) == before
    assert await records(made.world, message) == kept
    assert made.world.state() == state
    [result] = await made.world.admin.results(message)
    assert "Rotated" in result
    assert events(first)[-1] == "standby"


async def test_a_leader_that_was_paused_writes_and_commits_nothing_any_more(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        await paused_in_a_rotation(made, QUICK_TERMS.ttl + 2)


@pytest.mark.slow
async def test_nor_after_25_seconds_with_its_real_time(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2, settle=REAL_SETTLE) as made:
        await paused_in_a_rotation(made, 25.0)


def telling(moved: asyncio.Event, delay: float) -> Fault:
    """Harmless: each write of settings takes so many seconds longer, and is told of."""

    def tell(_: web.Request) -> None:
        moved.set()

    return Fault(effect=FaultEffect.PASS, matches=is_settings_write, call=tell, delay=delay)


@pytest.mark.parametrize("turns", [4, pytest.param(10, marks=pytest.mark.slow)])
async def test_rolling_starts_in_the_middle_of_rotations_leave_true_answers(
    tmp_path: Path, postgres: Postgres, turns: int
) -> None:
    """The new one starts while the old one rotates, then the old one is stopped: as containers are replaced."""
    async with several(tmp_path, postgres, 1) as made:
        await made.world.ask("setup")
        for turn in range(turns):
            old, moved = made.started[-1], asyncio.Event()
            # Every other time it takes longer than the old one has to finish.
            made.world.rocketchat.faults.add(telling(moved, delay=(0.5, 3.0)[turn % 2]))
            message = await made.world.admin.send("!sso rotate")
            await moved.wait()
            new = made.start()
            await made.standing_by(new)
            await old.stop()
            await new.listening()
            await answered(made.world, message)
            [result] = await made.world.admin.results(message)
            state = made.world.state()
            assert state.accepted == state.stored == state.live
            assert "Rotated: both sides have the new secret" in result, result
            assert len([text for text in said_below(made, message) if is_result(text)]) == 1
            assert not re.search(r"internal error", result)
            made.world.rocketchat.faults.clear()
