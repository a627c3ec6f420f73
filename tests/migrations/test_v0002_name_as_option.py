"""The name of a service, from free words to an option."""

from __future__ import annotations

import pytest
from sqlalchemy import URL, text

from bot.store.engine import open_database
from migrations.versions.v0002_name_as_option import named
from tests.support.migrating import migrated


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("setup My Name", 'setup --name "My Name"'),
        ("setup Name", 'setup --name "Name"'),
        ("setup", "setup"),
        ("setup --disabled", "setup --disabled"),
        ("setup —disabled", "setup —disabled"),
        ("setup My Name --disabled", 'setup --name "My Name" --disabled'),
        ("setup --disabled My   Name", 'setup --name "My Name" --disabled'),
        ("setup My --disabled Name --dry-run", 'setup --name "My Name" --disabled --dry-run'),
        ('setup "My Name"', 'setup --name "My Name"'),
        ("setup «My Name» --disabled", 'setup --name "My Name" --disabled'),
        ("setup ‘My Name’", 'setup --name "My Name"'),
        ('setup "--disabled"', 'setup --name "--disabled"'),
        ('setup "" --disabled', 'setup "" --disabled'),
        ("setup dry-run", 'setup --name "dry-run"'),
        ("setup -- dry-run", 'setup --name "-- dry-run"'),
        ("setup O'Brien's", "setup --name \"O'Brien's\""),
        ("setup 'The \"best\" ID'", "setup --name \"The 'best' ID\""),
        ('setup say"no', 'setup --name "say\'no"'),
        ("setup 5″ ID", 'setup --name "5\' ID"'),
        ('setup a" --disabled b', 'setup --name "a\' b" --disabled'),
    ],
)
def test_the_words_mean_the_same(old: str, new: str) -> None:
    assert named(old) == new


def test_there_is_one_quotation_whatever_was_typed() -> None:
    assert named("setup a “b” „c‟ «d» e”").count('"') == 2


def row(number: int, kind: str, words: str, state: str) -> str:
    return (
        "INSERT INTO operations (id, message_id, room_id, user_id, username, kind, words, state, reply_id, delivered,"
        f" created_at) VALUES ('{number}', 'm{number}', 'r', 'u', 'ada', '{kind}', '{words}', '{state}', 'a', false,"
        " '2026-01-01 00:00:00')"
    )


ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("setup", "setup My Name", "running", 'setup --name "My Name"'),
    ("setup", "setup My Name", "accepted", "setup My Name"),
    ("setup", "setup My Name", "done", "setup My Name"),
    ("setup", "setup My Name", "failed", "setup My Name"),
    ("rotate", "rotate", "running", "rotate"),
    ("help", "help setup", "running", "help setup"),
)


async def test_only_what_was_begun_is_rewritten(database_url: URL) -> None:
    database = await open_database(database_url)
    await migrated(database, "0001")
    async with database.writing() as transaction:
        for number, (kind, words, state, _) in enumerate(ROWS):
            await transaction.execute(text(row(number, kind, words, state)))
    await migrated(database, "0002")
    async with database.reading() as transaction:
        found = (await transaction.execute(text("SELECT words FROM operations ORDER BY id"))).scalars().all()
    await database.close()
    assert found == [new for *_, new in ROWS]
