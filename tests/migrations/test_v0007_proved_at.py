"""When the secret in use was proved, as the receipts of older versions tell it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text

from bot.store.connections import TABLE
from bot.store.engine import Database, open_database
from tests.support.migrating import migrated

BEFORE, AFTER = "0005", "0007"
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COMMITTED = ["WriteServiceSecret", "Prove", "CommitSecret", "ProveInUse"]
PROVED = {"outcome": "done", "changes": COMMITTED, "proof": {"previous_refused": True, "random_refused": True}}


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """One connection, c1, as the version before left it."""
    opened = await open_database(database_url)
    await migrated(opened, BEFORE)
    async with opened.writing() as transaction:
        await transaction.execute(
            text(
                "INSERT INTO connections (id, revision, service, name_typed, name_key, site_url, application_name, "
                "settings, enabled, absent, rules, undoing, created_at, updated_at) VALUES ('c1', 1, 'encvoyid', 'E', "
                "'E', 'u', 'a', '{}', true, false, '[]', false, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            )
        )
    yield opened
    await opened.close()


async def add(database: Database, day: int, receipt: Any, **changes: Any) -> None:
    """An operation that began on that day and took a minute."""
    created_at = BEGAN + timedelta(days=day)
    row = {
        "id": f"o{day}", "origin": "message", "message_id": f"m{day}", "connection_id": "c1", "kind": "rotate",
        "words": "rotate", "state": "done", "reply_id": "r", "delivered": True, "created_at": created_at,
        "finished_at": created_at + timedelta(minutes=1), **changes,
    }  # fmt: skip
    columns = ", ".join(row)
    values = ", ".join(f"'{value}'" if isinstance(value, str | datetime) else str(value) for value in row.values())
    values = values.replace("+00:00", "").replace("None", "NULL")
    said = receipt if isinstance(receipt, str) else json.dumps(receipt)
    async with database.writing() as transaction:
        await transaction.exec_driver_sql(f"INSERT INTO operations ({columns}, receipt) VALUES ({values}, '{said}')")


async def proved_at(database: Database) -> datetime | None:
    await migrated(database, AFTER)
    async with database.reading() as transaction:
        found: datetime | None = await transaction.scalar(TABLE.select().with_only_columns(TABLE.c.proved_at))
        return found


async def test_without_a_receipt_nobody_knows(database: Database) -> None:
    assert await proved_at(database) is None


async def test_it_is_the_end_of_the_last_one_that_committed_a_proved_secret(database: Database) -> None:
    await add(database, 1, PROVED, kind="setup")
    await add(database, 9, PROVED)
    await add(database, 5, PROVED)
    assert await proved_at(database) == BEGAN + timedelta(days=9, minutes=1)


async def test_the_name_that_the_first_version_gave_the_commit_counts_too(database: Database) -> None:
    await add(database, 1, PROVED | {"changes": ["Prove", "Settle"]})
    assert await proved_at(database) == BEGAN + timedelta(days=1, minutes=1)


@pytest.mark.parametrize(
    ("receipt", "changes"),
    [
        (PROVED | {"outcome": "undone"}, {}),
        (PROVED | {"proof": None}, {}),
        (PROVED | {"changes": ["Prove"]}, {"kind": "setup"}),
        (PROVED, {"kind": "enable"}),
        (PROVED, {"connection_id": "another"}),
        ({"changed": True}, {}),
        ([1], {}),
        ("null", {}),
    ],
    ids=["undone", "not proved", "no new secret", "no exchange", "of another", "of another kind", "a list", "null"],
)
async def test_what_brought_no_new_secret_does_not_count(
    database: Database, receipt: Any, changes: dict[str, Any]
) -> None:
    await add(database, 1, PROVED)
    await add(database, 2, receipt, **changes)
    assert await proved_at(database) == BEGAN + timedelta(days=1, minutes=1)


async def test_one_that_was_killed_after_its_commit_counts_from_its_beginning(database: Database) -> None:
    await add(database, 1, PROVED)
    await add(database, 2, PROVED, state="running", delivered=False, finished_at=None)
    assert await proved_at(database) == BEGAN + timedelta(days=2)


async def test_one_that_failed_after_its_commit_counts(database: Database) -> None:
    """Its secret is in use, whatever was wrong then."""
    await add(database, 1, PROVED, state="failed")
    assert await proved_at(database) == BEGAN + timedelta(days=1, minutes=1)


async def test_a_damaged_receipt_does_not_keep_the_bot_from_starting(tmp_path: Path) -> None:
    """In a file a column takes any text."""
    opened = await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'damaged.sqlite'}"))
    await migrated(opened, BEFORE)
    await add(opened, 1, "{no json")
    await migrated(opened, AFTER)
    await opened.close()
