"""Two instances on one PostgreSQL under commands and due schedules, one of them killed at a random moment in each
round: each message is one operation with one answer, each due time one rotation."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.schedule.rules import Slot
from tests.support.crashes import answered, records
from tests.support.due import EVERY, agree, due_in, outcome_of, over, posted
from tests.support.postgres import Postgres
from tests.support.programs import run_answering_again, run_beginning_again
from tests.support.several import Several, several

WORDS = ("status", "history 5", "mute 1h", "mute off", "test", "schedule", "history --all", "enable")
SAID = "Rotated: both sides have the new secret"
SEED = int(os.environ.get("SSOBOT_TEST_SEED") or 20261128)
COMMANDS = 10
"""In each round."""


@dataclass
class Rounds:
    """What was asked for, and what came of it. The moments are drawn from the seed."""

    made: Several
    chance: random.Random
    messages: list[str] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    async def type(self, words: str) -> None:
        """One command."""
        self.messages.append(await self.made.world.admin.send(f"!sso {words}"))

    async def one(self, dues: int) -> None:
        """A round with so many due times: the kill is around the first of them."""
        first = len(self.messages)
        slot = await self._due(self.chance.uniform(0.3, 1.5))
        killing = asyncio.create_task(self._kill(self.chance.uniform(0.2, 3.5)))
        for _ in range(COMMANDS - dues):
            await self.type(self.chance.choice(WORDS))
            await asyncio.sleep(self.chance.uniform(0.0, 0.4))
        await killing
        self.made.start()
        await over(self.made.world, slot)
        for _ in range(dues - 1):
            await over(self.made.world, await self._due(0.3))
        for message in self.messages[first:]:
            await answered(self.made.world, message, timeout=60.0)
        assert agree(self.made.world)

    async def _due(self, seconds: float) -> Slot:
        slot = await due_in(self.made.world, seconds)
        self.slots.append(slot)
        await self.type("status")
        return slot

    async def _kill(self, after: float) -> None:
        await asyncio.sleep(after)
        leader = await self.made.leader()
        alive = [bot for bot in self.made.started if bot.process is not None and bot.process.is_alive()]
        others = [bot for bot in alive if bot is not leader]
        victim = self.chance.choice(others) if others and self.chance.random() < 0.2 else leader
        self.killed["leader" if victim is leader else "standby"] += 1
        await victim.kill()

    async def faults(self) -> list[str]:
        """What is not as it should be."""
        world, found = self.made.world, []
        for message in self.messages:
            operations, answers = len((await records(world, message)).operations), await world.admin.results(message)
            if (operations, len(answers)) != (1, 1):
                found.append(f"a message with {operations} operations and {len(answers)} answers")
        for slot in self.slots:
            outcome = await outcome_of(world, slot)
            if not outcome.once:
                found.append(f"a due time with {outcome.operations}")
        if (told := len(posted(world, SAID))) != len(self.slots):
            found.append(f"{told} messages about {len(self.slots)} rotations")
        return found

    @property
    def counts(self) -> str:
        """For people."""
        return (
            f"two instances: {len(self.messages)} commands, {len(self.slots)} due times, "
            f"{self.killed.total()} kills ({dict(self.killed)}), {time.monotonic() - self.began:.0f} s, seed {SEED}"
        )


async def played(made: Several, dues: list[int]) -> Rounds:
    """So many rounds, each with its number of due times."""
    assert "checks passed" in await made.world.ask("setup")
    assert "Scheduled" in await made.world.ask(EVERY)
    rounds = Rounds(made, random.Random(SEED))
    for number in dues:
        await rounds.one(number)
    return rounds


async def test_two_rounds(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        rounds = await played(made, [3, 2])
        assert await rounds.faults() == []
        print(rounds.counts)


@pytest.mark.slow
@pytest.mark.timeout(590)
async def test_twenty_rounds(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 2) as made:
        rounds = await played(made, [3, 2] * 10)
        assert await rounds.faults() == []
        assert (len(rounds.messages), len(rounds.slots), rounds.killed.total()) == (200, 50, 20)
        print(rounds.counts)


async def test_a_due_time_that_is_not_unique_is_found(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 1, program=run_beginning_again) as made:
        assert "checks passed" in await made.world.ask("setup")
        await made.world.ask(EVERY)
        rounds = Rounds(made, random.Random(SEED))
        await rounds._due(0.2)
        await asyncio.sleep(3.0)
        for _ in range(2):
            await rounds.type("status")
            await answered(made.world, rounds.messages[-1])
        await asyncio.sleep(3.0)
        assert any("a due time with" in fault for fault in await rounds.faults())


async def test_an_answer_that_is_posted_twice_is_found(tmp_path: Path, postgres: Postgres) -> None:
    async with several(tmp_path, postgres, 1, program=run_answering_again) as made:
        rounds = Rounds(made, random.Random(SEED))
        await rounds.type("status")
        await answered(made.world, rounds.messages[0])
        assert await rounds.faults() == ["a message with 1 operations and 2 answers"]
