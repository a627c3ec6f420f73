"""What each command costs in requests, over real sockets: nothing is read twice within one look, and what needs no
other answer waits for none.

Both servers take a while for each answer, so that requests which are made together overlap. A busy machine only makes a
chain longer: the shortest of a few measures counts.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.faults import Fault, FaultEffect
from tests.support.world import World, world_at
from tools.round_trips import BOUNDS, Cost, Who, cost, missed, table

TAKES = 0.1
"""Seconds that each server takes for an answer."""
SETTLE = 0.5
QUIET = 0.4
"""Seconds without a request, after which whatever the bot does by itself at a start is over."""
TRIES = 3
COMMANDS = ("setup", "status", "test", "rotate", "disable", "enable")
AFTER_A_START = "status after a start"
"""With the login at Encvoy ID."""


async def quiet(world: World) -> float:
    """The moment from which on everything is the command's."""
    ledgers = (world.rocketchat.ledger, world.encvoy.ledger)
    asked = -1
    while asked != (now := sum(len(ledger.entries) for ledger in ledgers)):
        asked = now
        await asyncio.sleep(QUIET)
    return float(world.rocketchat.ledger.now())


async def measured(world: World, command: str) -> Cost:
    env = world.play.env
    asker = world.rocketchat.introduction.account("admin").user_id
    who = Who(env["SSOBOT_ROCKETCHAT_USER_ID"], asker, env["SSOBOT_ENCVOY_CLIENT_ID"])
    since = await quiet(world)
    await world.ask(command, timeout=60.0)
    return cost(world.rocketchat.ledger, world.encvoy.ledger, who, since)


async def all_measured(folder: Path) -> dict[str, Cost]:
    async with world_at(folder, settle=SETTLE) as world:
        for standin in (world.rocketchat, world.encvoy):
            standin.faults.add(Fault(effect=FaultEffect.PASS, delay=TAKES))
        async with world.play.bot():
            costs = {command: await measured(world, command) for command in COMMANDS}
        async with world.play.bot():
            costs[AFTER_A_START] = await measured(world, "status")
    return costs


async def test_no_command_costs_more_requests_than_it_must(tmp_path: Path) -> None:
    misses: list[str] = []
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        costs = await all_measured(folder)
        print(f"\n{table(costs)}")
        misses = [miss for command, found in costs.items() for miss in missed(command, found)]
        if not misses:
            break
    assert misses == []


def test_every_command_that_is_measured_has_a_bound() -> None:
    assert list(BOUNDS) == [*COMMANDS, AFTER_A_START]
