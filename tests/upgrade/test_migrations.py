"""Every migration is tried on every database that an older version left: none loses a row, whichever way it goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.store import migrate
from bot.store.engine import Database as Open
from bot.store.engine import open_database
from tests.support.databases import empty_database
from tests.support.migrating import differences, migrated, revision_of, revisions
from tests.upgrade.kept import SUFFIX, Database, databases, tried
from tests.upgrade.restore import load
from tests.upgrade.write import SCENES

DATABASES = databases()
REWRITTEN = {("operations", "words"), ("connections", "settings")}
"""What a migration may say in other words; all other values of the time stay as they are."""


@pytest.fixture(params=tried(DATABASES), ids=lambda found: f"{found.revision}-{found.scene}-{found.kind}")
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Database, Open]]:
    """One of them, as it was written."""
    async with empty_database(request.param.kind, tmp_path, request) as url:
        await load(request.param, url)
        database = await open_database(url)
        yield request.param, database
        await database.close()


async def content(database: Open) -> dict[tuple[str, str, str], Any]:
    """Every value, by table, key of the row and column; the revision excepted."""
    values: dict[tuple[str, str, str], Any] = {}
    async with database.reading() as transaction:
        for table, key in (("connections", "id"), ("operations", "id"), ("notes", "key")):
            for row in (await transaction.execute(text(f"SELECT * FROM {table}"))).mappings():
                values |= {(table, row[key], column): value for column, value in row.items()}
    return values


def test_there_is_one_of_each_of_the_newest_schema_too() -> None:
    """Else the tests would pass for want of databases, and the next migration would be tried on old ones alone."""
    found = {(database.revision, database.scene, database.kind) for database in DATABASES}
    everything = {(scene.name, kind) for scene in SCENES for kind in SUFFIX}
    assert {revision for revision, *_ in found} >= {"0001", migrate.head()}, "see README.md: the newest schema is kept"
    assert found == {(revision, *one) for revision, *_ in found for one in everything}


async def test_at_once(old: tuple[Database, Open]) -> None:
    written, database = old
    before = await content(database)
    assert await revision_of(database) == written.revision
    await migrate.upgrade(database)
    assert await revision_of(database) == migrate.head()
    assert await differences(database) == []
    lost(before, await content(database))


async def test_step_by_step(old: tuple[Database, Open]) -> None:
    written, database = old
    before = await content(database)
    later = revisions()[revisions().index(written.revision) + 1 :]
    for revision in later:
        await migrated(database, revision)
        assert await revision_of(database) == revision
        lost(before, await content(database))
    assert await differences(database) == []
    assert await migrate.upgrade(database) is False


async def test_the_age_of_the_secret_is_known_where_one_was_proved(old: tuple[Database, Open]) -> None:
    written, database = old
    await migrate.upgrade(database)
    async with database.reading() as transaction:
        [(current, proved_at)] = await transaction.execute(text("SELECT current_secret, proved_at FROM connections"))
    assert (proved_at is not None) is (current is not None), written.scene


async def test_the_label_leaves_the_settings_and_nothing_else_does(old: tuple[Database, Open]) -> None:
    _, database = old
    [(before, _)] = await settings_of(database, "''")
    await migrate.upgrade(database)
    [(after, label)] = await settings_of(database, "label")
    assert "button_label_text" not in after
    assert label in ("Sign in with Encvoy ID", "Sign in with My Name")
    assert after | {"button_label_text": label} == before | {"button_label_text": label}


async def settings_of(database: Open, label: str) -> list[tuple[dict[str, Any], str]]:
    async with database.reading() as transaction:
        rows = (await transaction.execute(text(f"SELECT settings, {label} FROM connections"))).all()
    return [(json.loads(settings) if isinstance(settings, str) else settings, label) for settings, label in rows]


def lost(before: dict[tuple[str, str, str], Any], after: dict[tuple[str, str, str], Any]) -> None:
    """Asserts that nothing is."""
    changed = {place for place, value in before.items() if place not in after or after[place] != value}
    assert {(table, column) for table, _, column in changed} <= REWRITTEN
    assert {place for place in before if place not in after} == set()
