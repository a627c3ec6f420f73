"""The last rotation that succeeded, out of both kinds of databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, OperationState
from bot.connection.receipt import LastRotation, Outcome, Receipt
from bot.store.engine import Database
from bot.store.operations import SqlOperations
from bot.store.rotations import MOST_READ, SqlRotations
from tests.support.clocks import START, ManualClock

DONE, FAILED = OperationState.DONE, OperationState.FAILED


class Past:
    """Operations that ended one after the other, an hour apart."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(0)
        self.operations = SqlOperations(database, self.clock)
        self.rotations = SqlRotations(database)
        self.number = 0

    async def add(
        self, words: str = "rotate", state: OperationState = DONE, receipt: Mapping[str, Any] | None = None
    ) -> datetime:
        """Returns when it ended."""
        self.number += 1
        origin = FromMessage(f"m{self.number}", "room", None, "user", "ada")
        await self.operations.accept(Operation(f"o{self.number}", origin, words, "reply", START))
        self.clock.seconds += 3600
        await self.operations.finish(f"o{self.number}", state, "…", receipt)
        return self.clock.now()


@pytest.fixture
def past(database: Database) -> Past:
    return Past(database)


def receipt(outcome: Outcome = Outcome.DONE, gap: float | None = 0.02) -> Mapping[str, Any]:
    return Receipt(outcome, gap=gap).as_dict()


async def test_without_a_rotation_there_is_none(past: Past) -> None:
    await past.add("setup", receipt=receipt())
    assert await past.rotations.last() is None


async def test_the_newest_one_counts_with_its_gap(past: Past) -> None:
    await past.add(receipt=receipt(gap=0.5))
    at = await past.add(receipt=receipt(gap=0.02))
    assert await past.rotations.last() == LastRotation(at, 0.02)
    assert at.tzinfo == UTC


async def test_a_gap_that_nobody_knows_is_none(past: Past) -> None:
    at = await past.add(receipt=receipt(gap=None))
    assert await past.rotations.last() == LastRotation(at, None)


@pytest.mark.parametrize(
    ("words", "state", "written"),
    [
        ("rotate", FAILED, receipt()),
        ("rotate", FAILED, receipt(Outcome.UNDONE)),
        ("rotate", DONE, receipt(Outcome.UNCHANGED)),
        ("rotate --dry-run", DONE, None),
        ("rotate", DONE, {"of": "another version"}),
        ("rotate", DONE, {"outcome": ["done"]}),
        ("test", DONE, receipt()),
    ],
)
async def test_what_did_not_exchange_the_secret_hides_none(
    past: Past, words: str, state: OperationState, written: Mapping[str, Any] | None
) -> None:
    at = await past.add(receipt=receipt())
    await past.add(words, state, written)
    assert await past.rotations.last() == LastRotation(at, 0.02)


async def test_one_that_goes_on_is_not_the_last_one(past: Past) -> None:
    at = await past.add(receipt=receipt())
    await past.operations.accept(
        Operation("going-on", FromMessage("m0", "room", None, "user", "ada"), "rotate", "reply", START)
    )
    assert await past.rotations.last() == LastRotation(at, 0.02)


async def test_only_the_newest_are_read(past: Past) -> None:
    await past.add(receipt=receipt())
    for _ in range(MOST_READ):
        await past.add(receipt={"of": "another version"})
    assert await past.rotations.last() is None
