"""Which operations are deleted: old ones at rest, but for the newest of each command."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import URL, insert, select
from structlog.testing import capture_logs

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.store import retention
from bot.store.engine import Database, open_database
from bot.store.operations import TABLE, SqlOperations
from bot.store.retention import KEPT, Retention
from tests.support.clocks import START, SteppedClock

DAYS = 400
NOW = START
DAY = timedelta(days=1)


def row(number: int, age: timedelta, **changes: Any) -> dict[str, Any]:
    """An operation that is at rest."""
    whole = {
        "id": f"o{number:05}", "origin": "message", "message_id": f"m{number}", "kind": "rotate", "words": "rotate",
        "state": "done", "reply_id": "r", "delivered": True, "created_at": NOW - age,
    }  # fmt: skip
    return whole | changes


def newest(count: int, kind: str = "rotate") -> list[dict[str, Any]]:
    """Of one command, from today."""
    return [row(90000 + n, timedelta(minutes=n), kind=kind, id=f"new-{kind}-{n}", message_id=f"{kind}-{n}")
            for n in range(count)]  # fmt: skip


async def keep(database: Database, rows: Iterable[dict[str, Any]]) -> None:
    async with database.writing() as transaction:
        await transaction.execute(insert(TABLE), list(rows))


async def left(database: Database) -> set[str]:
    """Ids of what is there, those of `newest` left out."""
    async with database.reading() as transaction:
        return {found for found in await transaction.scalars(select(TABLE.c.id)) if not found.startswith("new-")}


async def test_what_is_older_goes_and_what_is_not_stays(database: Database) -> None:
    old, young = row(1, DAYS * DAY + timedelta(seconds=1)), row(2, DAYS * DAY)
    await keep(database, [*newest(KEPT), old, young, row(3, DAYS * DAY * 2, state="failed")])
    assert await Retention(database, DAYS).prune(NOW) == 2
    assert await left(database) == {young["id"]}
    assert await Retention(database, DAYS).prune(NOW) == 0


@pytest.mark.parametrize(
    "changes",
    [{"delivered": False}, {"state": "running"}, {"state": "accepted"}, {"state": "later"}],
    ids=["not delivered", "running", "accepted", "of a state that nobody knows"],
)
async def test_what_is_not_at_rest_stays_however_old(database: Database, changes: dict[str, Any]) -> None:
    await keep(database, [*newest(KEPT), row(1, 999 * DAY, **changes)])
    assert await Retention(database, DAYS).prune(NOW) == 0
    assert await left(database) == {"o00001"}


async def test_the_last_of_each_command_stay_however_old(database: Database) -> None:
    rotations = [row(number, (900 + number) * DAY) for number in range(KEPT + 3)]
    tests = [row(number, (500 + number) * DAY, kind="test") for number in range(100, 102 + KEPT)]
    await keep(database, [*newest(80, "status"), *rotations, *tests])
    assert await Retention(database, DAYS).prune(NOW) == 5
    kept = {one["id"] for one in [*rotations[:KEPT], *tests[:KEPT]]}
    assert await left(database) == kept


async def test_it_deletes_a_few_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    await keep(database, [*newest(KEPT), *(row(number, 500 * DAY) for number in range(11))])
    sizes: list[int] = []
    real = Retention._delete

    async def counted(self: Retention, ids: Any) -> int:
        sizes.append(len(ids))
        return await real(self, ids)

    monkeypatch.setattr(Retention, "_delete", counted)
    assert await Retention(database, DAYS).prune(NOW) == 11
    assert sizes == [4, 4, 3]
    assert await left(database) == set()


async def test_several_instances_delete_each_once(
    database: Database, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 5)
    await keep(database, [*newest(KEPT), *(row(number, 500 * DAY) for number in range(40))])
    other = await open_database(database_url)
    try:
        found = await asyncio.gather(*(Retention(one, DAYS).prune(NOW) for one in (database, other) * 3))
    finally:
        await other.close()
    assert sum(found) == 40
    assert await left(database) == set()


async def test_a_message_whose_operation_was_deleted_is_unknown_to_the_store(database: Database) -> None:
    """That it is not carried out again is the inbox's matter."""
    await keep(database, [*newest(KEPT), row(1, 500 * DAY)])
    operations = SqlOperations(database, SystemClock())
    assert await operations.of_message("m1") is not None
    await Retention(database, DAYS).prune(NOW)
    assert await operations.of_message("m1") is None


async def test_it_is_done_at_the_start_and_once_a_day_and_an_outage_ends_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = SteppedClock(), []

    async def prune(self: Retention, now: datetime) -> int:
        asked.append(now)
        if len(asked) == 1:
            raise StoreUnavailable
        return len(asked) - 2

    monkeypatch.setattr(Retention, "prune", prune)
    with capture_logs() as logged:
        running = asyncio.create_task(Retention(database, 5).run(clock))
        await clock.advance(2 * 86400 + 1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert asked == [START + n * DAY for n in range(3)]
    assert logged == [{"event": "old operations deleted", "count": 1, "days": 5, "log_level": "info"}]


def test_nothing_else_is_kept_for_less_than_the_inbox_looks_back() -> None:
    from bot.chatops.inbox import SLACK, STALE

    assert timedelta(days=1) > STALE + SLACK
